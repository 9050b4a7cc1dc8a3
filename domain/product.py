"""What can be traded: slots of one length, with the times at which their market opens and ends.

All times count back, in minutes, from the start of the slot or, for a product that trades a whole day at once, from the
start of the local day that the slot lies in.
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from domain.errors import Fault, InputRefused
from domain.slot import Slot

SLOT_LENGTHS_MIN = (5, 15, 30, 60)
STAGES = ("opens", "closes", "matched", "contracted", "planned", "gate")


@dataclass(frozen=True, slots=True)
class Product:
    """Minutes before delivery at which the book opens and closes, trades are matched, contracts are done, the plan is
    filed and the gate closes. whole_day: counted from the start of the local day. Raises InputRefused with every fault.
    """

    name: str
    slot_min: int
    opens_before_min: int
    closes_before_min: int
    matched_before_min: int
    contracted_before_min: int
    planned_before_min: int
    gate_before_min: int
    whole_day: bool = False

    def __post_init__(self) -> None:
        if faults := self._faults():
            raise InputRefused(faults)

    @property
    def before_min(self) -> dict[str, int]:
        """Each stage's minutes before delivery, in order of time."""
        return {stage: getattr(self, f"{stage}_before_min") for stage in STAGES}

    def moment(self, stage: str, slot: Slot, zone: ZoneInfo) -> datetime:
        """When a stage ends for a slot, UTC. The slot has the product's length."""
        assert slot.length_min == self.slot_min, "a slot of another product"
        start = slot.start
        if self.whole_day:
            start = datetime.combine(slot.local_start(zone).date(), time(), zone).astimezone(start.tzinfo)
        return start - timedelta(minutes=self.before_min[stage])

    def _faults(self) -> list[Fault]:
        found = []
        if self.slot_min not in SLOT_LENGTHS_MIN:
            found.append(("slot_length", f"a slot has {SLOT_LENGTHS_MIN} minutes, not {self.slot_min}"))
        for stage, minutes in self.before_min.items():
            if minutes < 0:
                found.append(("after_delivery", f"{stage} {-minutes} min after delivery begins"))
        for (early, more), (late, less) in pairwise(self.before_min.items()):
            if more < less or (early == "opens" and more == less):
                found.append(("out_of_turn", f"{early} at T-{more} min does not come before {late} at T-{less} min"))
        return [Fault(self.name, code, message) for code, message in found]
