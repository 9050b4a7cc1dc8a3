"""What a bill needs of a pack: every value named that cannot be relied on, and a fee inside its bounds."""

from datetime import date

import pytest

from domain.errors import RuleValueUnusable
from policies.billing import billing_values
from policies.pack import RulePack, load_pack, pack_of

DAY = date(2026, 5, 20)
HEAD = """
id: own
version: "1"
jurisdiction: JP
extends: jp_demo
demonstration: true
label: {en: own, ja: own}
valid_from: 2026-04-01
valid_to: 2027-03-31
values:
"""


def own(*entries: str) -> RulePack:
    """The demonstration's pack with some values of its own."""
    return pack_of("own.yaml", HEAD + "".join(f"  {entry}\n" for entry in entries))


def entry(key: str, value: str, unit: str, confidence: str = "assumed", last: str = "2027-03-31") -> str:
    told = f"valid_from: 2026-04-01, valid_to: {last}, source: OPERATOR, confidence: {confidence}, note: a trial"
    return f'{key}: {{value: "{value}", unit: {unit}, {told}}}'


def test_the_real_pack_bills_nobody_and_names_why() -> None:
    """Every value of low confidence, out of date or good for estimates only is named, not the first of them."""
    with pytest.raises(RuleValueUnusable) as refused:
        billing_values(load_pack("jp"), "tokyo", DAY, plants=True)
    said = str(refused.value)
    for name in (
        "tokyo.wheeling is good for estimates",
        "platform_fee is of low",
        "tokyo.fuel_adjustment does not hold",
    ):
        assert f"rule value {name}" in said
    assert "tokyo.generator_charge_kw is missing" in said


def test_the_demonstration_bills_and_says_what_it_assumes() -> None:
    """Its values are labelled one by one; input credit and scarcity cap are those of the day."""
    values = billing_values(load_pack("jp_demo"), "tokyo", DAY, plants=True)
    assert str(values["wheeling"].confidence) == "assumed"
    assert (values["input_credit"].value, values["scarcity_cap"].value) == (800_000, 200_000)
    later = billing_values(load_pack("jp_demo"), "tokyo", date(2026, 10, 1), plants=False)
    assert (later["input_credit"].value, later["scarcity_cap"].value) == (700_000, 300_000)
    assert "generator_charge_kw" not in later


@pytest.mark.parametrize("value", ["0.009", "0.031"])
def test_a_fee_outside_one_to_three_percent_stops_the_bill(value: str) -> None:
    """The bounds are values of the pack too."""
    with pytest.raises(RuleValueUnusable, match="outside platform_fee_least 10000 to platform_fee_most 30000"):
        billing_values(own(entry("platform_fee", value, "share")), "tokyo", DAY, plants=False)


def test_an_optional_charge_that_expired_stops_the_bill() -> None:
    """What a pack has must hold: an old basic charge is not charged and not forgotten either."""
    pack = own(entry("tokyo.basic", "311.75", "JPY/kW-month", last="2026-05-19"))
    with pytest.raises(RuleValueUnusable, match=r"tokyo\.basic does not hold on 2026-05-20"):
        billing_values(pack, "tokyo", DAY, plants=False)


def test_a_subsidy_comes_and_goes_with_its_dates() -> None:
    """Out of its dates there is none; inside them one that nobody vouches for stops the bill."""
    dated = own(entry("tokyo.subsidy", "2.50", "JPY/kWh", last="2026-05-20"))
    assert billing_values(dated, "tokyo", DAY, plants=False)["subsidy"].value == 2_500
    assert "subsidy" not in billing_values(dated, "tokyo", date(2026, 5, 21), plants=False)
    doubtful = own(entry("tokyo.subsidy", "2.50", "JPY/kWh", confidence="low"))
    with pytest.raises(RuleValueUnusable, match=r"tokyo\.subsidy is of low confidence"):
        billing_values(doubtful, "tokyo", DAY, plants=False)
