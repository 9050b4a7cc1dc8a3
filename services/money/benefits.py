"""Who brings the gain of the auctions, and who gets it.

Three views of one amount, the welfare of the slots that traded: what each member got at the auction's price beyond its
own limits; its part by traded energy; and what it brings, the Shapley value of each slot's call auction, added up. The
last one asks what a coalition would gain by clearing among itself, with no thought of the cables between; what full
lines earn is nobody's here.
"""

from collections.abc import Iterator, Sequence
from math import isqrt
from typing import NamedTuple

import numpy as np
from sqlalchemy import Connection

from domain.order import Book, Column, Side
from market.fairness import Shares, pro_rata, shapley
from memory.books import steps
from memory.trading import clearings, orders, trades
from services.context import TradeContext
from services.orders.books import book_of
from services.telling.site_prices import site_prices

PERMUTATIONS = 1_000


class Auction(NamedTuple):
    """One slot's admitted orders, what each was filled, Wh, and the price at each one's node, mJPY/kWh."""

    slot: int
    book: Book
    filled_wh: Column
    price_mjpy_per_kwh: Column


class Benefits(NamedTuple):
    """Each column by site. got: at the auction's price. by_energy: pro rata. brought: the Shapley value."""

    got: Shares
    by_energy: Shares
    brought: Shares


def benefits(tx: Connection, ctx: TradeContext, slots: Sequence[int], seed: int) -> Benefits:
    """The shares of all members over the slots that traded and were not stopped. seed: of the sampled ones."""
    sites = len(ctx.roster.ids)
    got_ujpy, traded_wh, brought_ujpy, error_squares = np.zeros((4, sites), np.int64)
    for auction in _auctions(tx, ctx, slots):
        np.add.at(got_ujpy, auction.book.site, gain_ujpy(auction))
        np.add.at(traded_wh, auction.book.site, auction.filled_wh)
        brought = brought_by(auction.book, sites, seed + auction.slot)
        brought_ujpy += brought.share_ujpy
        error_squares += brought.error_ujpy**2
    by_energy = pro_rata(int(got_ujpy.sum()), traded_wh)
    error_ujpy = np.array([_root(square) for square in error_squares.tolist()], np.int64)
    return Benefits(Shares(got_ujpy, np.zeros_like(got_ujpy)), by_energy, Shares(brought_ujpy, error_ujpy))


def gain_ujpy(auction: Auction) -> Column:
    """What each order gained: its energy times how much better the price is than its limit. Shape (orders,)."""
    over = auction.price_mjpy_per_kwh - auction.book.limit_mjpy_per_kwh
    return np.where(auction.book.side == Side.SELL, over, -over) * auction.filled_wh


def brought_by(book: Book, sites: int, seed: int) -> Shares:
    """The Shapley value of one auction. Shape (sites,); who ordered nothing brings nothing."""
    present, party = np.unique(book.site, return_inverse=True)
    shares = shapley(book._replace(site=party.astype(np.int64)), len(present), PERMUTATIONS, seed)
    share_ujpy, error_ujpy = np.zeros((2, sites), np.int64)
    share_ujpy[present], error_ujpy[present] = shares
    return Shares(share_ujpy, error_ujpy)


def _auctions(tx: Connection, ctx: TradeContext, slots: Sequence[int]) -> Iterator[Auction]:
    for slot in slots:
        traded = [each for each in trades.of_slot(tx, slot) if not each.early]
        if not traded or steps.find(tx, ctx.thread(slot), "stopped"):
            continue
        admitted = orders.admitted_of_slot(tx, slot)
        row, filled_wh = {order.id: at for at, order in enumerate(admitted)}, np.zeros(len(admitted), np.int64)
        for each in traded:
            filled_wh[[row[each.sell_order], row[each.buy_order]]] += each.energy_wh
        book, price = book_of(admitted, ctx.roster.position), site_prices(ctx, clearings.get(tx, slot))
        assert price is not None, "what traded has a price"
        yield Auction(slot, book, filled_wh, price[book.site])


def _root(square: int) -> int:
    """The square root, rounded up."""
    return isqrt(square - 1) + 1 if square else 0
