"""The call auction: one price for all, at the welfare optimum, exactly.

Energy trades as long as the next Wh is worth at least as much to its buyer as to its seller. Units that are worth
exactly the same to both trade too: among all welfare optima this is the one of greatest volume. The order at the margin
is filled in part. The uniform price is the middle of the interval in which nobody would rather have been filled
otherwise (as in a textbook double auction, e.g. McAfee 1992).

Nothing is sorted but the ties at the margin: energy is added up by price, and the margin stands where both sums cross.
Ties break by price, then order of arrival, then row.
"""

from typing import NamedTuple

import numpy as np
from numba import njit, types

from domain.order import Book, Column, Side
from domain.tariff import Corridor
from market.auction.inspection import inspected
from market.auction.ranking import COLUMN, ROWS, stable_order

# Every price of the range is a level while these are few, for the orders and for a processor's cache; else only
# those that occur are.
LEVELS_MAX = 1 << 17
LEVELS_PER_ORDER_MAX = 4


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


class Levels(NamedTuple):
    """Where each order's limit stands among the prices of a book. int64.

    of_order: Shape (orders,). limit_mjpy_per_kwh: Shape (levels,), rising.
    """

    of_order: Column
    limit_mjpy_per_kwh: Column


class Curve(NamedTuple):
    """One side of a book by level, best first. Each shape (levels,), int64, Wh; cumulative_wh includes the row."""

    energy_wh: Column
    cumulative_wh: Column


def clear(book: Book, corridor: Corridor, tick_mjpy_per_kwh: int = 1) -> Clearing:
    """The welfare optimum of greatest volume and its uniform price, the middle of its interval rounded down to a tick.

    Raises InputRefused with all faults of a book that cannot be cleared exactly (market.auction.inspection).
    """
    book = inspected(book, corridor, tick_mjpy_per_kwh)
    nothing = Clearing(None, np.zeros(book.side.shape, np.int64), 0, 0, None)
    if not book.side.size:
        return nothing
    levels = _levels(book.limit_mjpy_per_kwh)
    bids, asks = _curves(book, levels)
    volume_wh = int(np.minimum(bids.cumulative_wh[::-1], asks.cumulative_wh).max())
    if not volume_wh:
        return nothing
    filled_wh = _fill(book, levels.of_order, bids, asks, volume_wh)
    falling = levels.limit_mjpy_per_kwh[::-1]
    welfare_ujpy = int(_share(bids, volume_wh) @ falling) - int(_share(asks, volume_wh) @ falling[::-1])
    low, high = _interval(bids, asks, levels.limit_mjpy_per_kwh, volume_wh)
    price_mjpy_per_kwh = (low + high) // 2 // tick_mjpy_per_kwh * tick_mjpy_per_kwh
    return Clearing(price_mjpy_per_kwh, filled_wh, welfare_ujpy, volume_wh, (low, high))


def _levels(limits: Column) -> Levels:
    """The levels of limits. Exact for every int64: what is too wide to count is ranked."""
    least, most = int(limits.min()), int(limits.max())
    if most - least < min(LEVELS_MAX, LEVELS_PER_ORDER_MAX * limits.size):
        return Levels(limits - least, np.arange(least, most + 1))
    order = stable_order(limits)
    rising = limits[order]
    is_new = np.concatenate((np.ones(1, np.bool_), rising[1:] != rising[:-1]))
    of_order = np.empty_like(order)
    of_order[order] = np.cumsum(is_new) - 1
    return Levels(of_order, rising[is_new])


def _curves(book: Book, levels: Levels) -> tuple[Curve, Curve]:
    """What is wanted from the highest price down, and what is offered from the lowest up."""
    energy_wh = np.zeros((2, levels.limit_mjpy_per_kwh.size), np.int64)
    _add_up(book.side, levels.of_order, book.energy_wh, energy_wh)
    bids_wh, asks_wh = energy_wh[Side.BUY, ::-1], energy_wh[Side.SELL]
    return Curve(bids_wh, np.cumsum(bids_wh)), Curve(asks_wh, np.cumsum(asks_wh))


@njit(types.void(COLUMN, COLUMN, COLUMN, types.Array(types.int64, 2, "C")), cache=True)
def _add_up(side: Column, level: Column, energy_wh: Column, into_wh: Column) -> None:
    """Add each order's energy to its side and level. into_wh: Shape (2, levels)."""
    for row in range(side.size):
        into_wh[side[row], level[row]] += energy_wh[row]


def _fill(book: Book, level: Column, bids: Curve, asks: Curve, volume_wh: int) -> Column:
    """Each order's share of the volume: all of it on the better levels, what is left of it at the margin."""
    last_bid, last_ask = (int(np.searchsorted(curve.cumulative_wh, volume_wh)) for curve in (bids, asks))
    bid_level = len(bids.energy_wh) - 1 - last_bid
    filled_wh = np.empty(level.shape, np.int64)
    _fill_better(book.side, level, book.energy_wh, bid_level, last_ask, filled_wh)
    bids_at_margin = np.flatnonzero((level == bid_level) & (book.side == Side.BUY))
    asks_at_margin = np.flatnonzero((level == last_ask) & (book.side == Side.SELL))
    _fill_margin(book, bids_at_margin, int(_share(bids, volume_wh)[last_bid]), filled_wh)
    _fill_margin(book, asks_at_margin, int(_share(asks, volume_wh)[last_ask]), filled_wh)
    return filled_wh


@njit(types.void(COLUMN, COLUMN, COLUMN, types.int64, types.int64, ROWS), cache=True)
def _fill_better(
    side: Column, level: Column, energy_wh: Column, bid_level: int, ask_level: int, filled_wh: Column
) -> None:
    """Orders better than the level of their side's margin are filled in whole, the others not at all."""
    for row in range(side.size):
        is_better = level[row] < ask_level if side[row] else level[row] > bid_level
        filled_wh[row] = energy_wh[row] if is_better else 0


def _fill_margin(book: Book, row: Column, left_wh: int, filled_wh: Column) -> None:
    """Share what is left for the orders of one side and level: first come, first filled, the last one in part."""
    row = row[stable_order(book.entered[row])]
    energy_wh = book.energy_wh[row]
    filled_wh[row] = np.clip(left_wh - (np.cumsum(energy_wh) - energy_wh), 0, energy_wh)


def _share(curve: Curve, volume_wh: int) -> Column:
    """How the volume falls on a curve: from the front, the last level in part."""
    filled_wh: Column = np.clip(volume_wh - (curve.cumulative_wh - curve.energy_wh), 0, curve.energy_wh)
    return filled_wh


def _interval(bids: Curve, asks: Curve, rising: Column, volume_wh: int) -> tuple[int, int]:
    """Prices at which all that is filled is content and all that is left would rather not. Low at most high."""
    last_bid, next_bid = _margin(bids, rising[::-1], volume_wh)
    last_ask, next_ask = _margin(asks, rising, volume_wh)
    low = last_ask if next_bid is None else max(last_ask, next_bid)
    high = last_bid if next_ask is None else min(last_bid, next_ask)
    assert low <= high, "the volume was not the greatest"
    return low, high


def _margin(curve: Curve, limits: Column, volume_wh: int) -> tuple[int, int | None]:
    """The limit of the last Wh filled and of the first one left, None when none is left."""
    last, following = (int(np.searchsorted(curve.cumulative_wh, volume_wh, side=end)) for end in ("left", "right"))
    return int(limits[last]), int(limits[following]) if following < limits.size else None
