"""The floor of the call auction: a stable argsort of the limits of each side and the running sum of its energy.

Whoever finds the margin by sorting does at least this, and neither fills nor pairs anything yet. It is a fixed
measuring stick: never tuned, so that ratios of different days compare.
"""

import numpy as np

from domain.order import Book, Column, Side


def sort_and_add(book: Book) -> tuple[Column, Column]:
    """Energy added up from the best price of each side on. Two columns of int64, Wh: of the bids, of the asks."""
    bids, asks = np.flatnonzero(book.side == Side.BUY), np.flatnonzero(book.side == Side.SELL)
    falling = bids[np.argsort(-book.limit_mjpy_per_kwh[bids], kind="stable")]
    rising = asks[np.argsort(book.limit_mjpy_per_kwh[asks], kind="stable")]
    return np.cumsum(book.energy_wh[falling]), np.cumsum(book.energy_wh[rising])
