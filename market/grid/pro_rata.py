"""Trades cut in proportion when wires bear less than they did at the call.

Each trade is cut as a whole, so its two sides always match. What exceeds a bound is taken from the trades that load it,
in proportion to their energy, to the Wh (largest remainders). Cutting one direction of a branch may leave the other one
too large for it, as both met on it before; so bounds are looked at again until all hold. Every round takes at least a
Wh, so there is a last one.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from domain.order import Column, Side
from domain.quantity import split_in_proportion

Rows = npt.NDArray[np.bool_]


class TradeRows(NamedTuple):
    """Trades of one slot. Columns of shape (trades,), int64. seller, buyer: positions of sites. energy_wh: positive."""

    seller: Column
    buyer: Column
    energy_wh: Column


def cut_pro_rata(
    trades: TradeRows, node: Column, parent: Column, branch_wh: Column, site_wh: Mapping[tuple[int, Side], int]
) -> Column:
    """What is left of each trade. Shape (trades,), int64, Wh, from zero to its energy.

    node: shape (sites,), rows of the feeder. parent: shape (nodes,), as in domain.feeder. branch_wh: shape (nodes,),
    the most net energy over each branch in either direction; the root's says nothing. site_wh: the most that a site may
    sell or buy, by position and side.
    """
    kept_wh = trades.energy_wh.copy()
    of_side = {Side.SELL: trades.seller, Side.BUY: trades.buyer}
    sides = [(of_side[side] == at, limit_wh) for (at, side), limit_wh in sorted(site_wh.items())]
    branches = [(*_over(row, trades, node, parent), int(branch_wh[row])) for row in range(1, len(parent))]
    cut = True
    while cut:
        cut = False
        for rows, limit_wh in sides:
            cut |= _to(kept_wh, rows, limit_wh)
        for out, into, limit_wh in branches:
            cut |= _to(kept_wh, out, limit_wh + int(kept_wh[into].sum()))
            cut |= _to(kept_wh, into, limit_wh + int(kept_wh[out].sum()))
    return kept_wh


def _to(kept_wh: Column, rows: Rows, limit_wh: int) -> bool:
    """Cut some trades to a limit together, in place; whether they were above it."""
    if int(kept_wh[rows].sum()) <= limit_wh:
        return False
    kept_wh[rows] = split_in_proportion(limit_wh, kept_wh[rows].tolist())
    return True


def _over(row: int, trades: TradeRows, node: Column, parent: Column) -> tuple[Rows, Rows]:
    """The trades that leave what hangs below a branch, and those that enter it."""
    below = np.zeros(len(parent), np.bool_)
    below[row] = True
    for at in range(row + 1, len(parent)):
        below[at] |= below[parent[at]]
    sells, buys = below[node[trades.seller]], below[node[trades.buyer]]
    return sells & ~buys, buys & ~sells
