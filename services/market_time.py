"""The slots of one market and when what must be done for each: all of it follows from the product it trades.

The clock ticks at every start of a slot. A book closes at the last tick that is not later than the product says; a
slot's readings are in an hour after it ended.
"""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from domain.product import Product
from domain.slot import MINUTES_PER_HOUR, Slot, slots_of_day, slots_per_day

METERED_AFTER_MIN = 60


@dataclass(frozen=True, slots=True)
class MarketTime:
    """A product on a market's clock. Slots are given and returned by index; a moment is aware."""

    product: Product
    zone: ZoneInfo

    @property
    def slot_min(self) -> int:
        """Minutes of a slot."""
        return self.product.slot_min

    @property
    def per_day(self) -> int:
        """Slots in 24 hours; a local day may have more or fewer."""
        return slots_per_day(self.slot_min)

    @property
    def ahead(self) -> int:
        """Slots from the tick at which a slot's book closes to the slot's start, rounded up. Four in Japan."""
        return -(-self.product.closes_before_min // self.slot_min)

    @property
    def behind(self) -> int:
        """Slots from a slot's start to the tick at which its readings are in, rounded up. Three in Japan."""
        return 1 - (-METERED_AFTER_MIN // self.slot_min)

    @property
    def unknown(self) -> int:
        """When the book of slot t closes, slot t less this is the last one metered. Seven in Japan."""
        return self.ahead + self.behind

    def slot(self, index: int) -> Slot:
        return Slot(index, self.slot_min)

    def at(self, moment: datetime) -> int:
        """The slot that contains a moment. Raises ValueError on a naive one."""
        return Slot.at(moment, self.slot_min).index

    def start(self, index: int) -> datetime:
        """The first moment of a slot, UTC."""
        return self.slot(index).start

    def label(self, index: int) -> str:
        """For people, e.g. ``2026-05-20 13:00``."""
        return self.slot(index).label(self.zone)

    def day_of(self, index: int) -> date:
        """The local delivery day of a slot."""
        return self.slot(index).local_start(self.zone).date()

    def slots_of(self, day: date) -> list[int]:
        """Every slot of a local day, in order."""
        return [each.index for each in slots_of_day(day, self.zone, self.slot_min)]

    def place_in_day(self, index: int) -> int:
        """A slot's place in the day by the local clock, from zero at midnight. Where clocks go back an hour comes
        twice, where they go forward one is left out."""
        start = self.slot(index).local_start(self.zone)
        return (start.hour * MINUTES_PER_HOUR + start.minute) // self.slot_min

    def moment(self, stage: str, index: int) -> datetime:
        """When a stage of ``domain.product.STAGES`` ends for a slot, UTC."""
        return self.product.moment(stage, self.slot(index), self.zone)
