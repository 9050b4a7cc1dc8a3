"""Use that must be met by a deadline, but not in any one slot: an EV, a water heater, a washing machine.

One that can pause (EV) is a flexible load: the clearing spreads its energy over the cheapest slots of its window. One
that cannot (washing machine) is an exclusive group of blocks, one for each moment it may start.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.block_order import BlockOrder
from domain.order import Side


@dataclass(frozen=True, slots=True)
class FlexibleLoad:
    """At most ``energy_wh`` over the slots ``first`` to ``last``, the last one included, at most ``slot_wh_max`` in
    each, at ``limit_mjpy_per_kwh`` or better. Whole Wh above zero. A part of it is of use too.
    """

    id: str
    site_id: str
    limit_mjpy_per_kwh: int
    energy_wh: int
    slot_wh_max: int
    first: int
    last: int
    entered: int

    @property
    def window(self) -> range:
        """The slots in which it may run, in order."""
        return range(self.first, self.last + 1)


def in_one_piece(load: FlexibleLoad, profile_wh: Sequence[int]) -> list[BlockOrder]:
    """The load as an exclusive group of blocks, the earliest start first; empty when the window is too short.

    profile_wh: what it uses in each slot once it has started, Wh, in sum ``load.energy_wh``, none above its
    ``slot_wh_max``. The group bears the load's id and each block that id and its first slot.
    """
    assert sum(profile_wh) == load.energy_wh, "the profile is the load's energy"
    assert max(profile_wh) <= load.slot_wh_max, "the profile keeps to the load's power"
    starts = range(load.first, load.last + 2 - len(profile_wh))
    return [
        BlockOrder(
            f"{load.id}@{start}",
            load.site_id,
            Side.BUY,
            load.limit_mjpy_per_kwh,
            tuple(range(start, start + len(profile_wh))),
            tuple(profile_wh),
            load.entered,
            group=load.id,
        )
        for start in starts
    ]
