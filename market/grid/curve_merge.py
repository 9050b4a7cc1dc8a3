"""Net demand curves merged up a radial feeder: the compiled loops of market.grid.clearing.

At a very low price every bid of a subtree is kept and no ask: its net demand stands at its greatest. As the price
rises, one order after the other *drops* out of it: a bid stops buying, an ask begins to sell, and either lowers net
demand by its energy. So a subtree's curve is its greatest demand and its drops in rising order of price.

A line that carries L cuts the curve at both ends. Demand above L is cut at the cheapest drops: these happen whatever
the price above. Supply beyond L is cut at the dearest: these never happen. What is cut is settled there and then. What
is left goes up, where it is merged with its siblings and the node's own orders; at the root, which carries nothing,
all is settled. One pass, no search, every order moved once a level until it is settled.

A fee or loss moves a drop's price on the way up: where the subtree would import, down; where it would export, up.

A drop's key is its price with a turn below it that tells equals apart (market.grid.drops). The optimum of these keys is
unique, and its prices, cut to whole mJPY/kWh, are prices of the orders themselves: so it is one of their optima.

Energy is float64 here. Without losses it is whole, below 2**53, where float64 is exact; the caller asserts both.
"""

import numpy as np
from numba import njit

from domain.feeder import Feeder, Reals
from domain.order import Column
from domain.quantity import PERMILLE
from market.grid.drops import Drops


def dropped_wh(drops: Drops, energy_wh: Column, feeder: Feeder) -> Reals:
    """How much of each order drops out: of a bid what is not bought, of an ask what is sold.

    energy_wh: Shape (orders of the book,), int64. Returns Shape (orders of the book,), float64, Wh.
    """
    limit_wh, found_wh = feeder.limit_wh.astype(np.float64), np.zeros(len(energy_wh))
    limit_wh[0] = 0
    fee_key = feeder.fee_mjpy_per_kwh * drops.turns
    _merge_up(
        drops.first, drops.key, drops.row, drops.is_bid, energy_wh.astype(np.float64), found_wh,
        feeder.parent, limit_wh, fee_key, feeder.loss_permille,
    )  # fmt: skip
    return found_wh


@njit(cache=True)
def _merge_up(first, key, row, is_bid, energy_wh, found_wh, parent, limit_wh, fee_key, loss_permille):  # type: ignore[no-untyped-def]
    """Nodes from last to first. Lists of drops wait on a stack, a node's children on top when its turn comes.

    A piece is a drop or a part of one: key and number in the stack; its order, its Wh at the order's meter and what
    one of these is at the present height (more than one on the way up to a seller, less to a buyer) by number.
    """
    nodes = len(parent)
    most = len(key) + nodes
    stack_key, stack_piece = np.empty(most, np.int64), np.empty(most, np.int64)
    spare_key, spare_piece = np.empty(most, np.int64), np.empty(most, np.int64)
    piece_row, piece_wh, piece_gain = np.empty(most, np.int64), np.empty(most), np.ones(most)
    children = np.zeros(nodes, np.int64)
    for node in range(1, nodes):
        children[parent[node]] += 1
    start, demand_wh, supply_wh = np.zeros(nodes + 1, np.int64), np.zeros(nodes), np.zeros(nodes)
    bounds = np.empty(nodes + 2, np.int64)
    lists, top, pieces = 0, 0, 0
    for node in range(nodes - 1, -1, -1):
        into = lists - children[node]
        bounds[0] = start[into] if into < lists else top
        demand, supply = 0.0, 0.0
        for child in range(into, lists):
            bounds[child - into + 1] = start[child + 1]
            demand += demand_wh[child]
            supply += supply_wh[child]
        for at in range(first[node], first[node + 1]):
            stack_key[top], stack_piece[top] = key[at], pieces
            piece_row[pieces], piece_wh[pieces] = row[at], energy_wh[row[at]]
            demand, supply = _add(is_bid[at], piece_wh[pieces], demand, supply)
            top, pieces = top + 1, pieces + 1
        bounds[children[node] + 1] = top
        _merge_runs(stack_key, stack_piece, spare_key, spare_piece, bounds, children[node] + 1)
        low = _cut_low(stack_piece, piece_row, piece_wh, piece_gain, found_wh, bounds[0], top, demand - limit_wh[node])
        high = _cut_high(stack_piece, piece_wh, piece_gain, low, top, supply - limit_wh[node])
        demand, supply = min(demand, limit_wh[node]), min(supply, limit_wh[node])
        top = _move_down(stack_key, stack_piece, low, high, bounds[0])
        if fee_key[node] > 0 or loss_permille[node] > 0:
            top, pieces, demand, supply = _cross(
                stack_key, stack_piece, piece_row, piece_wh, piece_gain, bounds[0], top, pieces,
                demand, supply, fee_key[node], loss_permille[node],
            )  # fmt: skip
        start[into], start[into + 1] = bounds[0], top
        demand_wh[into], supply_wh[into] = demand, supply
        lists = into + 1


@njit(cache=True)
def _add(is_bid, wh, demand, supply):  # type: ignore[no-untyped-def]
    if is_bid:
        return demand + wh, supply
    return demand, supply + wh


@njit(cache=True)
def _merge_runs(key, piece, spare_key, spare_piece, bounds, runs):  # type: ignore[no-untyped-def]
    """Sorted runs side by side become one, neighbours first. bounds: their ends; overwritten but for the first."""
    while runs > 1:
        kept = 0
        for run in range(0, runs, 2):
            if run + 1 < runs:
                _merge(key, piece, spare_key, spare_piece, bounds[run], bounds[run + 1], bounds[run + 2])
            kept += 1
            bounds[kept] = bounds[min(run + 2, runs)]
        runs = kept


@njit(cache=True)
def _merge(key, piece, spare_key, spare_piece, begin, middle, end):  # type: ignore[no-untyped-def]
    """Two runs become one in place; the left one waits in the spare, and only from where they overlap."""
    if begin == middle or middle == end or key[middle - 1] <= key[middle]:
        return
    while key[begin] <= key[middle]:
        begin += 1
    for at in range(begin, middle):
        spare_key[at], spare_piece[at] = key[at], piece[at]
    left, right, to = begin, middle, begin
    while left < middle and right < end:
        if spare_key[left] <= key[right]:
            key[to], piece[to] = spare_key[left], spare_piece[left]
            left += 1
        else:
            key[to], piece[to] = key[right], piece[right]
            right += 1
        to += 1
    while left < middle:
        key[to], piece[to] = spare_key[left], spare_piece[left]
        left, to = left + 1, to + 1


@njit(cache=True)
def _cut_low(stack_piece, piece_row, piece_wh, piece_gain, found_wh, begin, end, excess_wh):  # type: ignore[no-untyped-def]
    """Settle the cheapest drops as dropped until ``excess_wh`` at this height is gone. Returns the rest's begin."""
    while excess_wh > 0 and begin < end:
        piece = stack_piece[begin]
        here_wh = piece_wh[piece] * piece_gain[piece]
        if here_wh > excess_wh:
            part_wh = excess_wh / piece_gain[piece]
            piece_wh[piece] -= part_wh
            found_wh[piece_row[piece]] += part_wh
            return begin
        found_wh[piece_row[piece]] += piece_wh[piece]
        excess_wh -= here_wh
        begin += 1
    return begin


@njit(cache=True)
def _cut_high(stack_piece, piece_wh, piece_gain, begin, end, excess_wh):  # type: ignore[no-untyped-def]
    """Settle the dearest drops as never dropped until ``excess_wh`` at this height is gone. Returns the rest's end."""
    while excess_wh > 0 and end > begin:
        piece = stack_piece[end - 1]
        here_wh = piece_wh[piece] * piece_gain[piece]
        if here_wh > excess_wh:
            piece_wh[piece] -= excess_wh / piece_gain[piece]
            return end
        excess_wh -= here_wh
        end -= 1
    return end


@njit(cache=True)
def _move_down(key, piece, begin, end, to):  # type: ignore[no-untyped-def]
    """What is left of a list moves to where the list began. Returns its new end."""
    if begin == to:
        return end
    for at in range(begin, end):
        key[to + at - begin], piece[to + at - begin] = key[at], piece[at]
    return to + end - begin


@njit(cache=True)
def _cross(  # type: ignore[no-untyped-def]
    key, stack_piece, piece_row, piece_wh, piece_gain, begin, end, pieces, demand, supply, fee_key, loss_permille
):
    """Prices and energy of a list as they stand above a branch with a fee or losses.

    The drops of the first ``demand`` Wh are those of imports: cheaper above by the fee, and more energy enters than
    arrives. The others are those of exports. The drop at the turn is split in two.
    """
    kept = PERMILLE - loss_permille
    left_wh, at = demand, begin
    while at < end and left_wh > 0:
        piece = stack_piece[at]
        here_wh = piece_wh[piece] * piece_gain[piece]
        if here_wh > left_wh:
            part_wh = left_wh / piece_gain[piece]
            for back in range(end, at, -1):
                key[back], stack_piece[back] = key[back - 1], stack_piece[back - 1]
            stack_piece[at + 1] = pieces
            piece_row[pieces], piece_wh[pieces] = piece_row[piece], piece_wh[piece] - part_wh
            piece_gain[pieces], piece_wh[piece] = piece_gain[piece], part_wh
            end, pieces = end + 1, pieces + 1
        left_wh -= here_wh
        key[at] = (key[at] - fee_key) * kept // PERMILLE
        piece_gain[piece] *= PERMILLE / kept
        at += 1
    for rest in range(at, end):
        key[rest] = (key[rest] + fee_key) * PERMILLE // kept
        piece_gain[stack_piece[rest]] *= kept / PERMILLE
    return end, pieces, demand * PERMILLE / kept, supply * kept / PERMILLE
