"""Orders of a grid market in the order in which a rising price drops them, node by node.

As a price rises, a bid stops buying and an ask begins to sell; market.grid.curve_merge works on nothing else. Sorting
is by radix, digit by digit, so it takes a time in proportion to the orders.
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

    key: limit times ``turns``, a power of two, plus a turn of its own. At one limit asks come before bids, so that
    what is worth the same to both trades; among asks who came first drops first, among bids last. Ties of arrival go by
    row.
    row: in the book. is_bid: one for a bid, zero for an ask.
    """

    first: Column
    key: Column
    row: Column
    is_bid: Column
    turns: int


def drops_of(book: Book, node: Column, nodes: int) -> Drops:
    """The drops of a book. node: Shape (orders,), int64, the row of each order's node in a feeder of ``nodes``."""
    row = np.arange(len(book.side))
    if np.any(book.entered[1:] < book.entered[:-1]):
        row = np.argsort(book.entered, kind="stable")
    bits = len(row).bit_length()
    key, row_at, node_at, asks = _in_turn(
        row, book.side == Side.BUY, book.energy_wh, book.limit_mjpy_per_kwh, node, bits
    )  # fmt: skip
    if key.size:
        least, most = int(key.min() >> bits), int(key.max() >> bits)
        assert (most + 1) * _PERMILLE < _KEY_MAX >> bits, "limits too high for so many orders"
        for shift in range(0, (most - least).bit_length(), _DIGIT_BITS):
            key = _by_digit(key, least << bits, bits + shift)
    first, key, row, is_bid = _by_node(key, row_at, node_at, asks, nodes, bits)
    return Drops(first, key, row, is_bid, 1 << bits)


@njit(cache=True)
def _in_turn(row, is_bid, energy_wh, limit, node, bits):  # type: ignore[no-untyped-def]
    """Keys of rows with energy in order of turn: asks as they come, then bids backwards. With the row and node of each
    turn, and how many are asks. Without branches on the side, which no processor can foresee.
    """
    asks, count = 0, 0
    for at in row:
        if energy_wh[at] > 0:
            asks += 1 - is_bid[at]
            count += 1
    key, row_at, node_at = np.empty(count, np.int64), np.empty(count, np.int64), np.empty(count, np.int64)
    ask, bid = 0, count - 1
    for at in row:
        if energy_wh[at] > 0:
            turn = ask + (bid - ask) * is_bid[at]
            key[turn], row_at[turn], node_at[turn] = (limit[at] << bits) + turn, at, node[at]
            ask, bid = ask + 1 - is_bid[at], bid - is_bid[at]
    return key, row_at, node_at, asks


@njit(cache=True)
def _by_digit(key, least, shift):  # type: ignore[no-untyped-def]
    """Keys in rising order of one digit of what they are above the least, equals as they stand."""
    mask = (1 << _DIGIT_BITS) - 1
    place = np.zeros(mask + 2, np.int64)
    for each in key:
        place[(((each - least) >> shift) & mask) + 1] += 1
    for digit in range(mask):
        place[digit + 1] += place[digit]
    found = np.empty_like(key)
    for each in key:
        digit = ((each - least) >> shift) & mask
        found[place[digit]] = each
        place[digit] += 1
    return found


@njit(cache=True)
def _by_node(key, row_at, node_at, asks, nodes, bits):  # type: ignore[no-untyped-def]
    """Sorted keys by node, equals as they stand: the columns of Drops."""
    first, place = np.zeros(nodes + 1, np.int64), np.empty(nodes, np.int64)
    for node in node_at:
        first[node + 1] += 1
    for node in range(nodes):
        first[node + 1] += first[node]
        place[node] = first[node]
    found, row, is_bid = np.empty_like(key), np.empty_like(key), np.empty_like(key)
    for each in key:
        turn = each & ((1 << bits) - 1)
        to = place[node_at[turn]]
        place[node_at[turn]] = to + 1
        found[to], row[to], is_bid[to] = each, row_at[turn], turn >= asks
    return first, found, row, is_bid
