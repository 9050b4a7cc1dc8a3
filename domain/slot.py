"""Delivery time, counted in slots.

A slot is a whole number of slot lengths since the Unix epoch in UTC; the market's time zone stands beside it and
is asked only when people look. So arithmetic on slots never meets a clock change, and days of 46, 48 or 50 slots
come out of the time zone by themselves, as do 92, 96 or 100 quarter hours.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MINUTES_PER_HOUR = 60
MINUTES_PER_DAY = 24 * MINUTES_PER_HOUR


@dataclass(frozen=True, slots=True, order=True)
class Slot:
    """One delivery slot: ``index`` slot lengths since the epoch, each ``length_min`` minutes."""

    index: int
    length_min: int = 30

    @classmethod
    def at(cls, moment: datetime, length_min: int = 30) -> "Slot":
        """The slot that contains an aware moment. Raises ValueError on a naive one."""
        if moment.tzinfo is None:
            raise ValueError(f"a moment needs its time zone: {moment.isoformat()}")
        return cls((moment - EPOCH) // timedelta(minutes=length_min), length_min)

    @property
    def start(self) -> datetime:
        """The first moment of the slot, UTC."""
        return EPOCH + timedelta(minutes=self.index * self.length_min)

    @property
    def end(self) -> datetime:
        """The first moment after the slot, UTC."""
        return self.start + timedelta(minutes=self.length_min)

    def __add__(self, slots: int) -> "Slot":
        return Slot(self.index + slots, self.length_min)

    def local_start(self, zone: ZoneInfo) -> datetime:
        """The first moment of the slot on the market's own clock."""
        return self.start.astimezone(zone)

    def label(self, zone: ZoneInfo) -> str:
        """For people, e.g. ``2026-05-20 13:00``."""
        return f"{self.local_start(zone):%Y-%m-%d %H:%M}"


def slots_per_day(length_min: int) -> int:
    """Slots in 24 hours: what a forecast or a bill looks back by. A local day may have more or fewer."""
    return MINUTES_PER_DAY // length_min


def slot_wh(power_w: int, length_min: int) -> int:
    """What a constant power amounts to in one slot, whole Wh, rounded down."""
    return power_w * length_min // MINUTES_PER_HOUR


def slots_of_day(day: date, zone: ZoneInfo, length_min: int = 30) -> list[Slot]:
    """Every slot of one local day, in order: 48 of 30 minutes in Japan, 46 or 50 where clocks change."""
    first = Slot.at(datetime.combine(day, time(), zone), length_min)
    last = Slot.at(datetime.combine(day + timedelta(days=1), time(), zone), length_min)
    return [Slot(index, length_min) for index in range(first.index, last.index)]
