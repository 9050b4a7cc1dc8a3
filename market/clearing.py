"""The call auction: one price for all, at the welfare optimum, exactly.

Bids stand in order of falling limit, asks of rising limit; energy trades as long as the next Wh is worth at least as
much to its buyer as to its seller. Units that are worth exactly the same to both trade too: among all welfare optima
this is the one of greatest volume. The order at the margin is filled in part. The uniform price is the middle of the
interval in which nobody would rather have been filled otherwise (as in a textbook double auction, e.g. McAfee 1992).

Ties break by price, then order of arrival, then row.
"""

from typing import NamedTuple

import numpy as np

from domain.order import Book, Column, Side
from domain.tariff import Corridor


class Clearing(NamedTuple):
    """What an auction decides.

    price_mjpy_per_kwh: the uniform price at the seller's meter, None when nothing trades.
    filled_wh: Shape (orders,), int64, Wh, zero or more, at most what was offered; rows as in the book.
    welfare_ujpy: what buyers were ready to pay less what sellers asked for, over all filled energy.
    volume_wh: filled bids, which is filled asks.
    interval: the lowest and highest price that clears the market, None when nothing trades.
    """

    price_mjpy_per_kwh: int | None
    filled_wh: Column
    welfare_ujpy: int
    volume_wh: int
    interval: tuple[int, int] | None


class Queue(NamedTuple):
    """One side of a book, best first. Each shape (orders of that side,), int64; cumulative_wh includes the row."""

    row: Column
    limit_mjpy_per_kwh: Column
    energy_wh: Column
    cumulative_wh: Column


def clear(book: Book, corridor: Corridor) -> Clearing:
    """The welfare optimum of greatest volume and its uniform price, the middle of its interval rounded down.

    Every limit must lie inside the corridor: admission keeps the others out.
    """
    limits = book.limit_mjpy_per_kwh
    assert not limits.size or (limits.min() >= corridor.floor and limits.max() <= corridor.cap), "not admitted"
    bids, asks = queue(book, Side.BUY), queue(book, Side.SELL)
    volume_wh = _volume_wh(bids, asks)
    filled_wh = np.zeros(limits.shape, np.int64)
    if not volume_wh:
        return Clearing(None, filled_wh, 0, 0, None)
    bought_wh, sold_wh = _fill(bids, volume_wh), _fill(asks, volume_wh)
    filled_wh[bids.row], filled_wh[asks.row] = bought_wh, sold_wh
    welfare_ujpy = int(bought_wh @ bids.limit_mjpy_per_kwh) - int(sold_wh @ asks.limit_mjpy_per_kwh)
    low, high = _interval(bids, asks, volume_wh)
    price_mjpy_per_kwh = min(max((low + high) // 2, corridor.floor), corridor.cap)
    return Clearing(price_mjpy_per_kwh, filled_wh, welfare_ujpy, volume_wh, (low, high))


def queue(book: Book, side: Side) -> Queue:
    """The orders of one side that have energy, best price first, then arrival, then row."""
    row = np.flatnonzero((book.side == side) & (book.energy_wh > 0))
    row = row[_stable_order(book.entered[row])]
    limits = book.limit_mjpy_per_kwh[row]
    row = row[_stable_order(limits if side == Side.SELL else -limits)]
    energy_wh = book.energy_wh[row]
    return Queue(row, book.limit_mjpy_per_kwh[row], energy_wh, np.cumsum(energy_wh))


def _stable_order(values: Column) -> Column:
    """Positions in rising order of value, equals as they stand."""
    if not values.size:
        return np.zeros(0, np.int64)
    above_least = values - values.min()
    if above_least.max() <= np.iinfo(np.uint16).max:  # numpy sorts 16 bits by radix, ten times faster
        return np.argsort(above_least.astype(np.uint16), kind="stable")
    return np.argsort(above_least, kind="stable")


def _volume_wh(bids: Queue, asks: Queue) -> int:
    """The greatest volume whose last Wh is worth as much to its buyer as to its seller.

    A volume whose last bid is b is feasible up to what is asked for at b's limit or less.
    """
    if not bids.row.size or not asks.row.size:
        return 0
    asks_within = np.searchsorted(asks.limit_mjpy_per_kwh, bids.limit_mjpy_per_kwh, side="right")
    supply_wh = np.concatenate((np.zeros(1, np.int64), asks.cumulative_wh))[asks_within]
    return int(np.minimum(bids.cumulative_wh, supply_wh).max())


def _fill(side: Queue, volume_wh: int) -> Column:
    """How the volume falls on a queue: from the front, the last one in part."""
    filled_wh: Column = np.clip(volume_wh - (side.cumulative_wh - side.energy_wh), 0, side.energy_wh)
    return filled_wh


def _interval(bids: Queue, asks: Queue, volume_wh: int) -> tuple[int, int]:
    """Prices at which all that is filled is content and all that is left would rather not. Low at most high."""
    last_bid, next_bid = _margin(bids, volume_wh)
    last_ask, next_ask = _margin(asks, volume_wh)
    low = last_ask if next_bid is None else max(last_ask, next_bid)
    high = last_bid if next_ask is None else min(last_bid, next_ask)
    assert low <= high, "the volume was not the greatest"
    return low, high


def _margin(side: Queue, volume_wh: int) -> tuple[int, int | None]:
    """The limit of the last Wh filled and of the first one left, None when none is left."""
    last, following = (int(np.searchsorted(side.cumulative_wh, volume_wh, side=end)) for end in ("left", "right"))
    limits = side.limit_mjpy_per_kwh
    return int(limits[last]), int(limits[following]) if following < limits.size else None
