"""What a book could be worth at best: the linear program on the feeder, by a solver that shares no code with us.


One column an order and two a branch, one for each direction, so that a branch's fee is paid either way. Losses are left
out: on a feeder with losses this is a bound that no clearing reaches.
"""

import numpy as np

from domain.feeder import Feeder
from domain.order import Book, Column, Side


def optimal_welfare_ujpy(book: Book, feeder: Feeder, node: Column) -> int:
    """The optimum of one book inside the limits of every branch, to the whole micro-yen. node: Shape (sites,)."""
    from scipy.optimize import linprog
    from scipy.sparse import coo_array

    buys, sells = book.side == Side.BUY, book.side == Side.SELL
    if not buys.any() or not sells.any():
        return 0
    orders = book.site.size
    nodes = len(feeder.parent)
    cost = np.concatenate([np.where(buys, -1, 1) * book.limit_mjpy_per_kwh, np.tile(feeder.fee_mjpy_per_kwh[1:], 2)])
    most_wh = np.concatenate([book.energy_wh, np.tile(feeder.limit_wh[1:], 2)])
    row, column, value = _balances(np.where(buys, 1, -1), node[book.site], feeder)
    balances = coo_array((value, (row, column)), (nodes, orders + 2 * (nodes - 1)))
    bounds = np.stack([np.zeros(len(cost)), most_wh], axis=1)
    solved = linprog(cost.astype(float), A_eq=balances.tocsr(), b_eq=np.zeros(nodes), bounds=bounds, method="highs")
    assert solved.success, solved.message
    return round(float(-solved.fun))


def _balances(sign: Column, node: Column, feeder: Feeder) -> tuple[Column, Column, Column]:
    """Rows, columns and values of the nodes' balances: what is bought less what is sold is what flows in."""
    orders, branches = np.arange(sign.size), np.arange(len(feeder.parent) - 1)
    down, up = sign.size + branches, sign.size + branches.size + branches
    below, above, one = branches + 1, feeder.parent[1:], np.ones(branches.size, np.int64)
    row = np.concatenate([node, below, above, below, above])
    column = np.concatenate([orders, down, down, up, up])
    return row, column, np.concatenate([sign, -one, one, one, -one])
