"""What a coalition of parties gains by clearing among itself: the welfare of a call auction over its orders alone.

Ranked once, the orders of all serve every coalition: the auction walks down both sides and skips who is not in it.
Compiled, as sharing welfare asks for thousands of coalitions.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from domain.order import Book, Column, Side
from market.auction.matching import ranked


class MeritOrder(NamedTuple):
    """A book laid in order of merit, once for all coalitions: each side best first. Each shape (orders,), int64."""

    buyer: Column
    bid_mjpy_per_kwh: Column
    bid_wh: Column
    seller: Column
    ask_mjpy_per_kwh: Column
    ask_wh: Column


def merit_order(book: Book) -> MeritOrder:
    """The same orders, ranked; ``site`` of the book is the party."""
    bids, asks = ranked(book, book.energy_wh, Side.BUY), ranked(book, book.energy_wh, Side.SELL)
    limit, energy_wh = book.limit_mjpy_per_kwh, book.energy_wh
    return MeritOrder(book.site[bids], limit[bids], energy_wh[bids], book.site[asks], limit[asks], energy_wh[asks])


@njit(cache=True)
def _welfare_ujpy(merit: MeritOrder, member: Column) -> int:
    """The welfare of a call auction among members only. member: Shape (parties,), int64, 1 for in."""
    bid, ask, bid_wh, ask_wh, welfare_ujpy = -1, -1, 0, 0, 0
    while True:
        while bid_wh == 0:
            bid += 1
            if bid == len(merit.buyer):
                return welfare_ujpy
            bid_wh = merit.bid_wh[bid] * member[merit.buyer[bid]]
        while ask_wh == 0:
            ask += 1
            if ask == len(merit.seller):
                return welfare_ujpy
            ask_wh = merit.ask_wh[ask] * member[merit.seller[ask]]
        gain = int(merit.bid_mjpy_per_kwh[bid] - merit.ask_mjpy_per_kwh[ask])
        if gain <= 0:
            return welfare_ujpy
        energy_wh = int(min(bid_wh, ask_wh))
        welfare_ujpy += gain * energy_wh
        bid_wh -= energy_wh
        ask_wh -= energy_wh


@njit(cache=True)
def welfare_of_each(merit: MeritOrder, members: Column) -> Column:
    """The welfare of each coalition, uJPY. members: Shape (coalitions, parties), 1 for in."""
    welfare_ujpy = np.zeros(len(members), np.int64)
    for row in range(len(members)):
        welfare_ujpy[row] = _welfare_ujpy(merit, members[row])
    return welfare_ujpy


@njit(cache=True)
def additions(merit: MeritOrder, orders: Column) -> Column:
    """What each party adds when it arrives, uJPY. orders: Shape (permutations, parties). Same shape, by party."""
    added_ujpy = np.zeros(orders.shape, np.int64)
    for row in range(len(orders)):
        member, before_ujpy = np.zeros(orders.shape[1], np.int64), 0
        for party in orders[row]:
            member[party] = 1
            welfare_ujpy = _welfare_ujpy(merit, member)
            added_ujpy[row, party] = welfare_ujpy - before_ujpy
            before_ujpy = welfare_ujpy
    return added_ujpy
