"""The price stack, the tariff's tiers and the corridor."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.quantity import PPM
from domain.tariff import Corridor, PriceStack, RetailTariff

layer = st.integers(0, 20_000)
stacks = st.builds(
    PriceStack, layer, layer, layer, layer, layer, loss_ppm=st.integers(0, 200_000), fee_ppm=st.integers(0, 100_000)
)
prices = st.integers(0, 100_000)


@given(stacks, prices)
def test_a_delivered_price_is_the_sum_of_its_layers_each_rounded_half_up(stack: PriceStack, price: int) -> None:
    """Law: losses are price x loss / (1 - loss) and the fee price x fee, each half up; the parts add up."""
    losses = Fraction(price * stack.loss_ppm, PPM - stack.loss_ppm)
    fee = Fraction(price * stack.fee_ppm, PPM)
    assert stack.losses(price) == (losses + Fraction(1, 2)).__floor__()
    assert stack.fee(price) == (fee + Fraction(1, 2)).__floor__()
    assert stack.delivered(price) == price + stack.losses(price) + stack.fee(price) + stack.adders


@given(stacks, prices)
def test_a_delivered_price_rises_with_the_price(stack: PriceStack, price: int) -> None:
    """Law: a seller who asks more never makes it cheaper."""
    assert stack.delivered(price) < stack.delivered(price + 1)


@given(stacks, prices)
def test_the_cap_is_the_highest_price_that_costs_no_more(stack: PriceStack, alternative: int) -> None:
    """Law: at the cap the buyer loses nothing, one milli-yen above it does; -1 when even zero costs more."""
    cap = stack.cap(alternative)
    assert cap == -1 or stack.delivered(cap) <= alternative
    assert stack.delivered(cap + 1) > alternative


@given(st.lists(st.integers(1, 500), min_size=1, max_size=4, unique=True), st.data())
def test_a_home_pays_the_tier_of_its_monthly_use(bounds: list[int], data: st.DataObject) -> None:
    """Law: the first tier whose bound is not below the use; a bound belongs to its own tier, the last has none."""
    bounds.sort()
    tariff = RetailTariff((*((bound, bound * 10) for bound in bounds), (None, 9_999)), 8_500)
    use_kwh = data.draw(st.integers(0, 600))
    expected = next((bound * 10 for bound in bounds if use_kwh <= bound), 9_999)
    assert tariff.marginal(use_kwh) == expected


@given(prices, prices, prices)
def test_a_corridor_holds_what_lies_between_its_ends(one: int, other: int, price: int) -> None:
    """Law: both ends belong to it."""
    floor, cap = sorted((one, other))
    assert Corridor(floor, cap).contains(price) is (floor <= price <= cap)
    assert Corridor(floor, cap).contains(floor)
    assert Corridor(floor, cap).contains(cap)


def test_an_empty_corridor_is_refused() -> None:
    """A floor above the cap serves nobody."""
    with pytest.raises(ValueError, match="corridor is empty"):
        Corridor(2, 1)
