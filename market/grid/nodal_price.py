"""Nodal prices that prove a clearing on a radial feeder optimal, and what each branch does to them.

At a node's price nobody there would rather have been filled otherwise: that bounds it from both sides. Along a branch
with room left, energy costs below what it costs above, plus fee and losses in the direction of its flow; a full branch
only has the price below not lower (imports) or not higher (exports) than that; an idle one keeps both within its fee.
Such prices exist exactly when the fills are optimal (duality of linear programs), so finding them is the proof.

Bounds are gathered from the leaves up; then prices are chosen from the root down. The root takes the middle of its
interval, rounded down, as the call auction does; every other node the price nearest to the one above it, so that a
full branch takes no more rent than it must; behind a branch that carries nothing there is an auction of its own.
"""

from enum import IntEnum

import numpy as np
import numpy.typing as npt
from numba import njit

from domain.feeder import Feeder, Reals
from domain.order import Column
from domain.quantity import PERMILLE
from domain.tariff import Corridor
from market.grid.drops import Drops

NOISE_WH = 1e-3  # what float64 may be off by in a flow with losses; without losses flows are whole


class BranchState(IntEnum):
    """What a branch does to the price below it."""

    IDLE = 0
    IMPORTS = 1
    FULL_OF_IMPORTS = 2
    EXPORTS = 3
    FULL_OF_EXPORTS = 4
    CLOSED = 5


def branch_states(flow_wh: Reals, limit_wh: Column) -> npt.NDArray[np.int8]:
    """Each branch's BranchState. flow_wh: Shape (nodes,), float64, positive downwards, before it is made whole."""
    full = np.abs(flow_wh) >= limit_wh - NOISE_WH
    found = {
        BranchState.CLOSED: limit_wh == 0,
        BranchState.FULL_OF_IMPORTS: full & (flow_wh > 0),
        BranchState.FULL_OF_EXPORTS: full,
        BranchState.IMPORTS: flow_wh > NOISE_WH,
        BranchState.EXPORTS: flow_wh < -NOISE_WH,
    }
    return np.select(list(found.values()), [int(state) for state in found], 0).astype(np.int8)


def nodal_prices(
    drops: Drops, dropped_wh: Reals, state: npt.NDArray[np.int8], feeder: Feeder, corridor: Corridor
) -> Column:
    """A price for each node, inside the corridor. Shape (nodes,), int64, mJPY/kWh.

    dropped_wh: Shape (nodes,), float64, what of each node's drops happens, before it is made whole. With losses prices
    are rounded down, but never beyond the limit of an order that trades.
    """
    low, high = (np.full(len(feeder.parent), bound, np.int64) for bound in (corridor.floor, corridor.cap))
    _own_bounds(drops.first, drops.key, drops.upto_wh, drops.turns, dropped_wh, low, high)
    _bounds_up(low, high, state, feeder.parent, feeder.fee_mjpy_per_kwh, feeder.loss_permille)
    assert feeder.loss_permille.any() or np.all(low <= high), "no prices prove these fills optimal"
    price: Column = _choose_down(low, high, state, feeder.parent, feeder.fee_mjpy_per_kwh, feeder.loss_permille)
    return price


@njit(cache=True)
def _own_bounds(first, key, upto_wh, turns, dropped_wh, low, high):  # type: ignore[no-untyped-def]
    """A node's price is not below the limit of its last drop that happens, not above that of the first left, if only
    in part."""
    for node in range(len(dropped_wh)):
        point_wh = upto_wh[first[node]] + dropped_wh[node]
        rows = upto_wh[first[node] : first[node + 1] + 1]
        happen = first[node] + np.searchsorted(rows, point_wh - NOISE_WH)
        remain = first[node] + np.searchsorted(rows, point_wh + NOISE_WH, side="right") - 1
        if happen > first[node]:
            low[node] = max(low[node], key[happen - 1] // turns)
        if remain < first[node + 1]:
            high[node] = min(high[node], key[remain] // turns)


@njit(cache=True)
def _bounds_up(low, high, state, parent, fee, loss_permille):  # type: ignore[no-untyped-def]
    """What a node's interval allows its parent. Bounds are rounded outward."""
    for node in range(len(parent) - 1, 0, -1):
        up, does = parent[node], state[node]
        kept = PERMILLE - loss_permille[node]
        if does == 0 or does == 1:
            low[up] = max(low[up], (low[node] - fee[node]) * kept // PERMILLE)
        if does == 1 or does == 2:
            high[up] = min(high[up], -(-(high[node] - fee[node]) * kept // PERMILLE))
        if does == 3 or does == 4:
            low[up] = max(low[up], (low[node] + fee[node]) * PERMILLE // kept)
        if does == 0 or does == 3:
            high[up] = min(high[up], -(-(high[node] + fee[node]) * PERMILLE // kept))


@njit(cache=True)
def _choose_down(low, high, state, parent, fee, loss_permille):  # type: ignore[no-untyped-def]
    price = np.empty_like(low)
    price[0] = (low[0] + high[0]) // 2
    for node in range(1, len(parent)):
        above, does = price[parent[node]], state[node]
        kept = PERMILLE - loss_permille[node]
        imported, exported = above * PERMILLE // kept + fee[node], above * kept // PERMILLE - fee[node]
        if does == 5:
            price[node] = (low[node] + high[node]) // 2
            continue
        chosen = above
        if does == 1 or (does == 2 and chosen < imported) or (does == 0 and chosen > imported):
            chosen = imported
        elif does == 3 or (does == 4 and chosen > exported) or (does == 0 and chosen < exported):
            chosen = exported
        price[node] = min(max(chosen, low[node]), high[node])
    return price
