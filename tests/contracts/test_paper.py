"""Contracts as people read them: complete without a model, whole in both languages, the same bytes each time."""

import io
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from papers import STATED, TERMS, VALUES
from pypdf import PdfReader

from contracts.paper.document import Page, page
from contracts.paper.field import fields, sections, typed_values, value_faults
from contracts.paper.free_text import FreeText, Origin
from contracts.paper.kind import KINDS, Value, read_quantity
from contracts.paper.paper_template import INDIVIDUAL, MASTER, NAMES, PRE_CONTRACT, read_template, template
from contracts.paper.pdf import pdf, pictures
from contracts.paper.special_terms import special_terms
from contracts.template import STANDARD_CLAUSES
from domain.corporate_number import check_digit
from domain.errors import InputRefused

GOLDEN = Path(__file__).parent / "golden" / "papers"
LANGUAGES = ("ja", "en")
LABEL = "demonstration: not for billing"


def made(name: str, language: str) -> Page:
    values = {} if name == MASTER else VALUES
    return page(template(name), values, special_terms(VALUES) if name == INDIVIDUAL else None, language, LABEL)


def text_of(content: bytes) -> str:
    return re.sub(r"\s+", "", "".join(each.extract_text() for each in PdfReader(io.BytesIO(content)).pages))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_a_paper_says_what_its_golden_says(name: str, language: str) -> None:
    """Every word of a paper is an interface: whoever changes one sees it here, and the template's digest too."""
    golden = json.loads((GOLDEN / f"{name}-{language}.json").read_text(encoding="utf-8"))
    assert made(name, language) == golden


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pdf_holds_every_clause_and_every_value(language: str) -> None:
    """What is typeset is what was put together: nothing falls off a page."""
    made_page, content = made(INDIVIDUAL, language), pdf(made(INDIVIDUAL, language))
    printed = text_of(content)
    for article in made_page["articles"]:
        assert re.sub(r"\s+", "", article["head"]) in printed
    for label, value in [*made_page["cover"], *made_page["layers"]]:
        assert re.sub(r"\s+", "", value) in printed, label
    assert pictures(made_page)[0].startswith(b"\x89PNG")


def test_equal_input_gives_equal_bytes_in_another_process_too() -> None:
    """No clock, machine or order of things enters a PDF."""
    program = (
        "import hashlib, sys; sys.path.append('tests/contracts'); from test_paper import INDIVIDUAL, made, pdf; "
        "print(hashlib.sha256(pdf(made(INDIVIDUAL, 'ja'))).hexdigest())"
    )
    said = {subprocess.check_output([sys.executable, "-c", program], text=True) for _ in range(2)}
    assert len(said) == 1
    assert pdf(made(INDIVIDUAL, "ja")) == pdf(made(INDIVIDUAL, "ja"))


def test_contracts_have_twelve_articles_in_the_order_of_the_fields() -> None:
    """Individual contract and master terms alike."""
    assert len(sections()) == 12
    for name in (INDIVIDUAL, MASTER):
        assert [each.section for each in template(name).articles] == list(sections())


def test_every_field_that_must_stand_on_a_contract_does() -> None:
    """A field that every paper must state is stated by the cover, the example, a clause of it, or its pre-contract."""
    clauses = [each["ja"] for name in (INDIVIDUAL, PRE_CONTRACT) for a in template(name).articles for each in a.clauses]
    shown = {label for label, _ in [*made(INDIVIDUAL, "ja")["cover"], *made(INDIVIDUAL, "ja")["layers"]]}
    silent = [
        field.key
        for field in fields().values()
        if field.must and field.label["ja"] not in shown and not any(f"{{{field.key}}}" in each for each in clauses)
    ]
    assert silent == ["pack_digest"]  # by its id; the digest is part of the terms, and so of the content


def test_the_master_terms_stand_in_every_standard_contract() -> None:
    """Their digest is one of the standard clauses, so the root of a slot stands for the words of the master terms."""
    assert STANDARD_CLAUSES["master_terms"] == template(MASTER).digest


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("en: Parties", "en: ''", "missing_translation"),
        ("{seller_name} (site", "Somebody (site", "translations_differ"),
        ("{contract_w}", "{contract_mj}", "unknown_field"),
        ("section: risk", "section: luck", "wrong_articles"),
    ],
)
def test_a_template_at_fault_is_refused_whole(old: str, new: str, code: str) -> None:
    """A translation missing, fields that differ, a field nobody knows, an article too few: said at once."""
    content = (Path("contracts/paper/templates/individual.yaml")).read_text(encoding="utf-8")
    assert old in content
    with pytest.raises(InputRefused) as refused:
        read_template(INDIVIDUAL, content.replace(old, new).encode())
    assert code in {each.code for each in refused.value.faults}


def test_values_at_fault_come_back_all_at_once() -> None:
    """Check digits, areas, missing and unknown fields, words and forms."""
    broken: dict[str, Value] = {
        **VALUES,
        "buyer_corporate_number": "8123456789012",
        "seller_invoice_number": "1234567890123",
        "buyer_supply_point": "11" + "2" * 20,
        "intermediary": "friend",
        "energy_wh": "12 kWh",
        "moon": "full",
    }
    broken = {key: value for key, value in broken.items() if key != "due_days"}
    assert {(each.where, each.code) for each in value_faults(broken)} == {
        ("buyer_corporate_number", "wrong_value"),
        ("seller_invoice_number", "wrong_value"),
        ("buyer_supply_point", "wrong_value"),
        ("intermediary", "wrong_value"),
        ("energy_wh", "wrong_value"),
        ("moon", "unknown_field"),
        ("due_days", "missing"),
    }
    other_area = {**VALUES, "buyer_supply_point": "06" + "2" * 20}
    assert [each.code for each in value_faults(other_area)] == ["wrong_area"]


@given(st.text("0123456789", min_size=12, max_size=12))
def test_a_corporate_number_counts_by_its_check_digit_only(base: str) -> None:
    """Of the nine numbers before these twelve digits exactly one is a corporate number."""
    good = [first for first in range(1, 10) if fields()["buyer_corporate_number"].fault(f"{first}{base}") is None]
    assert good == [check_digit(base)]


@given(st.integers(1, 10**11))
def test_a_quantity_is_read_back_as_it_is_written(amount: int) -> None:
    """In both languages, exactly: nothing is rounded on paper."""
    for kind in ("energy_wh", "price_mjpy_per_kwh", "money_ujpy", "power_w", "share_permille", "days"):
        for language in LANGUAGES:
            assert read_quantity(kind, KINDS[kind].written(amount, language)) == amount


def test_a_unit_that_nobody_knows_is_a_fault_and_never_a_guess() -> None:
    """Typed particulars: known units count, others are named."""
    values, faults = typed_values({"contract_w": "6 kW", "volume_wh": "12 MJ", "due_days": "30"})
    assert values == {"contract_w": 6_000}
    assert [(each.where, each.code) for each in faults] == [("volume_wh", "unknown_unit"), ("due_days", "unknown_unit")]


def test_text_of_a_party_is_labelled_and_shown_as_text() -> None:
    """Whose words they are stands on the paper; a field's name or Typst's own code in a name stays what it is."""
    note = FreeText("買い手は静かな時間を望む。", "The buyer would rather have quiet hours.", Origin.PARTY)
    hostile = {**VALUES, "seller_name": '{price_mjpy_per_kwh} #read("/etc/passwd") #{sys.inputs}'}
    made_page = page(template(INDIVIDUAL), hostile, note, "en")
    assert "party's own text" in made_page["origin"]
    assert "{price_mjpy_per_kwh} #read(" in made_page["articles"][0]["clauses"][0]
    assert '#read("/etc/passwd")' in text_of(pdf(made_page))


def test_what_terms_say_themselves_no_particular_can_change() -> None:
    """A stated price, site or energy is overruled by the terms."""
    assert STATED.keys().isdisjoint({"price_mjpy_per_kwh", "seller_site", "energy_wh"})
    assert VALUES["price_mjpy_per_kwh"] == TERMS["price_mjpy_per_kwh"]
    assert VALUES["energy_wh"] == TERMS["energy_wh"]
