"""What a member files for tomorrow: a simple order, a block, a use that may pause, or one that runs in one piece.

All four are one form, because they are filed through one door, screened by one rule and kept in one table. The session
clears them as what they are (``market.blocks.filed``).
"""

from dataclasses import dataclass
from enum import StrEnum

from domain.order import Side
from domain.quantity import PERMILLE


class Kind(StrEnum):
    """What an order's slots and energies mean.

    SIMPLE: one slot, one energy, any part of it. BLOCK: as many energies as slots, all or nothing. LOAD: the first and
    the last slot of a window and one energy, spread over it. RUN: the same window and the energies of one run, slot by
    slot from its start, whole and without a pause.
    """

    SIMPLE = "simple"
    BLOCK = "block"
    LOAD = "load"
    RUN = "run"


@dataclass(frozen=True, slots=True)
class DayAheadOrder:
    """One order for slots of one local day. energy_wh: whole Wh above zero. limit_mjpy_per_kwh: at the seller's meter.

    key: its member's own name for it, which makes filing it again harmless. slot_wh_max: the most of a LOAD in a slot.
    least_permille, parent, group: of a BLOCK, as in ``domain.block_order``; parent and group are names at the same
    site. entered: order of arrival.
    """

    key: str
    site_id: str
    kind: Kind
    side: Side
    limit_mjpy_per_kwh: int
    slots: tuple[int, ...]
    energy_wh: tuple[int, ...]
    slot_wh_max: int = 0
    least_permille: int = PERMILLE
    parent: str | None = None
    group: str | None = None
    entered: int = 0

    @property
    def id(self) -> str:
        """Its name in the market: keys are each site's own."""
        return f"{self.site_id}/{self.key}"

    @property
    def parent_id(self) -> str | None:
        """The name in the market of the block it leans on."""
        return None if self.parent is None else f"{self.site_id}/{self.parent}"

    @property
    def window(self) -> tuple[int, ...]:
        """Every slot in which it may trade, in order."""
        in_window = self.kind in (Kind.LOAD, Kind.RUN)
        return tuple(range(self.slots[0], self.slots[-1] + 1)) if in_window else tuple(sorted(self.slots))

    @property
    def slot_wh(self) -> dict[int, int]:
        """The most it may trade in each slot, Wh."""
        if self.kind is Kind.LOAD:
            return dict.fromkeys(self.window, min(self.slot_wh_max, self.energy_wh[0]))
        if self.kind is Kind.RUN:
            return dict.fromkeys(self.window, max(self.energy_wh))
        return dict(zip(self.slots, self.energy_wh, strict=True))


def with_descendants(orders: list[DayAheadOrder], names: set[str]) -> set[str]:
    """The named orders and every block that leans on one of them, however far. names: ids."""
    found = set(names)
    while more := {each.id for each in orders if each.parent_id in found} - found:
        found |= more
    return found
