"""Free text against the terms: what they say may be said in any writing, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from papers import VALUES

from contracts.paper.document import page
from contracts.paper.free_text import FreeText, Origin, differences
from contracts.paper.kind import KINDS
from contracts.paper.paper_template import INDIVIDUAL, template
from contracts.paper.special_terms import special_terms
from domain.errors import InputRefused


@pytest.mark.parametrize(
    "text",
    [
        "The buyer pays 14 JPY/kWh, which is 14,000 mJPY/kWh, for 30 MWh over 365 days.",
        "買い手は佐藤 太陽光に14円/kWhを払い、令和8年5月20日から10:00、10時30分に受け取る。",
        "受渡しは2026年5月20日に始まり、予定は30,000kWh、一コマは420Whである。",
        "Delivery begins on 20 May 2026 at 10:30; 0.42 kWh a slot, of which 10 percent may be left.",
        "１４円／kWh、１３か月以内に訂正する。",
    ],
)
def test_what_the_terms_say_may_be_said_in_other_units_and_writings(text: str) -> None:
    """Full-width digits, eras, thousands, kWh for Wh: the same figure is the same figure."""
    assert differences(text, VALUES) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The buyer pays 15 JPY/kWh.", "number 15 JPY/kWh"),
        ("The term is 14 months.", "number 14 months"),
        ("The price is 365 JPY/kWh.", "number 365 JPY/kWh"),
        ("受渡しは令和8年5月21日に始まる。", "date 2026-05-21"),
        ("It begins on 20 June 2026.", "date 2026-06-20"),
        ("受渡しは13:00に始まる。", "time 13:00"),
        ("売り手は田中様とする。", "party 田中様"),
        ("The energy goes to Tanaka Trading Ltd.", "party Tanaka Trading Ltd"),
        ("The buyer pays it to Tanaka.", "party Tanaka"),
        ("Deliver it to S099 instead.", "party S099"),
        ("価格は半額とする。", "number in words 半額"),
        ("三割を引く。", "number in words 三"),
        ("The seller pays double.", "number in words double"),
        ("See https://example.org for the price.", "markup https:"),
        ('#read("/etc/passwd")', "markup #read("),
        ("ok\u202e", "character U+202E"),
        ("x" * 1_201, "length 1201"),
    ],
)
def test_what_the_terms_do_not_say_is_a_difference(text: str, found: str) -> None:
    """Numbers with their units, dates, times, parties, numbers in words, markup, invisible characters, length."""
    assert found in differences(text, VALUES)


def test_a_neighbour_who_is_no_side_is_a_difference_by_name() -> None:
    """Names of the register that are no side of this contract have no place in it."""
    assert differences("受渡しは山田太郎に行う。", VALUES, ["山田太郎"]) == ["party 山田太郎"]


@given(st.integers(1, 10**7), st.sampled_from(["price_mjpy_per_kwh", "energy_wh", "days", "money_ujpy"]))
def test_an_altered_figure_never_passes(amount: int, kind: str) -> None:
    """Any quantity of any kind passes exactly when the terms have it in its kind."""
    held = {value for key, value in VALUES.items() if type(value) is int and key.endswith(kind)}
    for language in ("ja", "en"):
        found = differences(KINDS[kind].written(amount, language), VALUES)
        assert (found == []) == (amount in held or (kind == "energy_wh" and amount in {1_000, 420, 30_000_000}))


def test_the_templates_own_words_pass_the_check_too() -> None:
    """The stand-in for a model would be let through if a model had written it."""
    said = special_terms(VALUES)
    assert differences(said.ja, VALUES) == differences(said.en, VALUES) == []


def test_a_paper_with_a_difference_is_refused_in_either_language() -> None:
    """One wrong figure in one language refuses the whole paper, whichever is printed."""
    text = FreeText("単価は14円/kWhとする。", "The price is 41 JPY/kWh.", Origin.MODEL)
    with pytest.raises(InputRefused) as refused:
        page(template(INDIVIDUAL), VALUES, text, "ja")
    assert {each.code for each in refused.value.faults} == {"differs_from_terms"}
    assert any("41 JPY/kWh" in each.message for each in refused.value.faults)
