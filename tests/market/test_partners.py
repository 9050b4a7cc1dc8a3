"""Laws of pairing by neighbourhood and wish, against linear programs over all trade lists."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from books import CORRIDOR, book_of, random_book
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from domain.order import Book, Column, Side
from domain.place import Places
from domain.preference import NONE, Bond, Preferences
from domain.tariff import Corridor
from domain.trade import Deals
from market.auction.clearing import clear
from market.auction.inspection import wish_faults
from market.auction.partners import pair_by_wish

SITES = 12
Joins = Callable[[int, int], bool]


class Scene(NamedTuple):
    """A cleared book with what stands beside it."""

    book: Book
    filled_wh: Column
    price_mjpy_per_kwh: int
    places: Places
    wished: Preferences


def scene(seed: int, *, wishes: bool) -> Scene:
    """Up to twelve orders under up to four transformers on two feeders; without wishes only local first remains."""
    chance = np.random.default_rng(seed)
    book = random_book(chance, SITES, CORRIDOR, prices=4)
    book = book._replace(energy_wh=chance.integers(1, 9, len(book.site)))
    transformer, orders = chance.integers(0, 4, SITES), len(book.site)
    nobody = np.full(orders, NONE)
    wished = Preferences(
        chance.integers(NONE, SITES, orders) if wishes else nobody,
        chance.integers(NONE, 2, orders) if wishes else nobody,
        chance.integers(0, 2, orders),
        chance.integers(0, 4_000, orders),
    )
    cleared = clear(book, CORRIDOR)
    return Scene(
        book, cleared.filled_wh, cleared.price_mjpy_per_kwh or 0, Places(transformer, transformer // 2), wished
    )


def traded_wh(deals: Deals, orders: int) -> Column:
    """What each order trades over all of its deals."""
    of_order_wh = np.zeros(orders, np.int64)
    np.add.at(of_order_wh, deals.trades.sell_order, deals.trades.energy_wh)
    np.add.at(of_order_wh, deals.trades.buy_order, deals.trades.energy_wh)
    return of_order_wh


def most_wh(book: Book, left_wh: Column, worth: Callable[[int, int], int], *, whole: bool) -> int:
    """The most that any trade list is worth, by linear program. whole: all that is left has to be traded."""
    sells, buys = (np.flatnonzero(book.side == side).tolist() for side in (Side.SELL, Side.BUY))
    pairs = [(sell, buy) for sell in sells for buy in buys]
    if not pairs:
        return 0
    rows = np.array([[order in pair for pair in pairs] for order in range(len(book.site))], float)
    cost = [-float(worth(*pair)) for pair in pairs]
    limits = {"A_eq": rows, "b_eq": left_wh} if whole else {"A_ub": rows, "b_ub": left_wh}
    return -round(float(linprog(cost, method="highs", **limits).fun))


def rounds(of: Scene) -> Iterator[Joins]:
    """Whom each round may join, told pair by pair from the words of the rule."""
    site, wished, (transformer, feeder) = of.book.site, of.wished, of.places

    def near(sell: int, buy: int) -> bool:
        return bool(transformer[site[sell]] == transformer[site[buy]])

    def on_line(sell: int, buy: int) -> bool:
        return bool(feeder[site[sell]] == feeder[site[buy]])

    def partner(sell: int, buy: int) -> bool:
        return bool(wished.partner[buy] == site[sell])

    def source(sell: int, buy: int) -> bool:
        return bool(wished.source[buy] == wished.source[sell] != NONE)

    def local(sell: int, buy: int) -> bool:
        return bool(wished.local_first[buy]) and near(sell, buy)

    yield lambda sell, buy: local(sell, buy) and partner(sell, buy)
    yield lambda sell, buy: local(sell, buy) and source(sell, buy)
    yield local
    yield partner
    yield lambda sell, buy: source(sell, buy) and near(sell, buy)
    yield lambda sell, buy: source(sell, buy) and on_line(sell, buy)
    yield source
    yield near
    yield on_line
    yield lambda _sell, _buy: True


def paired(of: Scene) -> Deals:
    """The deals of a scene."""
    return pair_by_wish(of.book, of.filled_wh, of.price_mjpy_per_kwh, of.places, of.wished)


@settings(deadline=None)
@given(st.integers(0, 2**32))
def test_fills_stay_and_every_wh_is_dealt_once(seed: int) -> None:
    """Over the deals of an order the energy is what the auction filled; no deal is empty or superfluous."""
    of = scene(seed, wishes=True)
    deals = paired(of)
    assert not wish_faults(of.book, of.places, of.wished)
    assert np.array_equal(traded_wh(deals, len(of.book.site)), of.filled_wh)
    assert np.all(of.book.side[deals.trades.sell_order] == Side.SELL)
    assert np.all(of.book.side[deals.trades.buy_order] == Side.BUY)
    assert np.all(deals.trades.energy_wh > 0)
    assert len(deals.bond) <= max(int(np.count_nonzero(of.filled_wh)) - 1, 0)


@settings(deadline=None)
@given(st.integers(0, 2**32))
def test_a_premium_keeps_to_cap_and_limit_and_pays_for_a_wish(seed: int) -> None:
    """The least of what the buyer would pay and what the limit leaves; nothing where no wish is met."""
    of = scene(seed, wishes=True)
    deals = paired(of)
    sells, buys = deals.trades.sell_order, deals.trades.buy_order
    room = of.book.limit_mjpy_per_kwh[buys] - of.price_mjpy_per_kwh
    place = of.places.transformer[of.book.site]
    is_met = of.wished.partner[buys] == of.book.site[sells]
    is_met |= (of.wished.source[buys] == of.wished.source[sells]) & (of.wished.source[buys] != NONE)
    is_met |= (of.wished.local_first[buys] == 1) & (place[buys] == place[sells])
    due = np.where(is_met, np.minimum(of.wished.premium_max_mjpy_per_kwh[buys], room), 0)
    assert np.array_equal(deals.premium_mjpy_per_kwh, due)


def test_locality_is_the_linear_programs_on_three_hundred_books() -> None:
    """Without wishes for partner or source the energy under one transformer, then that on one feeder, is the most of
    all trade lists with the same fills."""
    for seed in range(300):
        of = scene(seed, wishes=False)
        near, line = of.places.transformer[of.book.site], of.places.feeder[of.book.site]
        weight = 1 + int(of.filled_wh.sum())

        def worth(sell: int, buy: int, near: Column = near, line: Column = line, weight: int = weight) -> int:
            return weight * int(near[sell] == near[buy]) + int(line[sell] == line[buy])

        sells, buys, energy_wh = paired(of).trades
        found = sum(map(lambda s, b, wh: worth(s, b) * wh, sells, buys, energy_wh.tolist()))
        assert found == most_wh(of.book, of.filled_wh, worth, whole=True)


def test_each_round_takes_all_it_can_on_a_hundred_books() -> None:
    """After the rounds before it, no trade list has more of what a round is about: against a linear program a round."""
    met = 0
    for seed in range(100):
        of = scene(seed, wishes=True)
        trades, left_wh = paired(of).trades, of.filled_wh.copy()
        waiting = list(zip(*(column.tolist() for column in trades), strict=True))
        for joins in rounds(of):
            here = [deal for deal in waiting if joins(deal[0], deal[1])]
            waiting = [deal for deal in waiting if not joins(deal[0], deal[1])]
            total_wh = sum(wh for _, _, wh in here)
            assert total_wh == most_wh(of.book, left_wh, joins, whole=False)
            for sell, buy, wh in here:
                left_wh[[sell, buy]] -= wh
            met += total_wh
        assert not left_wh.any()
    assert met > 0


@settings(deadline=None)
@given(st.integers(0, 2**32))
def test_the_same_orders_make_the_same_deals(seed: int) -> None:
    """Deals follow from orders, places and wishes, not from the rows they stand in."""
    of = scene(seed, wishes=True)
    last = len(of.book.site) - 1
    turned = Scene(
        Book(*(column[::-1] for column in of.book)),
        of.filled_wh[::-1],
        of.price_mjpy_per_kwh,
        of.places,
        Preferences(*(column[::-1] for column in of.wished)),
    )
    straight, reverse = paired(of), paired(turned)
    assert np.array_equal(straight.trades.sell_order, last - reverse.trades.sell_order)
    assert np.array_equal(straight.trades.buy_order, last - reverse.trades.buy_order)
    assert np.array_equal(straight.premium_mjpy_per_kwh, reverse.premium_mjpy_per_kwh)
    assert np.array_equal(straight.bond, reverse.bond)


def test_who_pays_more_gets_the_partner_all_wish_for() -> None:
    """Two wish for the one seller next door to neither: the greater premium buys, the other finds someone near."""
    book = book_of((1, 10, 5), (0, 30, 5), (0, 28, 5), (1, 12, 5))
    places = Places(np.array([0, 1, 1, 1]), np.array([0, 0, 0, 0]))
    wished = Preferences(
        np.array([NONE, 0, 0, NONE]), np.full(4, NONE), np.zeros(4, np.int64), np.array([0, 3, 9, 0], np.int64)
    )
    cleared = clear(book, Corridor(5, 40))
    assert cleared.price_mjpy_per_kwh == 20
    deals = pair_by_wish(book, cleared.filled_wh, 20, places, wished)
    assert list(zip(*(column.tolist() for column in deals.trades), strict=True)) == [(0, 2, 5), (3, 1, 5)]
    assert deals.premium_mjpy_per_kwh.tolist() == [8, 0]
    assert deals.bond.tolist() == [Bond.PARTNER_WISH, Bond.TRANSFORMER]


def test_faults_of_places_and_wishes_come_all_at_once() -> None:
    """A transformer on two feeders, a site without a place, a partner nobody knows, a premium below zero."""
    book = book_of((1, 10, 5), (0, 30, 5), (0, 30, 5))
    places = Places(np.array([7, 7]), np.array([0, 1]))
    columns = ([NONE, 2, 0], [NONE, NONE, -2], [0, 2, 0], [0, -1, 0])
    wished = Preferences(*(np.array(column, np.int64) for column in columns))
    assert [fault.where for fault in wish_faults(book, places, wished)] == [
        "site[2]",
        "feeder[1]",
        "partner[1]",
        "source[2]",
        "local_first[1]",
        "premium_max_mjpy_per_kwh[1]",
    ]
    short = wished._replace(partner=np.array([0]))
    assert [fault.code for fault in wish_faults(book, places, short)] == ["unequal_length"]
