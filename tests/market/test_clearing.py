"""Laws of the call auction, and its welfare against a linear program."""

from itertools import islice

import numpy as np
import pytest
from books import CORRIDOR, book_of, books, random_book
from hypothesis import given, settings
from scipy.optimize import linprog

from benchmarks.linear_program import fuzzed_books, welfare_by_program
from domain.errors import InputRefused
from domain.order import Book, Side
from domain.tariff import Corridor
from market.auction.clearing import clear

BUY, SELL = Side.BUY, Side.SELL


def least_cost(cost: np.ndarray, book: Book) -> int:
    """The optimum of the linear program over all ways to fill a book, bought equal to sold. It is a whole number."""
    if not len(book.site):
        return 0
    sign = np.where(book.side == BUY, 1.0, -1.0)
    bounds = np.stack((np.zeros(len(sign)), book.energy_wh), axis=1)
    return round(float(linprog(cost, A_eq=sign[None], b_eq=[0.0], bounds=bounds, method="highs").fun))


def test_welfare_is_the_linear_programs_on_ten_thousand_books() -> None:
    """Welfare equals the optimum exactly, in micro-yen, on 10,000 books with few and many ties of price and arrival."""
    stream, cleared = fuzzed_books(10_000, 2, CORRIDOR), 0
    while batch := list(islice(stream, 200)):
        assert [clear(book, CORRIDOR).welfare_ujpy for book in batch] == welfare_by_program(batch)
        cleared += len(batch)
    assert cleared == 10_000


def test_volume_is_the_greatest_among_welfare_optima() -> None:
    """A linear program that wants volume after welfare trades as much: units that are worth the same to both trade."""
    chance, narrow = np.random.default_rng(3), Corridor(10, 20)
    for _ in range(300):
        book = random_book(chance, 10, narrow, prices=3)
        clearing = clear(book, narrow)
        weight = 1 + int(book.energy_wh.sum())
        cost = np.where(book.side == BUY, -weight * book.limit_mjpy_per_kwh - 1, weight * book.limit_mjpy_per_kwh)
        assert weight * clearing.welfare_ujpy + clearing.volume_wh == -least_cost(cost.astype(float), book)


@settings(deadline=None)
@given(books())
def test_what_is_bought_is_sold(book: Book) -> None:
    """Budget balance: filled bids are filled asks, so at one price what buyers pay is what sellers get."""
    clearing = clear(book, CORRIDOR)
    assert clearing.filled_wh[book.side == BUY].sum() == clearing.volume_wh
    assert clearing.filled_wh[book.side == SELL].sum() == clearing.volume_wh
    assert np.all(clearing.filled_wh >= 0)
    assert np.all(clearing.filled_wh <= book.energy_wh)


@settings(deadline=None)
@given(books())
def test_nobody_trades_beyond_the_own_limit(book: Book) -> None:
    """The price lies in the corridor and its interval, no filled order is worse than its limit, and nobody who would
    have gained at the price is left unfilled."""
    clearing, limits = clear(book, CORRIDOR), book.limit_mjpy_per_kwh
    price, interval = clearing.price_mjpy_per_kwh, clearing.interval
    if price is None or interval is None:
        assert not clearing.filled_wh.any()
        return
    assert CORRIDOR.contains(price)
    assert interval[0] <= price <= interval[1]
    is_bid, filled = book.side == BUY, clearing.filled_wh > 0
    assert np.all(limits[filled & is_bid] >= price)
    assert np.all(limits[filled & ~is_bid] <= price)
    gains = np.where(is_bid, limits > price, limits < price)
    assert np.array_equal(clearing.filled_wh[gains], book.energy_wh[gains])


@settings(deadline=None)
@given(books())
def test_without_a_trade_no_bid_reaches_an_ask(book: Book) -> None:
    """No price means that every bid lies below every ask."""
    if clear(book, CORRIDOR).price_mjpy_per_kwh is None:
        bids, asks = (book.limit_mjpy_per_kwh[book.side == side] for side in (BUY, SELL))
        assert not bids.size or not asks.size or bids.max() < asks.min()


@settings(deadline=None)
@given(books())
def test_the_order_of_rows_does_not_matter(book: Book) -> None:
    """Orders bring their own turn: the same orders in other rows are filled alike, at the same price."""
    turned = Book(*(column[::-1] for column in book))
    straight, reverse = clear(book, CORRIDOR), clear(turned, CORRIDOR)
    assert np.array_equal(straight.filled_wh, reverse.filled_wh[::-1])
    assert straight._replace(filled_wh=reverse.filled_wh) == reverse


def test_the_margin_is_filled_in_part_and_priced_between() -> None:
    """gsy-framework's counter-example: bids of 1.0 at 30 and at 20 against 1.5 at 10 trade 1.5, at the lower bid."""
    clearing = clear(book_of((BUY, 30, 1_000), (BUY, 20, 1_000), (SELL, 10, 1_500)), Corridor(5, 40))
    assert clearing.filled_wh.tolist() == [1_000, 500, 1_500]
    assert (clearing.price_mjpy_per_kwh, clearing.welfare_ujpy) == (20, 1_000 * 30 + 500 * 20 - 1_500 * 10)


def test_the_price_is_the_middle_of_its_interval() -> None:
    """Half of what is gained goes to each side of the margin; an odd milli-yen goes to the buyer."""
    clearing = clear(book_of((BUY, 31, 1_000), (BUY, 12, 500), (SELL, 10, 1_000), (SELL, 28, 500)), Corridor(5, 40))
    assert clearing.interval == (12, 28)
    assert clearing.price_mjpy_per_kwh == 20
    assert clear(book_of((BUY, 31, 1), (SELL, 10, 1)), Corridor(5, 40)).price_mjpy_per_kwh == 20


def test_among_equals_who_came_first_trades_first() -> None:
    """A tie of price goes to the earlier arrival, a tie of arrival to the earlier row."""
    book = book_of((SELL, 10, 5), (SELL, 10, 5), (SELL, 10, 5), (BUY, 12, 6))
    assert clear(book, Corridor(5, 40)).filled_wh.tolist() == [5, 1, 0, 6]
    later_first = book._replace(entered=np.array([3, 2, 1, 0]))
    assert clear(later_first, Corridor(5, 40)).filled_wh.tolist() == [0, 1, 5, 6]
    together = book._replace(entered=np.zeros(4, np.int64))
    assert clear(together, Corridor(5, 40)).filled_wh.tolist() == [5, 1, 0, 6]


def test_books_with_one_side_or_none_clear_to_nothing() -> None:
    """Nobody to trade with is not an error: no price, no fills, no welfare."""
    for book in (book_of(), book_of((BUY, 20, 5)), book_of((SELL, 10, 5), (SELL, 11, 5))):
        clearing = clear(book, Corridor(5, 40))
        assert clearing.filled_wh.tolist() == [0] * len(book.side)
        assert (clearing.price_mjpy_per_kwh, clearing.welfare_ujpy, clearing.interval) == (None, 0, None)


def test_a_million_orders_at_one_price_fill_by_arrival() -> None:
    """One level holds the whole book: the first asks to arrive are filled, the last of them in part."""
    count = 1_000_000
    entered = np.random.default_rng(5).permutation(count)
    side = (entered % 4 != 0).astype(np.int64)
    book = Book(np.arange(count), side, np.full(count, 10_000), np.full(count, 3), entered)
    clearing = clear(book, CORRIDOR)
    assert (clearing.price_mjpy_per_kwh, clearing.volume_wh, clearing.welfare_ujpy) == (10_000, 750_000, 0)
    asks = entered[(side == SELL) & (clearing.filled_wh > 0)]
    assert asks.max() < entered[(side == SELL) & (clearing.filled_wh == 0)].min()


def test_prices_however_far_apart_clear_alike() -> None:
    """A corridor as wide as int64 is ranked, not counted, and fills as the same book in small numbers does."""
    wide, narrow = Corridor(-(2**62), 2**62), Corridor(0, 40)
    small = book_of((BUY, 30, 1), (SELL, 10, 1), (SELL, 20, 1), (BUY, 20, 1), (BUY, 0, 1))
    far = small._replace(limit_mjpy_per_kwh=(small.limit_mjpy_per_kwh - 20) * 2**56)
    assert np.array_equal(clear(far, wide).filled_wh, clear(small, narrow).filled_wh)


@settings(deadline=None)
@given(books())
def test_a_tick_keeps_the_price_on_it(book: Book) -> None:
    """Limits on a tick give a price on it, still inside the interval."""
    clearing = clear(book, CORRIDOR, tick_mjpy_per_kwh=500)
    if clearing.price_mjpy_per_kwh is None or clearing.interval is None:
        assert clearing.volume_wh == 0
        return
    assert clearing.price_mjpy_per_kwh % 500 == 0
    assert clearing.interval[0] <= clearing.price_mjpy_per_kwh <= clearing.interval[1]


def test_a_book_with_faults_is_not_cleared() -> None:
    """The auction itself refuses what it cannot clear exactly."""
    with pytest.raises(InputRefused, match="one Wh or more"):
        clear(book_of((BUY, 9_000, 0)), CORRIDOR)
