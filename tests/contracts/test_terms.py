"""Contract terms: what they hold, what they hide, and which of them are standard."""

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.template import STANDARD_CLAUSES, STANDARD_TEMPLATE, TENOR_DAYS_MAX, VALUE_UJPY_MAX
from contracts.terms import Deal, Frame, Terms, is_standard, price_layers, proposal_terms, slot_terms, term_digest
from domain.canonical import canonical_bytes, digest
from domain.tariff import PriceStack

STACK = PriceStack(
    wheeling=9440, levy=4180, capacity=1800, imbalance=1000, service=1500, loss_ppm=69_000, fee_ppm=22_000
)
FRAME = Frame(
    market="jp.tokyo.lv",
    area="03",
    slot_length_min=30,
    retailer_id="R1",
    retailer_registration="A0001",
    pack_id="jp_demo",
    pack_digest="0" * 64,
    stack=STACK,
    label="demonstration: not for billing",
    salt_key=b"a key of the platform",
)
YEAR_SLOTS = 365 * 48
SHOP = Deal(
    id="P1",
    slot_first=988_000,
    slot_end=988_000 + YEAR_SLOTS,
    seller_site="S001",
    buyer_site="S044",
    energy_wh=30_000_000,
    price_mjpy_per_kwh=14_000,
    seller_area="03",
    buyer_area="03",
)


def trade_terms(trade_id: str = "T1", **changes: Any) -> Terms:
    fields: dict[str, Any] = {"slot": 988_000, "seller_site": "S001", "buyer_site": "S044"}
    fields |= {"energy_wh": 420, "price_mjpy_per_kwh": 9_500} | changes
    return slot_terms(FRAME, trade_id=trade_id, **fields)


def test_the_terms_of_a_trade_have_one_known_digest() -> None:
    """The bytes that everybody hashes are an interface: a change of them is a new version of the terms."""
    assert term_digest(trade_terms()) == "1f0ef04de65909225446cf82138f6591418aef481c82e3b66715b085f53a583f"


def test_a_trades_value_is_exact_and_its_layers_add_up() -> None:
    """Wh x mJPY/kWh = uJPY without rounding; what a buyer pays is the sum of the layers named."""
    terms = trade_terms()
    assert terms["value_ujpy"] == 420 * 9_500
    layers = terms["price_layers_mjpy_per_kwh"]
    assert sum(amount for layer, amount in layers.items() if layer != "delivered") == layers["delivered"]


@given(st.integers(0, 60_000), st.integers(-20_000, 20_000), st.integers(-20_000, 20_000))
def test_layers_add_up_at_every_price(price: int, congestion: int, difference: int) -> None:
    """Every layer is rounded on its own, so no mJPY is lost between them, whatever a line or a wish adds."""
    difference = min(difference, price)
    layers = price_layers(STACK, price, max(congestion, difference - price), difference)
    assert sum(layers.values()) == 2 * layers["delivered"]


@given(st.integers(0, 60_000), st.integers(0, 20_000))
def test_a_premium_bears_no_losses_and_no_fee(node_price: int, premium: int) -> None:
    """The seller gets all of it, the buyer pays no more than it: what others charge stands on the node's price."""
    plain, with_it = price_layers(STACK, node_price, 0, 0), price_layers(STACK, node_price + premium, 0, premium)
    changed = {name: with_it[name] - plain[name] for name in plain if with_it[name] != plain[name]}
    assert changed == ({"seller": premium, "delivered": premium} if premium else {})


def test_terms_hold_whole_numbers_and_text_and_name_people_only_by_site() -> None:
    """Terms have one spelling as canonical JSON, and the salt's key is no part of them or of the frame's picture."""
    spelled = canonical_bytes(trade_terms()).decode()
    assert FRAME.salt_key.decode() not in spelled
    assert FRAME.salt_key.decode() not in repr(FRAME)


def test_two_trades_of_the_same_pair_at_the_same_price_are_two_contracts() -> None:
    """A digest names one contract: the deal's id and its salt tell two otherwise equal trades apart."""
    first, second = trade_terms("T1"), trade_terms("T2")
    assert first["salt"] != second["salt"]
    assert term_digest(first) != term_digest(second)
    assert trade_terms("T1") == first


def test_a_digest_cannot_be_found_by_guessing_without_the_platforms_key() -> None:
    """The public digest of few guessable fields is salted; another key gives another digest."""
    frame = dataclasses.replace(FRAME, salt_key=b"another key")
    guess = slot_terms(
        frame,
        trade_id="T1",
        slot=988_000,
        seller_site="S001",
        buyer_site="S044",
        energy_wh=420,
        price_mjpy_per_kwh=9_500,
    )
    assert term_digest(guess) != term_digest(trade_terms("T1"))


def test_a_trade_of_one_slot_on_the_template_is_standard() -> None:
    """What the auction makes is of the standard class, whatever a trigger later says of it."""
    assert is_standard(trade_terms())


@pytest.mark.parametrize(
    ("change", "standard"),
    [
        ({}, False),  # 30,000 kWh x 14 JPY = 420,000 JPY is above the class
        ({"energy_wh": 20_000_000}, True),
        ({"energy_wh": 20_000_000, "slot_end": SHOP.slot_first + 48 * (TENOR_DAYS_MAX + 1)}, False),
        ({"energy_wh": 20_000_000, "buyer_area": "06"}, False),
        ({"energy_wh": 20_000_000, "voltage_class": "HV"}, False),
        ({"energy_wh": 20_000_000, "support_scheme": "fit"}, False),
        ({"energy_wh": 20_000_000, "support_scheme": "post_fit"}, True),
        ({"energy_wh": 20_000_000, "extra_clauses": ("price indexed to spot",)}, False),
        ({"energy_wh": 20_000_000, "template": "f" * 64}, False),
    ],
)
def test_a_bilateral_deal_is_standard_only_inside_the_class(change: dict[str, Any], standard: bool) -> None:
    """Standard: the template with nothing added, one area, low voltage, no support, a year, the class's value."""
    assert is_standard(proposal_terms(FRAME, dataclasses.replace(SHOP, **change))) is standard


def test_the_class_holds_up_to_and_including_its_value() -> None:
    """The limit itself is inside."""
    at_limit = dataclasses.replace(SHOP, energy_wh=VALUE_UJPY_MAX // 10_000, price_mjpy_per_kwh=10_000)
    assert is_standard(proposal_terms(FRAME, at_limit))
    assert not is_standard(proposal_terms(FRAME, dataclasses.replace(at_limit, price_mjpy_per_kwh=10_001)))


def test_the_template_is_named_by_its_clauses() -> None:
    """A changed clause is another template, so a contract on it is no longer standard."""
    assert digest(STANDARD_CLAUSES) == STANDARD_TEMPLATE
    assert digest(STANDARD_CLAUSES | {"exit_fee_ujpy": 1}) != STANDARD_TEMPLATE


@pytest.mark.parametrize("change", [{"energy_wh": 0}, {"price_mjpy_per_kwh": -1}, {"buyer_site": "S001"}])
def test_an_impossible_deal_is_no_contract(change: dict[str, Any]) -> None:
    """No energy, a negative price or a sale to oneself never reaches a document."""
    with pytest.raises(ValueError, match=r"deal has energy|sell to itself"):
        trade_terms(**change)
    with pytest.raises(ValueError, match="one slot or more"):
        dataclasses.replace(SHOP, slot_end=SHOP.slot_first)
