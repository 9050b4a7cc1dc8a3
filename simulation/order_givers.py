"""Members of the demonstration who give orders of their own during the day: made up from the seed, and labelled so.

Around noon, when roofs have power over, a few owners of roofs offer a little of it ahead of the call and a few homes
without one bid for it. Each is as careful as its own agent: no price beyond what mandate and tariff allow.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from domain.order import Side
from simulation.chance import whole

LABEL = "scripted-order"
FIRST_PLACE, LAST_PLACE = 20, 27  # half hours of the local day: 10:00 to 14:00
GIVERS = 3
ENERGY_STEP_WH, ENERGY_STEPS = 10, 12
TICK_MJPY_PER_KWH = 10


class OwnOrder(NamedTuple):
    """What a made-up member orders. site: its position. price: mJPY/kWh. energy: Wh. key: the same in every run."""

    key: str
    slot: int
    site: int
    side: Side
    limit_mjpy_per_kwh: int
    energy_wh: int


def own_orders(
    seed: int,
    slot: int,
    place: int,
    roofs: Sequence[int],
    homes: Sequence[int],
    low: Sequence[int],
    high: Sequence[int],
) -> Iterator[OwnOrder]:
    """The orders given for one slot, at most three a side. place: of the slot in its local day. roofs, homes: positions
    of who may sell and who may buy. low: the least each site sells for, high: the most it pays, mJPY/kWh by position.
    """
    if not FIRST_PLACE <= place <= LAST_PLACE:
        return
    for side, sites in ((Side.SELL, roofs), (Side.BUY, homes)):
        for number in range(min(GIVERS, len(sites))):
            name = (LABEL, slot, side.name, number)
            site = sites[whole(seed, 0, len(sites) - 1, *name)]
            energy_wh = ENERGY_STEP_WH * whole(seed, 1, ENERGY_STEPS, *name, "energy")
            if low[site] < high[site]:
                at = whole(seed, low[site], (low[site] + high[site]) // 2, *name, "price")
                limit = at if side is Side.SELL else low[site] + high[site] - at
                limit -= limit % TICK_MJPY_PER_KWH
                yield OwnOrder(":".join(map(str, name)), slot, site, side, limit, energy_wh)
