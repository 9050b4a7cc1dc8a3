"""Who trades with whom: filled orders laid along one line of energy, sellers above, buyers below.

At a uniform price the pairing moves no money; it is needed because a contract has two parties. Best bids meet best
asks, so the pairs follow from the book alone and a replay finds the same ones.
"""

import numpy as np

from domain.order import Book, Column, Side
from domain.trade import Trades
from market.clearing import queue


def pair(book: Book, filled_wh: Column) -> Trades:
    """Bilateral trades, at most one less than the filled orders. Each trade above zero; over the trades of an order
    the energy is what was filled. filled_wh: Shape (orders,), int64, Wh; filled bids and asks must be equal in sum.
    """
    filled_book = book._replace(energy_wh=filled_wh)
    sells, buys = queue(filled_book, Side.SELL), queue(filled_book, Side.BUY)
    assert sells.energy_wh.sum() == buys.energy_wh.sum(), "bought is not sold"
    cuts_wh = np.concatenate((sells.cumulative_wh, buys.cumulative_wh))
    cuts_wh.sort(kind="stable")  # two sorted runs: the stable sort merges them
    energy_wh = np.diff(cuts_wh, prepend=0)
    cuts_wh, energy_wh = cuts_wh[energy_wh > 0], energy_wh[energy_wh > 0]
    seller = sells.row[np.searchsorted(sells.cumulative_wh, cuts_wh)]
    buyer = buys.row[np.searchsorted(buys.cumulative_wh, cuts_wh)]
    return Trades(seller, buyer, energy_wh)
