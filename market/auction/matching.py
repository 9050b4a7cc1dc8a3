"""Who trades with whom: filled orders laid along one line of energy, sellers above, buyers below.

At a uniform price the pairing moves no money; it is needed because a contract has two parties. Best bids meet best
asks, so the pairs follow from the book alone and a replay finds the same ones. Where neighbourhood and wishes decide
who meets whom, the caller takes market.auction.partners instead.
"""

import numpy as np
from numba import njit, types

from domain.order import Book, Column, Side
from domain.trade import Trades
from market.auction.ranking import COLUMN, ROWS, stable_order

LINES = types.Array(types.int64, 2, "C")


def pair(book: Book, filled_wh: Column) -> Trades:
    """Bilateral trades, at most one less than the filled orders. Each trade above zero; over the trades of an order
    the energy is what was filled. filled_wh: Shape (orders,), int64, Wh; filled bids and asks must be equal in sum.
    """
    sells, buys = ranked(book, filled_wh, Side.SELL), ranked(book, filled_wh, Side.BUY)
    sold_wh, bought_wh = filled_wh[sells], filled_wh[buys]
    trades = np.empty((3, sells.size + buys.size), np.int64)
    count = meet(sells, sold_wh, buys, bought_wh, trades, 0)
    assert not sold_wh.any(), "more is sold than bought"
    assert not bought_wh.any(), "more is bought than sold"
    return Trades(*trades[:, :count])


def ranked(book: Book, filled_wh: Column, side: Side) -> Column:
    """The rows of one side that are filled, best price first, then arrival, then row."""
    row = np.flatnonzero((book.side == side) & (filled_wh > 0))
    row = row[stable_order(book.entered[row])]
    limits = book.limit_mjpy_per_kwh[row]
    return row[stable_order(limits if side == Side.SELL else ~limits)]  # the complement falls where int64 rises


@njit(types.int64(COLUMN, ROWS, COLUMN, ROWS, LINES, types.int64), cache=True)
def meet(sells: Column, sold_wh: Column, buys: Column, bought_wh: Column, trades: Column, count: int) -> int:
    """Let sellers and buyers trade in the order given until one side has nothing left; how many trades there are then.

    sells, buys: rows in the book. sold_wh, bought_wh: what each has left, above zero, and less what trades afterwards.
    trades: Shape (3, at least sells + buys): seller's row, buyer's row, Wh; the first ``count`` are taken.
    """
    seller = buyer = 0
    while seller < sells.size and buyer < buys.size:
        energy_wh = min(sold_wh[seller], bought_wh[buyer])
        trades[0, count], trades[1, count], trades[2, count] = sells[seller], buys[buyer], energy_wh
        sold_wh[seller] -= energy_wh
        bought_wh[buyer] -= energy_wh
        seller, buyer = seller + (sold_wh[seller] == 0), buyer + (bought_wh[buyer] == 0)
        count += 1
    return count
