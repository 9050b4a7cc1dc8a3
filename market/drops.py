"""Orders of a grid market in the order in which a rising price drops them, node by node.

As a price rises, a bid stops buying and an ask begins to sell; market.curve_merge works on nothing else. Sorting is by
radix, digit by digit, so it takes a time in proportion to the orders.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from domain.order import Book, Column, Side

_DIGIT_BITS = 11
_KEY_MAX = 2**62
_PERMILLE = 1000


class Drops(NamedTuple):
    """Orders that have energy, by node and key. Each shape (orders,), int64; first: shape (nodes + 1,), ranges of rows.

    key: limit times ``turns`` plus a turn of its own. At one limit asks come before bids, so that what is worth the
    same to both trades; among asks who came first drops first, among bids last. Ties of arrival go by row.
    row: in the book. is_bid: one for a bid, zero for an ask.
    """

    first: Column
    key: Column
    row: Column
    is_bid: Column
    turns: int


def drops_of(book: Book, node: Column, nodes: int) -> Drops:
    """The drops of a book. node: Shape (orders,), int64, the row of each order's node in a feeder of ``nodes``."""
    row = np.flatnonzero(book.energy_wh > 0)
    if np.any(np.diff(book.entered[row]) < 0):
        row = _sorted(row, book.entered)
    is_bid = book.side[row] == Side.BUY
    row = np.concatenate((row[~is_bid], row[is_bid][::-1]))
    turns = max(len(row), 1)
    key = np.zeros(len(book.side), np.int64)
    key[row] = book.limit_mjpy_per_kwh[row] * turns + np.arange(len(row))
    assert not key.size or int(key.max()) * _PERMILLE < _KEY_MAX, "limits too high for so many orders"
    row = _sorted(_sorted(row, book.limit_mjpy_per_kwh), node)
    first = np.concatenate((np.zeros(1, np.int64), np.cumsum(np.bincount(node[row], minlength=nodes))))
    return Drops(first, key[row], row, (book.side[row] == Side.BUY).astype(np.int64), turns)


def _sorted(row: Column, value: Column) -> Column:
    """Rows in rising order of value, equals as they stand."""
    if not row.size:
        return row
    least, most = int(value[row].min()), int(value[row].max())
    for shift in range(0, (most - least).bit_length(), _DIGIT_BITS):
        row = _by_digit(row, value, least, shift)
    return row


@njit(cache=True)
def _by_digit(row, value, least, shift):  # type: ignore[no-untyped-def]
    mask = (1 << _DIGIT_BITS) - 1
    place = np.zeros(mask + 2, np.int64)
    for at in row:
        place[(((value[at] - least) >> shift) & mask) + 1] += 1
    for digit in range(mask):
        place[digit + 1] += place[digit]
    found = np.empty_like(row)
    for at in row:
        digit = ((value[at] - least) >> shift) & mask
        found[place[digit]] = at
        place[digit] += 1
    return found
