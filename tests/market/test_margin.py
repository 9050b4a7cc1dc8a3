"""Whose orders bound a price, found without asking the auction."""

from collections import Counter

from books import CORRIDOR, book_of, books
from hypothesis import given

from domain.order import Book, Order, Side
from market.auction.clearing import clear
from market.auction.matching import pair
from services.telling.margin import Bound, margin

BUY, SELL = int(Side.BUY), int(Side.SELL)


def orders_of(book: Book) -> list[Order]:
    """The rows of a book as orders, named by their row."""
    columns = (book.site, book.side, book.limit_mjpy_per_kwh, book.energy_wh, book.entered)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return [
        Order(str(row), 0, f"S{site}", Side(side), limit, energy_wh, entered)
        for row, (site, side, limit, energy_wh, entered) in enumerate(rows)
    ]


def filled_of(book: Book) -> Counter[str]:
    """What each order traded, added up over the trades."""
    filled: Counter[str] = Counter()
    for sell, buy, energy_wh in zip(*map(list, pair(book, clear(book, CORRIDOR).filled_wh)), strict=True):
        filled.update({str(sell): int(energy_wh), str(buy): int(energy_wh)})
    return filled


@given(books())
def test_the_margin_found_from_trades_is_the_interval_of_the_auction(book: Book) -> None:
    """Two ways to the same bounds: the auction's own, and what orders and trades show afterwards."""
    interval = clear(book, CORRIDOR).interval
    if interval is not None:
        low, high = margin(orders_of(book), filled_of(book))
        assert (low.limit_mjpy_per_kwh, high.limit_mjpy_per_kwh) == interval


def test_each_bound_says_what_its_order_does() -> None:
    """A buyer who goes without holds the price up; a seller who is filled in part holds it on both sides."""
    left_wanting = book_of((BUY, 15_000, 5), (BUY, 12_000, 5), (SELL, 9_000, 5))
    assert margin(orders_of(left_wanting), filled_of(left_wanting)) == (
        Bound("buyer_left_out", 12_000),
        Bound("buyer_served", 15_000),
    )
    in_part = book_of((BUY, 15_000, 5), (SELL, 9_000, 9))
    assert margin(orders_of(in_part), filled_of(in_part)) == (
        Bound("seller_needed", 9_000),
        Bound("seller_left_out", 9_000),
    )
