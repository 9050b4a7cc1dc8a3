"""Offers for several slots at once, all or nothing.

A machine that runs for two hours, or a battery that gives only if it may give enough, has no use for a part of what it
asked for. A block order says so: it is accepted in all its slots or in none. Blocks may lean on each other: a child
counts only if its parent is accepted, and of an exclusive group at most one is.
"""

from dataclasses import dataclass
from math import gcd

from domain.order import Side
from domain.quantity import PERMILLE


@dataclass(frozen=True, slots=True)
class BlockOrder:
    """``energy_wh[i]`` in ``slots[i]``, at ``limit_mjpy_per_kwh`` or better on average over its energy.

    slots: in any order, each once, with gaps if need be. energy_wh: whole Wh above zero, as many as slots.
    least_permille: the least part that may be accepted; 1000 is all or nothing. entered: order of arrival.
    parent: id of the block that must be accepted too. group: of the blocks that name the same one, at most one is.
    """

    id: str
    site_id: str
    side: Side
    limit_mjpy_per_kwh: int
    slots: tuple[int, ...]
    energy_wh: tuple[int, ...]
    entered: int
    least_permille: int = PERMILLE
    parent: str | None = None
    group: str | None = None

    @property
    def lots(self) -> int:
        """Into how many equal parts of whole Wh in every slot it divides: a part keeps the shape of the whole."""
        return gcd(*self.energy_wh) if self.least_permille < PERMILLE else 1

    @property
    def lots_min(self) -> int:
        """The fewest lots that may be accepted, rounded up."""
        return -(-self.lots * self.least_permille // PERMILLE)

    @property
    def lot_wh(self) -> tuple[int, ...]:
        """The energy of one lot in each of its slots, Wh, exact."""
        return tuple(energy // self.lots for energy in self.energy_wh)

    @property
    def direction(self) -> int:
        """+1 when it brings energy into its slots, -1 when it takes energy out."""
        return 1 if self.side == Side.SELL else -1
