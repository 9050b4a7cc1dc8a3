"""Laws of pairing filled orders into trades."""

import numpy as np
from books import CORRIDOR, book_of, books
from hypothesis import given, settings

from domain.order import Book, Side
from domain.tariff import Corridor
from market.auction.clearing import clear
from market.auction.matching import pair


@settings(deadline=None)
@given(books())
def test_the_trades_of_an_order_are_what_it_was_filled(book: Book) -> None:
    """Every filled Wh is in exactly one trade, between an ask and a bid; no trade is empty and none is superfluous."""
    filled_wh = clear(book, CORRIDOR).filled_wh
    trades = pair(book, filled_wh)
    of_order_wh = np.zeros(len(book.site), np.int64)
    np.add.at(of_order_wh, trades.sell_order, trades.energy_wh)
    np.add.at(of_order_wh, trades.buy_order, trades.energy_wh)
    assert np.array_equal(of_order_wh, filled_wh)
    assert np.all(book.side[trades.sell_order] == Side.SELL)
    assert np.all(book.side[trades.buy_order] == Side.BUY)
    assert np.all(trades.energy_wh > 0)
    assert len(trades.energy_wh) <= max(int(np.count_nonzero(filled_wh)) - 1, 0)


@settings(deadline=None)
@given(books())
def test_the_same_orders_find_the_same_partners(book: Book) -> None:
    """Pairs follow from the orders: in other rows the same pairs trade the same energy."""
    last = len(book.site) - 1
    turned = Book(*(column[::-1] for column in book))
    trades = pair(book, clear(book, CORRIDOR).filled_wh)
    reverse = pair(turned, clear(turned, CORRIDOR).filled_wh)
    assert np.array_equal(trades.sell_order, last - reverse.sell_order)
    assert np.array_equal(trades.buy_order, last - reverse.buy_order)
    assert np.array_equal(trades.energy_wh, reverse.energy_wh)


def test_the_best_bid_meets_the_best_ask() -> None:
    """Sellers and buyers lie along one line of energy, best first."""
    book = book_of((1, 12, 700), (1, 10, 400), (0, 20, 500), (0, 30, 600))
    trades = pair(book, clear(book, Corridor(5, 40)).filled_wh)
    rows = zip(trades.sell_order.tolist(), trades.buy_order.tolist(), trades.energy_wh.tolist(), strict=True)
    assert list(rows) == [(1, 3, 400), (0, 3, 200), (0, 2, 500)]
