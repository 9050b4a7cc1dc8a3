"""A slot's simple orders as one curve: what all that is bought there is worth, best first.

An ask that is not sold counts as bought by its own seller. So the whole market of a slot is a position on one falling
curve: the energy asked for in the slot, more by what blocks bring, less by what blocks and loads take. The price lies
between the worth of the last Wh before the position and of the first one behind it.
"""

from typing import NamedTuple

import numpy as np

from domain.order import Book, Column, Side


class Curve(NamedTuple):
    """value_mjpy_per_kwh: Shape (pieces,), int64, falling, each once. end_wh: where each piece ends. offered_wh: the
    position without blocks and loads.
    """

    value_mjpy_per_kwh: Column
    end_wh: Column
    offered_wh: int


class Reach(NamedTuple):
    """Between which positions a slot can end up, both included, Wh."""

    first_wh: int
    last_wh: int


def curve_of(book: Book) -> Curve:
    """The curve of a book."""
    offered_wh = int(book.energy_wh[book.side == Side.SELL].sum())
    value, piece = np.unique(-book.limit_mjpy_per_kwh, return_inverse=True)
    energy_wh = np.zeros(len(value), np.int64)
    np.add.at(energy_wh, piece, book.energy_wh)
    return Curve(-value, np.cumsum(energy_wh), offered_wh)


def steps(curve: Curve, reach: Reach) -> tuple[Column, Column]:
    """Value and energy of the pieces within reach, those at its ends cut. Each shape (steps,), best first."""
    start_wh = np.concatenate((np.zeros(1, np.int64), curve.end_wh[:-1])) if curve.end_wh.size else curve.end_wh
    within_wh = np.minimum(curve.end_wh, reach.last_wh) - np.maximum(start_wh, reach.first_wh)
    reached = within_wh > 0
    return curve.value_mjpy_per_kwh[reached], within_wh[reached]


def around(curve: Curve, position_wh: int, pieces: int) -> range:
    """The pieces next to a position, so many on either side of it."""
    behind = int(np.searchsorted(curve.end_wh, position_wh, side="right"))
    before = int(np.searchsorted(curve.end_wh, position_wh, side="left"))
    return range(max(before - pieces, 0), min(behind + pieces + 1, len(curve.end_wh)))


def position_wh(book: Book, filled_wh: Column) -> int:
    """Where a slot stands: bids that are filled and asks that are not."""
    return int(np.where(book.side == Side.BUY, filled_wh, book.energy_wh - filled_wh).sum())
