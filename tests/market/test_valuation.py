"""What deals are worth, against sums written out by hand, and how far to concede by when."""

import numpy as np
import pytest
from deals import AGENDA, STACK, roof, shop
from hypothesis import given
from hypothesis import strategies as st

from domain.order import Side
from domain.quantity import PPM
from domain.tariff import RetailTariff
from market.negotiation.agenda import Agenda, Issue, Offer
from market.negotiation.concession import conceded_ppm
from market.negotiation.trade_off import alternatives
from market.negotiation.valuation import gains_ujpy, reservation_price, utility_price

OFFERS = st.builds(Offer, *(st.sampled_from(issue.values) for issue in AGENDA.issues))


@given(OFFERS)
def test_a_buyer_gains_what_the_utility_would_have_cost(offer: Offer) -> None:
    """Slot by slot: saved at the tariff, paid delivered, plus expected penalties; the mean rounded down."""
    price, volume, tenor, flexibility, penalty = offer
    total = 0
    for need in (560, 800, 1_040):
        taken = min(max(need, volume * (1_000 - flexibility) // 1_000), volume)
        total += min(taken, need) * 34_000 - taken * STACK.delivered(price) + volume * 50 // 1_000 * penalty
    by_hand = total // 3 * 300 * tenor - 1_000_000 * tenor**2
    assert gains_ujpy(AGENDA, shop(commitment_ujpy=1_000_000))[AGENDA.place_of(offer)] == by_hand


@given(OFFERS)
def test_a_seller_gains_over_the_buy_back_less_penalties(offer: Offer) -> None:
    """Slot by slot: the margin on what it delivers, less the penalty on what it does not."""
    price, volume, tenor, flexibility, penalty = offer
    called, total = volume * (1_000_000 - flexibility * 500) // 1_000_000, 0
    for surplus in (630, 900, 1_170):
        delivered = min(called, surplus)
        total += delivered * (price - 8_500) - (called - delivered) * penalty
    assert gains_ujpy(AGENDA, roof())[AGENDA.place_of(offer)] == total // 3 * 300 * tenor


@given(OFFERS)
def test_places_and_offers_are_each_others_inverse(offer: Offer) -> None:
    """Row and column name one offer, in the order of the mixes."""
    mix, price = AGENDA.place_of(offer)
    assert AGENDA.offer_at(mix, price) == offer
    assert list(AGENDA.mixes())[mix] == offer[1:]


@given(OFFERS, st.sampled_from(Side), st.integers(0, 20_000_000))
def test_the_reservation_price_is_the_worst_that_still_pays(offer: Offer, side: Side, least_ujpy: int) -> None:
    """At it the gain is enough, one step beyond it is not; without any, no price of the agenda is enough."""
    table = gains_ujpy(AGENDA, shop() if side == Side.BUY else roof())
    row = table[AGENDA.place_of(offer)[0]]
    found = reservation_price(AGENDA, table, side, offer, least_ujpy)
    enough = [price for price, gain in zip(AGENDA.issues[0].values, row, strict=True) if gain >= least_ujpy]
    assert found == (None if not enough else min(enough) if side == Side.SELL else max(enough))


def test_the_utility_price_follows_the_tier_of_each_month() -> None:
    """The mean over the quantiles' tiers, rounded down."""
    tariff = RetailTariff(((120, 20_000), (300, 26_000), (None, 30_001)), 8_500)
    assert utility_price(tariff, np.array([[100, 110], [100, 200], [290, 301]])).tolist() == [20_000, 23_000, 28_000]


@given(st.integers(2, 60), st.integers(1, 9), st.integers(0, 3))
def test_concession_rises_from_nothing_to_everything(rounds: int, power: int, halvings: int) -> None:
    """It never falls; Boulware stays below the line, a conceder above."""
    given_up = [conceded_ppm(at, rounds, power, halvings) for at in range(1, rounds + 1)]
    assert (given_up[0], given_up[-1]) == (0, PPM)
    assert given_up == sorted(given_up)
    line = [PPM * at // (rounds - 1) for at in range(rounds)]
    if halvings == 0:
        assert all(part <= straight for part, straight in zip(given_up, line, strict=True))
    if power == 1:
        assert all(part >= straight for part, straight in zip(given_up, line, strict=True))


def test_impossible_agendas_and_rounds_are_refused() -> None:
    """No values, no rounds, oneself as the other: an error at once."""
    for wrong in (lambda: Issue(0, 0), lambda: Issue(0, 1, 0), lambda: conceded_ppm(0, 5), lambda: conceded_ppm(6, 5)):
        with pytest.raises(ValueError, match=r"issue|round"):
            wrong()
    with pytest.raises(ValueError, match="itself"):
        Agenda("x", "a", "a", AGENDA.issues, 300, 5)


@given(st.integers(-1, 39), st.integers(-5_000_000, 30_000_000), st.integers(1, 24))
def test_alternatives_reach_the_target_by_as_little_as_they_can(near: int, target: int, count: int) -> None:
    """Each offer is the cheapest of its mix that reaches the target, no mix comes twice, the nearest is first."""
    table, places = gains_ujpy(AGENDA, roof()), AGENDA.places()
    found = alternatives(table, places, target, near, np.ones(4, np.int64), count, 3)
    mixes, prices = found.tolist()
    assert len(set(mixes)) == len(mixes) <= count
    for mix, price in zip(mixes, prices, strict=True):
        assert table[mix, price] == min(gain for gain in table[mix] if gain >= target)
    possible = [mix for mix in range(len(table)) if table[mix].max() >= target]
    assert bool(possible) == bool(mixes)
    if near >= 0 and mixes:
        distances = ((places - places[near]) ** 2).sum(axis=1)
        assert distances[mixes[0]] == min(distances[mix] for mix in possible)
