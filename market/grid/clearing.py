"""The call auction on a radial feeder: every order stands at a node, and no line carries more than it can.

The fills are the welfare optimum under the limits of all branches, exactly the linear program's when there are no
losses: welfare is what buyers were ready to pay less what sellers asked for less the fees of the branches. Where no
branch binds and none has a fee, fills and price are those of the auction without wires (market.auction.clearing).

What buyers pay at their node's price less what sellers get at theirs is, to the last micro-yen, what the branches
bear: fees, and the rent of those that are full. With losses the rent also holds the roundings of prices, of either
sign, and fills fall short of the optimum by no more than market.grid.whole_wh says.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from domain.feeder import Feeder
from domain.order import Book, Column, Side
from domain.tariff import Corridor
from market.grid.curve_cut import dropped_wh
from market.grid.drops import drops_of, filled_wh
from market.grid.nodal_price import BranchState, branch_states, nodal_prices
from market.grid.whole_wh import flows_in_parts_wh, flows_wh, net_demand_wh, whole_fills

_EXACT_WH = 2**52


class GridClearing(NamedTuple):
    """What an auction on a feeder decides. Rows of orders as in the book, of nodes and branches as in the feeder.

    filled_wh: Shape (orders,), int64, Wh, at most what was offered.
    node_price_mjpy_per_kwh: Shape (nodes,), int64, inside the corridor. Where nothing trades it is a price at which
    nobody would have traded.
    flow_wh: Shape (nodes,), int64, Wh through the branch at its lower end, positive towards the leaves.
    loss_wh: Shape (nodes,), int64, Wh that enter the branch and do not leave it.
    state: Shape (nodes,), int8, each branch's BranchState.
    fee_ujpy, rent_ujpy: Shape (nodes,), int64, what the branch earns by its fee, and what it takes beyond. Together
    they are what buyers pay less what sellers get.
    welfare_ujpy: after fees. volume_wh: filled bids.
    """

    filled_wh: Column
    node_price_mjpy_per_kwh: Column
    flow_wh: Column
    loss_wh: Column
    state: npt.NDArray[np.int8]
    fee_ujpy: Column
    rent_ujpy: Column
    welfare_ujpy: int
    volume_wh: int


def clear_on_grid(book: Book, node_of_order: Column, feeder: Feeder, corridor: Corridor) -> GridClearing:
    """The welfare optimum on a feeder. The root is closed: what comes from the grid above is an order there.

    node_of_order: Shape (orders,), int64, rows of the feeder. Limits must lie inside the corridor, and all energy
    together below 2**52 Wh.
    """
    limits, nodes = book.limit_mjpy_per_kwh, len(feeder.parent)
    assert not limits.size or (limits.min() >= corridor.floor and limits.max() <= corridor.cap), "not admitted"
    assert not limits.size or (node_of_order.min() >= 0 and node_of_order.max() < nodes), "no such node"
    assert int(book.energy_wh.sum()) < _EXACT_WH, "more energy than float64 counts exactly"
    drops = drops_of(book, node_of_order, nodes)
    dropped = dropped_wh(drops, feeder)
    whole_wh = whole_fills(book, node_of_order, filled_wh(drops, dropped, len(limits)), drops, feeder)
    state = branch_states(flows_in_parts_wh(drops.demand_wh - dropped, feeder), feeder.limit_wh)
    price = nodal_prices(drops, dropped, state, feeder, corridor)
    return booked(book, node_of_order, feeder, whole_wh, price, state)


def booked(
    book: Book, node_of_order: Column, feeder: Feeder, filled_wh: Column, price: Column, state: npt.NDArray[np.int8]
) -> GridClearing:
    """Fills and nodal prices with the flows and the money that follow from them."""
    flow_wh, loss_wh = flows_wh(net_demand_wh(book, node_of_order, filled_wh, len(feeder.parent)), feeder)
    assert flow_wh[0] == 0, "bought is not sold"
    assert np.all(np.abs(flow_wh) <= feeder.limit_wh), "a branch carries more than it can"
    fee_ujpy = np.abs(flow_wh) * feeder.fee_mjpy_per_kwh
    rent_ujpy = flow_wh * price - (flow_wh + loss_wh) * price[feeder.parent] - fee_ujpy
    rent_ujpy[0] = 0
    worth_ujpy, volume_wh = _worth(book.side == Side.BUY, book.limit_mjpy_per_kwh, filled_wh)
    return GridClearing(
        filled_wh, price, flow_wh, loss_wh, state, fee_ujpy, rent_ujpy,
        welfare_ujpy=worth_ujpy - int(fee_ujpy.sum()), volume_wh=volume_wh,
    )  # fmt: skip


@njit(cache=True)
def _worth(is_bid, limit, filled_wh):  # type: ignore[no-untyped-def]
    """What buyers were ready to pay less what sellers asked for, and what buyers bought."""
    worth_ujpy, volume_wh = 0, 0
    for row in range(len(limit)):
        bought_wh = filled_wh[row] * is_bid[row]
        worth_ujpy += (2 * bought_wh - filled_wh[row]) * limit[row]
        volume_wh += bought_wh
    return worth_ujpy, volume_wh


def reason(clearing: GridClearing, feeder: Feeder, node: int) -> str:
    """Why a node's price is what it is: the nearest full branch above it, for people."""
    while node > 0:
        name, state = feeder.branch_names[node], BranchState(int(clearing.state[node]))
        if state in _REASONS:
            return f"{name} {_REASONS[state]}"
        node = int(feeder.parent[node])
    return "no branch above is full"


_REASONS = {
    BranchState.FULL_OF_IMPORTS: "is full, the price below it rises",
    BranchState.FULL_OF_EXPORTS: "is full, the price below it falls",
    BranchState.CLOSED: "carries nothing, below it is a market of its own",
}
