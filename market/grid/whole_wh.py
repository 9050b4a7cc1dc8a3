"""Whole Wh out of an optimum with losses, so that every branch and the root balance to the last Wh.

Fills are rounded down. Each branch loses its share of what enters it, rounded up to a whole Wh. Where that leaves a
branch above its limit, or the root out of balance, energy is taken back one Wh at a time from the order of the subtree
that comes last in price and turn: from a bid where too much flows down, from an ask where too much flows up. Every
branch on the way to it flows the same way, so no flow grows and no limit breaks. Nothing is ever filled beyond the
optimum's own fill. Each node and each branch has one order at its margin and one rounding: welfare falls short of the
optimum by at most two Wh for each, at the corridor's cap (the tests hold it to that).
"""

import numpy as np
from numba import njit

from domain.feeder import Feeder, Reals
from domain.order import Book, Column, Side
from domain.quantity import PERMILLE
from market.grid.drops import Drops

_NOISE_WH = 1e-6


def whole_fills(book: Book, node: Column, filled_wh: Reals, drops: Drops, feeder: Feeder) -> Column:
    """Fills in whole Wh at which the feeder balances. filled_wh: Shape (orders,), float64; node: Shape (orders,)."""
    if not feeder.loss_permille.any():
        exact_wh = filled_wh.astype(np.int64)
        assert np.array_equal(exact_wh, filled_wh), "an optimum without losses is whole"
        return exact_wh
    whole_wh = np.floor(filled_wh + _NOISE_WH).astype(np.int64)
    limit_wh = feeder.limit_wh.copy()
    limit_wh[0] = 0
    net_wh = net_demand_wh(book, node, whole_wh, len(feeder.parent))
    _take_back(
        whole_wh, net_wh, drops.first, drops.row, drops.is_bid, feeder.parent, limit_wh, feeder.loss_permille
    )  # fmt: skip
    return whole_wh


def net_demand_wh(book: Book, node: Column, filled_wh: Column, nodes: int) -> Column:
    """Filled bids less filled asks at each node. Shape (nodes,), int64, Wh."""
    net_wh: Column = _net(node, book.side == Side.BUY, filled_wh, nodes)
    return net_wh


def flows_wh(net_wh: Column, feeder: Feeder) -> tuple[Column, Column]:
    """What flows through each branch at its lower end, positive downwards, and what it loses. Each shape (nodes,)."""
    flow_wh, loss_wh = net_wh.copy(), np.zeros_like(net_wh)
    _flow_up(flow_wh, loss_wh, feeder.parent, feeder.loss_permille)
    return flow_wh, loss_wh


def flows_in_parts_wh(net_wh: Reals, feeder: Feeder) -> Reals:
    """Flows before anything is made whole, at the branches' lower ends, positive downwards. Both shape (nodes,)."""
    flow_wh = net_wh.copy()
    _flow_up_in_parts(flow_wh, feeder.parent, feeder.loss_permille)
    return flow_wh


@njit(cache=True)
def _net(node, is_bid, filled_wh, nodes):  # type: ignore[no-untyped-def]
    net_wh = np.zeros(nodes, np.int64)
    for row in range(len(node)):
        net_wh[node[row]] += filled_wh[row] * (2 * is_bid[row] - 1)
    return net_wh


@njit(cache=True)
def _flow_up_in_parts(flow_wh, parent, loss_permille):  # type: ignore[no-untyped-def]
    for node in range(len(parent) - 1, 0, -1):
        kept = (PERMILLE - loss_permille[node]) / PERMILLE
        flow_wh[parent[node]] += flow_wh[node] / kept if flow_wh[node] > 0 else flow_wh[node] * kept


@njit(cache=True)
def _loss(flow_wh, loss_permille):  # type: ignore[no-untyped-def]
    """Of imports the share of what is sent so that ``flow_wh`` arrive, of exports that of what is sent. Rounded up."""
    if flow_wh > 0:
        return -(-flow_wh * loss_permille // (PERMILLE - loss_permille))
    return -(flow_wh * loss_permille // PERMILLE)


@njit(cache=True)
def _flow_up(flow_wh, loss_wh, parent, loss_permille):  # type: ignore[no-untyped-def]
    for node in range(len(parent) - 1, 0, -1):
        loss_wh[node] = _loss(flow_wh[node], loss_permille[node])
        flow_wh[parent[node]] += flow_wh[node] + loss_wh[node]


@njit(cache=True)
def _take_back(filled_wh, flow_wh, first, row, is_bid, parent, limit_wh, loss_permille):  # type: ignore[no-untyped-def]
    """flow_wh: net demand of each node at first; becomes flows."""
    nodes = len(parent)
    brother, child = np.full(nodes, -1, np.int64), np.full(nodes, -1, np.int64)
    for node in range(nodes - 1, -1, -1):
        while abs(flow_wh[node]) > limit_wh[node]:
            _take_one(filled_wh, flow_wh, node, child, brother, first, row, is_bid, parent, loss_permille)
        if node > 0:
            brother[node], child[parent[node]] = child[parent[node]], node
            flow_wh[parent[node]] += flow_wh[node] + _loss(flow_wh[node], loss_permille[node])


@njit(cache=True)
def _take_one(filled_wh, flow_wh, top, child, brother, first, row, is_bid, parent, loss_permille):  # type: ignore[no-untyped-def]
    """One Wh less of the last order that lies along flows of this direction, and less flow on the way up to ``top``."""
    down = flow_wh[top] > 0
    node = top
    order = _last_filled(filled_wh, node, down, first, row, is_bid)
    while order < 0:
        below = child[node]
        while (flow_wh[below] + _loss(flow_wh[below], loss_permille[below]) > 0) != down or (
            flow_wh[below] + _loss(flow_wh[below], loss_permille[below]) == 0
        ):
            below = brother[below]
        node = below
        order = _last_filled(filled_wh, node, down, first, row, is_bid)
    filled_wh[order] -= 1
    less = -1 if down else 1
    while node != top:
        before = flow_wh[node] + _loss(flow_wh[node], loss_permille[node])
        flow_wh[node] += less
        less = flow_wh[node] + _loss(flow_wh[node], loss_permille[node]) - before
        node = parent[node]
    flow_wh[top] += less


@njit(cache=True)
def _last_filled(filled_wh, node, bids, first, row, is_bid):  # type: ignore[no-untyped-def]
    """The filled order of one side that drops in first (a bid) or last (an ask), -1 when there is none."""
    count = first[node + 1] - first[node]
    for step in range(count):
        at = first[node] + step if bids else first[node + 1] - 1 - step
        if is_bid[at] == bids and filled_wh[row[at]] > 0:
            return row[at]
    return -1
