"""Orders of a grid market in the order in which a rising price drops them, node by node.

As a price rises, a bid stops buying and an ask begins to sell; market.grid.curve_cut works on nothing else. Sorting
is by radix, digit by digit, so it takes a time in proportion to the orders. What is sorted is one word an order: its
node, its limit and its turn side by side, so that no pass has to look anything up.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from domain.feeder import Reals
from domain.order import Book, Column, Side

_DIGIT_BITS = 11
_EXACT_KEY = 2**52  # market.grid.curve_cut reckons keys in float64
_WORD_BITS = 63
_PERMILLE = 1000


class Drops(NamedTuple):
    """Orders that have energy, by node and key. Each shape (orders,), int64; first: shape (nodes + 1,), ranges of rows.

    key: limit times ``turns``, a power of two, plus a turn of its own. At one limit asks come before bids, so that
    what is worth the same to both trades; among asks who came first drops first, among bids last. Ties of arrival go by
    row.
    row: in the book. is_bid: one for a bid, zero for an ask. upto_wh: shape (orders + 1,), the energy of all before.
    demand_wh: shape (nodes,), that of the bids.
    """

    first: Column
    key: Column
    row: Column
    is_bid: Column
    upto_wh: Column
    demand_wh: Column
    turns: int


def drops_of(book: Book, node: Column, nodes: int) -> Drops:
    """The drops of a book. node: Shape (orders,), int64, the row of each order's node in a feeder of ``nodes``."""
    arrived = None
    if np.any(book.entered[1:] < book.entered[:-1]):
        arrived = np.argsort(book.entered, kind="stable")
        book, node = Book(*(column[arrived] for column in book)), node[arrived]
    orders, limits = len(book.side), book.limit_mjpy_per_kwh
    least, most = (int(limits.min()), int(limits.max())) if orders else (0, 0)
    bits, limit_bits = (2 * orders).bit_length(), (most - least).bit_length()
    sorted_bits = limit_bits + (nodes - 1).bit_length()
    assert (max(most, -least) + 1) * _PERMILLE < _EXACT_KEY >> bits, "limits too high for so many orders"
    assert bits + sorted_bits < _WORD_BITS, "limits too far apart for so many orders and nodes"
    word = _words(book.side == Side.BUY, book.energy_wh, limits, node, least, bits, limit_bits)
    for shift in range(bits, bits + sorted_bits, _DIGIT_BITS):
        word = _by_digit(word, shift)
    first, key, row, is_bid, upto_wh, demand_wh = _columns(word, book.energy_wh, nodes, least, bits, limit_bits)
    return Drops(first, key, row if arrived is None else arrived[row], is_bid, upto_wh, demand_wh, 1 << bits)


def filled_wh(drops: Drops, dropped_wh: Reals, orders: int) -> Reals:
    """Fills of a book of so many orders out of what drops at each node. dropped_wh: Shape (nodes,), float64, Wh.

    Returns Shape (orders,), float64, Wh: of a bid what does not drop, of an ask what does.
    """
    found_wh: Reals = np.zeros(orders)
    _fill(drops.first, drops.row, drops.is_bid, drops.upto_wh, dropped_wh, found_wh)
    return found_wh


@njit(cache=True)
def _words(is_bid, energy_wh, limit, node, least, bits, limit_bits):  # type: ignore[no-untyped-def]
    """Node, limit above the least, and turn of each order with energy, in order of turn: asks as they come, then bids
    backwards, from twice the orders down. Without branches on the side, which no processor can foresee.
    """
    orders = len(limit)
    word, ask, bid, last = np.empty(orders, np.int64), 0, orders - 1, 2 * orders - 1
    for at in range(orders):
        turn, to = at + (last - 2 * at) * is_bid[at], ask + (bid - ask) * is_bid[at]
        word[to] = (((node[at] << limit_bits) + limit[at] - least) << bits) + turn
        alive = energy_wh[at] > 0
        ask, bid = ask + (alive & ~is_bid[at]), bid - (alive & is_bid[at])
    if ask > bid:
        return word
    return np.concatenate((word[:ask], word[bid + 1 :]))


@njit(cache=True)
def _by_digit(word, shift):  # type: ignore[no-untyped-def]
    """Words in rising order of one digit, equals as they stand."""
    mask = (1 << _DIGIT_BITS) - 1
    place = np.zeros(mask + 2, np.int64)
    for each in word:
        place[((each >> shift) & mask) + 1] += 1
    for digit in range(mask):
        place[digit + 1] += place[digit]
    found = np.empty_like(word)
    for each in word:
        digit = (each >> shift) & mask
        found[place[digit]] = each
        place[digit] += 1
    return found


@njit(cache=True)
def _columns(word, energy_wh, nodes, least, bits, limit_bits):  # type: ignore[no-untyped-def]
    """Sorted words taken apart: the columns of Drops."""
    orders, last = len(energy_wh), 2 * len(energy_wh) - 1
    first, demand_wh = np.zeros(nodes + 1, np.int64), np.zeros(nodes, np.int64)
    key, row, is_bid = np.empty_like(word), np.empty_like(word), np.empty_like(word)
    upto_wh, at = np.zeros(len(word) + 1, np.int64), 0
    for node in range(nodes):
        bids_wh, sum_wh, above = 0, upto_wh[at], node << limit_bits
        while at < len(word) and word[at] >> (bits + limit_bits) == node:
            turn = word[at] & ((1 << bits) - 1)
            bid = int(turn >= orders)
            wh = energy_wh[turn + (last - 2 * turn) * bid]
            key[at], row[at], is_bid[at] = word[at] + ((least - above) << bits), turn + (last - 2 * turn) * bid, bid
            bids_wh, sum_wh = bids_wh + wh * bid, sum_wh + wh
            at += 1
            upto_wh[at] = sum_wh
        first[node + 1], demand_wh[node] = at, bids_wh
    return first, key, row, is_bid, upto_wh, demand_wh


@njit(cache=True)
def _fill(first, row, is_bid, upto_wh, dropped_wh, found_wh):  # type: ignore[no-untyped-def]
    for node in range(len(dropped_wh)):
        point_wh = upto_wh[first[node]] + dropped_wh[node]
        for at in range(first[node], first[node + 1]):
            part_wh = min(max(point_wh, upto_wh[at]), upto_wh[at + 1]) - upto_wh[at]
            found_wh[row[at]] = part_wh + (upto_wh[at + 1] - upto_wh[at] - 2 * part_wh) * is_bid[at]
