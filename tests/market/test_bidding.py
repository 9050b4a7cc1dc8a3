"""Laws of the orders that follow from forecasts."""

from dataclasses import replace

import numpy as np
import pytest
from books import CORRIDOR
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.order import Column, Side
from domain.party import Mandate
from domain.site import Battery
from domain.tariff import PriceStack
from market.auction.admission import admit, mandate_columns
from market.auction.clearing import clear
from market.auction.matching import pair
from market.bidding import Range, Situation, bids, expected_position_wh

SITES, SLOTS = 12, 48
STACK = PriceStack(9_440, 4_180, 1_100, 550, 1_100, 69_000, 22_000)
BATTERIES = [
    (0, Battery(6_000, 1_500, 950, 600)),
    (3, Battery(20_000, 5_000, 950, 2_000)),
    (7, Battery(1_000, 250, 900)),
]


def spread(expected_wh: Column) -> Range:
    """A forecast with half and double as P10 and P90."""
    return Range(expected_wh // 2, expected_wh, 2 * expected_wh)


def situation_of(seed: int, slot: int = 988_000) -> Situation:
    """A dozen sites, three with batteries, some paused, at any time of a day."""
    chance = np.random.default_rng(seed)
    sun = np.clip(np.sin((np.arange(SLOTS) + chance.integers(48)) / 24 * np.pi), 0, None)
    size = np.array([2_000, 0, 0, 4_000, 1_500, 0, 0, 900, 0, 0, 700, 0])
    mandates = [
        Mandate(
            "", 1, 8_500 + 100 * int(chance.integers(20)), 15_000 + 100 * int(chance.integers(50)), 0, 3_000, at != 5
        )
        for at in range(SITES)
    ]
    stored_wh = np.array([int(chance.integers(battery.capacity_wh + 1)) for _, battery in BATTERIES])
    return Situation(
        slot=slot,
        load_wh=spread(chance.integers(0, 700, (SITES, SLOTS))),
        pv_wh=spread((size[:, None] * sun * chance.random((SITES, SLOTS))).astype(np.int64)),
        batteries=BATTERIES,
        stored_wh=Range(stored_wh * 9 // 10, stored_wh, stored_wh),
        mandates=mandate_columns(mandates),
        alternative_mjpy_per_kwh=chance.choice([27_480, 34_080, 38_170], SITES),
        stack=STACK,
        buyback_mjpy_per_kwh=8_500,
        corridor=CORRIDOR,
    )


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 100_000))
def test_every_order_is_admitted(seed: int) -> None:
    """Agents obey: what they offer lies inside mandate and corridor, on one side a site, and nobody paused trades."""
    situation = situation_of(seed)
    book, firm = bids(situation)
    assert not admit(book, situation.mandates, CORRIDOR).any()
    assert set(book.site[firm].tolist()) <= {site for site, _ in BATTERIES}
    assert sorted(book.entered.tolist()) == sorted(set(book.entered.tolist()))
    assert 5 not in book.site


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 100_000))
def test_no_buyer_pays_more_than_the_utility_asks(seed: int) -> None:
    """At its limit a bid costs, delivered, at most the site's own marginal tier; an ask earns the buy-back or more."""
    situation = situation_of(seed)
    book, _ = bids(situation)
    for site, side, limit in zip(book.site, book.side, book.limit_mjpy_per_kwh, strict=True):
        if side == Side.BUY:
            assert STACK.delivered(int(limit)) <= situation.alternative_mjpy_per_kwh[site]
        else:
            assert limit >= situation.buyback_mjpy_per_kwh


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 100_000))
def test_a_standard_order_is_the_expected_position(seed: int) -> None:
    """Surplus is asked for and need is bid for at what is expected, up to the largest order the mandate allows."""
    situation = situation_of(seed)
    book, firm = bids(situation)
    position_wh = expected_position_wh(situation)[:, 0]
    signed_wh = np.where(book.side == Side.SELL, book.energy_wh, -book.energy_wh)[~firm]
    assert np.array_equal(signed_wh, np.clip(position_wh, -3_000, 3_000)[book.site[~firm]])


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 100_000), st.lists(st.integers(-900, 900), min_size=SITES, max_size=SITES))
def test_beside_what_a_site_holds_it_orders_only_the_rest_and_on_the_same_side(seed: int, held: list[int]) -> None:
    """Law: held and standard order together are never more than expected; nobody stands on two sides of a slot."""
    situation, held_wh = situation_of(seed), np.array(held)
    book, firm = bids(replace(situation, held_wh=held_wh))
    signed_wh = np.where(book.side == Side.SELL, book.energy_wh, -book.energy_wh)
    assert not (signed_wh * held_wh[book.site] < 0).any()
    position_wh, site = expected_position_wh(situation)[:, 0], book.site[~firm]
    assert (np.abs(signed_wh[~firm]) <= np.abs(position_wh - held_wh)[site]).all()
    left = (np.abs(held_wh) < np.abs(position_wh)) & (held_wh * position_wh >= 0)
    assert set(site.tolist()) <= set(np.flatnonzero(left).tolist())


def test_the_same_situation_makes_the_same_orders() -> None:
    """Bidding has no memory of its own: a replay writes the same book."""
    first, again = bids(situation_of(7)), bids(situation_of(7))
    assert all(
        np.array_equal(one, other) for one, other in zip((*first[0], first[1]), (*again[0], again[1]), strict=True)
    )


def test_no_site_always_comes_first() -> None:
    """Among equal asks the lot of the slot decides: over many slots everybody is first about as often."""
    firsts = np.zeros(4)
    even = replace(
        situation_of(1),
        batteries=[],
        stored_wh=Range(*(np.zeros(0, np.int64) for _ in range(3))),
        load_wh=spread(np.zeros((4, SLOTS), np.int64)),
        pv_wh=spread(np.full((4, SLOTS), 500)),
        mandates=mandate_columns([Mandate("", 1, 8_500, 20_000, 0, 3_000)] * 4),
        alternative_mjpy_per_kwh=np.full(4, 38_170),
    )
    for slot in range(400):
        book, _ = bids(replace(even, slot=slot))
        firsts[book.site[book.entered.argmin()]] += 1
    assert firsts.min() > 70


def test_memory_of_high_prices_makes_batteries_wait() -> None:
    """What the price pattern says of the evening changes what a battery asks for at noon."""
    situation = situation_of(3)
    rich = Range(*(np.array([6_000, 20_000, 1_000]) for _ in range(3)))
    situation = replace(situation, stored_wh=rich, load_wh=spread(np.full((SITES, SLOTS), 20)))
    remembered = np.full(SLOTS, 19_000)
    limits = [
        int(book.limit_mjpy_per_kwh[firm].max())
        for book, firm in (bids(situation), bids(replace(situation, expected_price_mjpy_per_kwh=remembered)))
    ]
    assert limits[0] < limits[1]


def test_a_cheap_tier_without_a_price_does_not_bid() -> None:
    """A home whose utility is cheaper than any neighbour's delivered power stays with the utility."""
    situation = replace(situation_of(2), alternative_mjpy_per_kwh=np.full(SITES, 20_000))
    book, _ = bids(situation)
    assert not np.any(book.side == Side.BUY)


@pytest.mark.parametrize("seed", range(5))
def test_a_book_of_bids_clears_and_pairs(seed: int) -> None:
    """The orders of one slot go through the auction to trades between different sites."""
    book, _ = bids(situation_of(seed))
    clearing = clear(book, CORRIDOR)
    trades = pair(book, clearing.filled_wh)
    assert int(trades.energy_wh.sum()) == clearing.volume_wh
    assert not np.any(book.site[trades.sell_order] == book.site[trades.buy_order])
