"""The price corridor against worked figures of the Tokyo area and the other nine."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import RuleBroken, RuleValueUnusable
from domain.tariff import Corridor, PriceStack, RetailTariff
from policies.corridor import corridor, price_stack, reference_price, retail_tariff
from policies.pack import load_pack

DAY = date(2026, 5, 20)
PACK = load_pack("jp_demo")
STACK = price_stack(PACK, "tokyo", DAY)


def test_tokyos_layers_and_tiers_follow_from_the_demonstration_pack() -> None:
    """Adders 1.0 + 0.5 + 1.0 JPY and 2 % fee before tax; tiers 29.80, 36.40, 40.49 - 6.50 + 4.18."""
    stack, tariff = price_stack(PACK, "tokyo", DAY), retail_tariff(PACK, "tokyo", DAY)
    assert stack == PriceStack(9_440, 4_180, 1_100, 550, 1_100, 69_000, 22_000)
    assert tariff == RetailTariff(((120, 27_480), (300, 34_080), (None, 38_170)), 8_500)
    assert corridor(stack, tariff) == Corridor(8_500, 19_888)


@pytest.mark.parametrize(
    ("price", "losses", "fee", "delivered"),
    [(8_500, 630, 187, 25_687), (10_000, 741, 220, 27_331), (12_000, 889, 264, 29_523), (14_000, 1_038, 308, 31_716)],
)
def test_what_a_buyer_in_tokyo_pays(price: int, losses: int, fee: int, delivered: int) -> None:
    """The worked stack of FY2026: 25.69, 27.33, 29.52 and 31.72 JPY/kWh at the buyer's meter."""
    assert (STACK.losses(price), STACK.fee(price), STACK.delivered(price)) == (losses, fee, delivered)


@pytest.mark.parametrize(
    ("area", "floor", "cap"),
    [
        ("hokkaido", 8_000, 12_140),
        ("tohoku", 9_000, 11_540),
        ("tokyo", 8_500, 13_350),
        ("chubu", 7_000, 12_770),
        ("hokuriku", 8_000, 13_370),
        ("kansai", 8_000, 13_970),
        ("chugoku", 7_150, 12_540),
        ("shikoku", 7_000, 12_550),
        ("kyushu", 7_000, 12_360),
        ("okinawa", 7_700, 10_270),
    ],
)
def test_the_corridor_against_a_tariff_of_31_yen_in_every_area(area: str, floor: int, cap: int) -> None:
    """Caps as worked out by hand with two decimals of a yen."""
    found = corridor(price_stack(PACK, area, DAY), RetailTariff(((None, 31_000),), PACK.value(f"{area}.buyback", DAY)))
    assert found.floor == floor
    assert abs(found.cap - cap) <= 6


@pytest.mark.parametrize(("tier", "cap"), [(27_480, 10_140), (34_080, 16_160), (38_170, 19_890)])
def test_each_tier_has_its_own_cap(tier: int, cap: int) -> None:
    """A small user gains less: its marginal tier decides, not an average."""
    assert abs(STACK.cap(tier) - cap) <= 6


@given(st.integers(26_000, 60_000))
def test_at_the_cap_nobody_pays_more_and_one_milliyen_above_everybody_does(alternative: int) -> None:
    """The cap is the highest price at which neighbourhood power costs no more than the utility's."""
    cap = STACK.cap(alternative)
    assert STACK.delivered(cap) <= alternative < STACK.delivered(cap + 1)


def test_where_no_price_serves_both_sides_there_is_no_corridor() -> None:
    """A utility so cheap that wheeling and levy eat the difference leaves nothing to trade."""
    with pytest.raises(RuleBroken, match="no price serves both sides"):
        corridor(STACK, RetailTariff(((None, 20_000),), 8_500))


def test_the_real_pack_gives_neither_stack_nor_tariff() -> None:
    """A value that cannot be vouched for stops trading and names itself."""
    with pytest.raises(RuleValueUnusable, match="consumption_tax"):
        price_stack(load_pack("jp"), "tokyo", DAY)
    with pytest.raises(RuleValueUnusable, match=r"tokyo.tier1_upto"):
        retail_tariff(load_pack("jp"), "tokyo", DAY)


@given(st.integers(0, 300_000), st.none() | st.integers(8_500, 19_888))
def test_the_reference_lies_inside_the_corridor(wholesale: int, own: int | None) -> None:
    """A reference outside would call every lawful price a deviation."""
    bounds = Corridor(8_500, 19_888)
    assert bounds.contains(reference_price(PACK, DAY, bounds, wholesale, own))


def test_the_reference_is_midway_between_the_market_and_the_neighbourhood() -> None:
    """10 JPY with tax is 11; with a median of 13 the reference is 12; without one the corridor's middle stands in."""
    bounds = Corridor(8_500, 19_888)
    assert reference_price(PACK, DAY, bounds, 10_000, 13_000) == 12_000
    assert reference_price(PACK, DAY, bounds, 10_000, None) == (11_000 + 14_194) // 2
