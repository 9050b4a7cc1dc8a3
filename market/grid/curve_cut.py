"""Net demand curves cut on the way up a radial feeder: the compiled loops of market.grid.clearing.

At a very low price every bid of a subtree is kept and no ask: its net demand stands at its greatest. As the price
rises, one order after the other *drops* out of it: a bid stops buying, an ask begins to sell, and either lowers net
demand by its energy. So a node's curve is its greatest demand and its drops in rising order of price.

A line that carries L cuts the curve of what is below it at both ends. Demand above L is cut at the cheapest drops:
these happen whatever the price above. Supply beyond L is cut at the dearest: these never happen. What is cut is settled
there and then; the root carries nothing, so there all is.

No curves are merged for this. Each node's drops stay where they are, with the energy up to each; a *run* is what is
left of one node's, from a Wh to a Wh. Where a branch cuts, the price at which enough has dropped is found by halving,
for all runs below at once: a probe narrows every run's range, and those without a drop left in it have done. An order
is moved once, by sorting; a branch that is not full costs one addition.

A fee or loss moves a drop's price on the way up: where the subtree would import, down; where it would export, up. So
its runs part there, each with prices and energy that stand in a straight line to those at the meter.

A drop's key is its price with a turn below it that tells equals apart (market.grid.drops). The optimum of these keys is
unique, and its prices, cut to whole mJPY/kWh, are prices of the orders themselves: so it is one of their optima.

Energy and keys are float64 here. Without losses both are whole, below 2**53, where float64 is exact; the callers assert
it. With losses, keys that differ by less than one turn count as equal.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from domain.feeder import Feeder, Reals
from domain.order import Column
from domain.quantity import PERMILLE
from market.grid.drops import Drops


class _Runs(NamedTuple):
    """A stack of runs, room for as many as there can be. Each shape (runs,).

    node: whose drops. begin, end: rows of the first drop and past the last one that it has a part of. low_wh, high_wh:
    from where to where it reaches in ``upto_wh``. slope, shift: a key's value at the present height by that at the
    meter. gain: Wh here for one at the meter. at, until: rows between which a search still looks. probed: where its
    last probe fell. point_wh: its result.
    """

    node: Column
    begin: Column
    end: Column
    low_wh: Reals
    high_wh: Reals
    slope: Reals
    shift: Reals
    gain: Reals
    at: Column
    until: Column
    probed: Column
    point_wh: Reals


def dropped_wh(drops: Drops, feeder: Feeder) -> Reals:
    """How much of each node's drops happens, the cheapest first. Returns Shape (nodes,), float64, Wh at the meters."""
    nodes, most = len(feeder.parent), len(drops.key) + 2 * len(feeder.parent)
    limit_wh, found_wh = feeder.limit_wh.astype(np.float64), np.zeros(nodes)
    limit_wh[0] = 0
    fee_key = (feeder.fee_mjpy_per_kwh * drops.turns).astype(np.float64)
    _cut_up(
        _room(most), drops.first, drops.key, drops.upto_wh, drops.demand_wh, found_wh,
        feeder.parent, limit_wh, fee_key, feeder.loss_permille,
    )  # fmt: skip
    return found_wh


def _room(most: int) -> _Runs:
    node, begin, end, at, until, probed = np.empty((6, most), np.int64)
    low_wh, high_wh, slope, shift, gain, point_wh = np.empty((6, most))
    return _Runs(node, begin, end, low_wh, high_wh, slope, shift, gain, at, until, probed, point_wh)


@njit(cache=True)
def _cut_up(runs, first, key, upto_wh, bids_wh, found_wh, parent, limit_wh, fee_key, loss_permille):  # type: ignore[no-untyped-def]
    """Nodes from last to first. Their runs wait on the stack, a node's children on top when its turn comes."""
    nodes = len(parent)
    begin_of, demand_wh, supply_wh = np.full(nodes, -1, np.int64), np.zeros(nodes), np.zeros(nodes)
    looks = np.empty(len(runs.node), np.int64)
    top = 0
    for node in range(nodes - 1, -1, -1):
        begin = top if begin_of[node] < 0 else begin_of[node]
        own_wh = upto_wh[first[node + 1]] - upto_wh[first[node]]
        if own_wh > 0:
            _push(runs, top, node, first, upto_wh)
            top += 1
        demand, supply = demand_wh[node] + bids_wh[node], supply_wh[node] + own_wh - bids_wh[node]
        if demand > limit_wh[node]:
            _reach(runs, begin, top, demand - limit_wh[node], key, upto_wh, looks)
            top = _cut_low(runs, begin, top, found_wh)
        demand = min(demand, limit_wh[node])
        if supply > limit_wh[node]:
            _reach(runs, begin, top, demand + limit_wh[node], key, upto_wh, looks)
            top = _cut_high(runs, begin, top, upto_wh)
        supply = min(supply, limit_wh[node])
        if top > begin and (fee_key[node] > 0 or loss_permille[node] > 0):
            _reach(runs, begin, top, demand, key, upto_wh, looks)
            kept = (PERMILLE - loss_permille[node]) / PERMILLE
            top = _cross(runs, begin, top, upto_wh, fee_key[node], kept)
            demand, supply = demand / kept, supply * kept
        if node > 0:
            if begin_of[parent[node]] < 0:
                begin_of[parent[node]] = begin
            demand_wh[parent[node]] += demand
            supply_wh[parent[node]] += supply


@njit(cache=True)
def _push(runs, to, node, first, upto_wh):  # type: ignore[no-untyped-def]
    """All drops of a node, as they stand at its meters."""
    runs.node[to], runs.begin[to], runs.end[to] = node, first[node], first[node + 1]
    runs.low_wh[to], runs.high_wh[to] = upto_wh[first[node]], upto_wh[first[node + 1]]
    runs.slope[to], runs.shift[to], runs.gain[to] = 1.0, 0.0, 1.0


@njit(cache=True)
def _reach(runs, begin, top, amount_wh, key, upto_wh, looks):  # type: ignore[no-untyped-def]
    """Where each run stands when ``amount_wh`` at this height has dropped out of all of them, the cheapest first.

    Sets point_wh, and at to the row of the drop that the point is in. looks: room for the runs still looked at.
    """
    under, upto, many, rows = np.inf, -np.inf, 0, 0
    for run in range(begin, top):
        runs.at[run], runs.until[run] = runs.begin[run], runs.end[run]
        rows += runs.end[run] - runs.begin[run]
        under = min(under, key[runs.begin[run]] * runs.slope[run] + runs.shift[run])
        upto = max(upto, key[runs.end[run] - 1] * runs.slope[run] + runs.shift[run])
        looks[many], many = run, many + 1
    under, upto, sure_wh = np.floor(under) - 1, np.ceil(upto), 0.0
    while rows > 1 and upto - under > 1:
        middle = np.floor((under + upto) / 2)
        enough = sure_wh + _probe(runs, looks, many, middle, key, upto_wh) > amount_wh
        under, upto = (under, middle) if enough else (middle, upto)
        many, rows, wh = _narrow(runs, looks, many, enough, upto_wh)
        sure_wh += wh
    for run in range(begin, top):
        runs.point_wh[run] = _within(runs, run, upto_wh[runs.at[run]])
    _share(runs, looks, many, amount_wh - sure_wh, upto_wh)


@njit(cache=True)
def _within(runs, run, wh):  # type: ignore[no-untyped-def]
    return min(max(wh, runs.low_wh[run]), runs.high_wh[run])


@njit(cache=True)
def _probe(runs, looks, many, value, key, upto_wh):  # type: ignore[no-untyped-def]
    """What drops at keys up to ``value``. Sets probed to the row of each run's first drop beyond."""
    wh = 0.0
    for look in range(many):
        run = looks[look]
        own = (value - runs.shift[run]) / runs.slope[run]
        at, until = runs.at[run], runs.until[run]
        while at < until:
            middle = (at + until) // 2
            at, until = (middle + 1, until) if key[middle] <= own else (at, middle)
        runs.probed[run] = at
        wh += (_within(runs, run, upto_wh[at]) - runs.low_wh[run]) * runs.gain[run]
    return wh


@njit(cache=True)
def _narrow(runs, looks, many, enough, upto_wh):  # type: ignore[no-untyped-def]
    """Take over what a probe found. Returns how many runs and rows are still looked at, and what others surely drop."""
    left, rows, sure_wh = 0, 0, 0.0
    for look in range(many):
        run = looks[look]
        if enough:
            runs.until[run] = runs.probed[run]
        else:
            runs.at[run] = runs.probed[run]
        if runs.at[run] < runs.until[run]:
            looks[left], left = run, left + 1
            rows += runs.until[run] - runs.at[run]
        else:
            sure_wh += (_within(runs, run, upto_wh[runs.at[run]]) - runs.low_wh[run]) * runs.gain[run]
    return left, rows, sure_wh


@njit(cache=True)
def _share(runs, looks, many, left_wh, upto_wh):  # type: ignore[no-untyped-def]
    """Give what is left to reach to the drops at the found key: one without losses, else in order of the runs."""
    for look in range(many):
        left_wh -= (runs.point_wh[looks[look]] - runs.low_wh[looks[look]]) * runs.gain[looks[look]]
    for look in range(many):
        run = looks[look]
        room_wh = (_within(runs, run, upto_wh[runs.until[run]]) - runs.point_wh[run]) * runs.gain[run]
        part_wh = max(min(room_wh, left_wh), 0.0)
        runs.point_wh[run] = _within(runs, run, runs.point_wh[run] + part_wh / runs.gain[run])
        left_wh -= part_wh


@njit(cache=True)
def _cut_low(runs, begin, top, found_wh):  # type: ignore[no-untyped-def]
    """Settle what lies below the points as dropped. Returns the stack's new top."""
    to = begin
    for run in range(begin, top):
        found_wh[runs.node[run]] += runs.point_wh[run] - runs.low_wh[run]
        runs.low_wh[run], runs.begin[run] = runs.point_wh[run], runs.at[run]
        to = _keep(runs, run, to)
    return to


@njit(cache=True)
def _cut_high(runs, begin, top, upto_wh):  # type: ignore[no-untyped-def]
    """Settle what lies above the points as never dropped. Returns the stack's new top."""
    to = begin
    for run in range(begin, top):
        runs.high_wh[run], runs.end[run] = runs.point_wh[run], _end(runs, run, upto_wh)
        to = _keep(runs, run, to)
    return to


@njit(cache=True)
def _end(runs, run, upto_wh):  # type: ignore[no-untyped-def]
    """The row past the last drop that lies below the point, if only in part."""
    at = runs.at[run]
    while at < runs.end[run] and upto_wh[at] < runs.point_wh[run]:
        at += 1
    return at


@njit(cache=True)
def _keep(runs, run, to):  # type: ignore[no-untyped-def]
    """A run that has energy left moves to ``to``. Returns the next free place."""
    if runs.low_wh[run] >= runs.high_wh[run]:
        return to
    _copy(runs, run, to)
    return to + 1


@njit(cache=True)
def _copy(runs, run, to):  # type: ignore[no-untyped-def]
    runs.node[to], runs.begin[to], runs.end[to] = runs.node[run], runs.begin[run], runs.end[run]
    runs.low_wh[to], runs.high_wh[to] = runs.low_wh[run], runs.high_wh[run]
    runs.slope[to], runs.shift[to], runs.gain[to] = runs.slope[run], runs.shift[run], runs.gain[run]


@njit(cache=True)
def _cross(runs, begin, top, upto_wh, fee_key, kept):  # type: ignore[no-untyped-def]
    """Prices and energy of runs as they stand above a branch with a fee or losses. Returns the stack's new top.

    What lies below the points are imports: cheaper above by the fee, and more energy enters than arrives. What lies
    above are exports. A run with both becomes two.
    """
    end = top
    for run in range(begin, top):
        imports, exports = runs.point_wh[run] > runs.low_wh[run], runs.point_wh[run] < runs.high_wh[run]
        if imports and exports:
            _copy(runs, run, end)
            runs.low_wh[end], runs.begin[end] = runs.point_wh[run], runs.at[run]
            _lift(runs, end, fee_key, 1 / kept)
            runs.high_wh[run], runs.end[run] = runs.point_wh[run], _end(runs, run, upto_wh)
            end += 1
        _lift(runs, run, -fee_key if imports else fee_key, kept if imports else 1 / kept)
    return end


@njit(cache=True)
def _lift(runs, run, fee_key, times):  # type: ignore[no-untyped-def]
    """A run's keys above a branch: its fee more, then so many times as much, and as many times less energy."""
    runs.slope[run], runs.shift[run] = runs.slope[run] * times, (runs.shift[run] + fee_key) * times
    runs.gain[run] /= times
