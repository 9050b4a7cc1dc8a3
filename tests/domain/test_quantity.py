"""Energy, price and money: whole, with their units, exact."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.quantity import Energy, Money, Price, split_in_proportion

amounts = st.integers(0, 10**15)
signed = st.integers(-(10**18), 10**18)


@given(amounts, amounts)
def test_energy_times_price_is_money_exactly(wh: int, mjpy_per_kwh: int) -> None:
    """Law: the value in yen is the fraction Wh/1000 x mJPY/1000, nothing rounded, in either order."""
    value = Energy(wh) * Price(mjpy_per_kwh)
    assert Fraction(value.ujpy, 1_000_000) == Fraction(wh, 1_000) * Fraction(mjpy_per_kwh, 1_000)
    assert Price(mjpy_per_kwh) * Energy(wh) == value


@given(amounts, amounts, amounts)
def test_parts_of_energy_cost_what_the_whole_costs(one_wh: int, other_wh: int, mjpy_per_kwh: int) -> None:
    """Law: multiplication distributes, so a trade may be settled in pieces."""
    price = Price(mjpy_per_kwh)
    assert (Energy(one_wh) + Energy(other_wh)) * price == Energy(one_wh) * price + Energy(other_wh) * price


@given(signed, signed)
def test_money_is_a_group(one: int, other: int) -> None:
    """Law: what is added and taken away again leaves nothing; order does not matter."""
    assert Money(one) + Money(other) == Money(other) + Money(one)
    assert Money(one) + Money(other) - Money(other) == Money(one)
    assert Money(one) + -Money(one) == Money(0)


@given(st.integers(0, 10**9))
def test_a_price_comes_back_from_its_decimal_text(mjpy_per_kwh: int) -> None:
    """Law: text in yen with up to three decimals loses nothing."""
    assert Price.from_jpy(str(Decimal(mjpy_per_kwh) / 1_000)) == Price(mjpy_per_kwh)


def test_a_price_finer_than_a_milli_yen_is_refused() -> None:
    """Rounding it would be somebody's loss."""
    with pytest.raises(ValueError, match="three decimals"):
        Price.from_jpy("24.8505")


@pytest.mark.parametrize("kind", [Energy, Price, Money])
@pytest.mark.parametrize("wrong", [1.0, True, "1", None, Decimal(1)])
def test_only_whole_numbers_are_quantities(kind: Any, wrong: object) -> None:
    """A float has no place in money, and True is not one."""
    with pytest.raises(TypeError, match="whole number"):
        kind(wrong)


@pytest.mark.parametrize("kind", [Energy, Price])
def test_energy_and_price_are_never_negative(kind: Any) -> None:
    """A Side says the direction."""
    with pytest.raises(ValueError, match="never negative"):
        kind(-1)


@given(st.integers(-(10**15), 10**15), st.lists(st.integers(0, 10**9), min_size=1, max_size=20).filter(any))
def test_shares_add_up_and_are_fair_to_one(total: int, weights: list[int]) -> None:
    """Law: the shares sum to the total, and each is within one of the exact share; no weight gets nothing."""
    shares = split_in_proportion(total, weights)
    assert sum(shares) == total
    for share, weight in zip(shares, weights, strict=True):
        assert abs(share - Fraction(total * weight, sum(weights))) < 1
        assert weight or not share


@pytest.mark.parametrize("weights", [[], [0, 0], [2, -1]])
def test_weights_that_share_nothing_are_refused(weights: list[int]) -> None:
    """Nobody would get what is left."""
    with pytest.raises(ValueError, match="weights"):
        split_in_proportion(1, weights)
