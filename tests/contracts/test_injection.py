"""What strangers write in names, notes, contract text and meter labels is data: a corpus of it reaches no effect.

Each entry of ``golden/injections.json`` (250, half Japanese) goes through every door of a contract; for each door there
is what the world looks like without it, and that is what it must look like with it.
"""

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from papers import VALUES
from pypdf import PdfReader
from test_terms import FRAME, SHOP

from contracts.paper.document import page
from contracts.paper.field import LANGUAGES, typed_values, value_faults
from contracts.paper.free_text import FreeText, Origin
from contracts.paper.paper_template import INDIVIDUAL, template
from contracts.paper.pdf import pdf
from contracts.paper.special_terms import special_terms
from contracts.paper.vocabulary import unfit
from contracts.terms import is_standard, proposal_terms
from domain.errors import InputRefused
from services.devices.device_registry import DEVICE_ID

CORPUS = json.loads((Path(__file__).parent / "golden/injections.json").read_text(encoding="utf-8"))
TEXTS = [each["text"] for each in CORPUS]
PLAIN = special_terms(VALUES)


def made(values: Any, free: FreeText = PLAIN) -> dict[str, Any]:
    return {language: page(template(INDIVIDUAL), values, free, language) for language in LANGUAGES}


def made_or_refused(free: FreeText) -> dict[str, Any]:
    """The contract with this free text; nothing when it was refused for what it adds."""
    try:
        return made(VALUES, free)
    except InputRefused:
        return {}


def test_the_corpus_is_as_large_as_it_says_and_in_both_languages() -> None:
    """At least 200 different ones, at least 100 a language."""
    assert len(set(TEXTS)) >= 200
    for language in LANGUAGES:
        assert sum(each["language"] == language for each in CORPUS) >= 100


def test_a_name_changes_nothing_but_the_name() -> None:
    """Figures, other clauses, layout and the free clause are those of any other name; too long a one is refused."""
    mark = "名前" * 10
    plain = made({**VALUES, "seller_name": mark})
    expected = {language: json.dumps(each["articles"]) for language, each in plain.items()}
    for text in TEXTS:
        values = {**VALUES, "seller_name": text}
        if value_faults(values):
            assert len(text) > 100
            continue
        for language, each in made(values).items():
            spelled = json.dumps(each["articles"])
            assert spelled == expected[language].replace(json.dumps(mark)[1:-1], json.dumps(text)[1:-1])


def test_a_name_is_typeset_as_text() -> None:
    """Typst reads nothing in it: each makes a PDF, of as many pages as any name, and the same twice."""
    pages = len(PdfReader(io.BytesIO(pdf(made(VALUES)["ja"]))).pages)
    for text in TEXTS[::5]:
        hostile = page(template(INDIVIDUAL), {**VALUES, "seller_name": text[:60], "buyer_name": text[:60]}, PLAIN, "ja")
        assert len(PdfReader(io.BytesIO(pdf(hostile))).pages) == pages


@pytest.mark.parametrize("origin", [Origin.MODEL, Origin.PARTY])
def test_free_text_adds_no_figure_and_no_party_and_wears_its_origin(origin: Origin) -> None:
    """A model's is refused whole: it may not even use such words. A party's stands as a party's, or is refused for
    what it adds; the rest of the contract is the same."""
    expected = made(VALUES)
    shown = 0
    for text in TEXTS:
        found = made_or_refused(FreeText(text, text, origin))
        shown += bool(found)
        for language, each in found.items():
            assert each["origin"]
            assert each["cover"] == expected[language]["cover"]
            others = [article for article in each["articles"] if text not in article["clauses"]]
            assert others == [article for at, article in enumerate(expected[language]["articles"]) if at != 2]
    assert shown == 0 or origin is Origin.PARTY


def test_a_model_that_says_it_is_not_believed_in_either_language() -> None:
    """Whatever a model was made to say, its clause is unfit; what the template says is not."""
    assert [each for each in CORPUS if not unfit(each["text"], each["language"], VALUES)] == []
    assert unfit(PLAIN.ja, "ja", VALUES) == unfit(PLAIN.en, "en", VALUES) == []


def test_text_in_a_contract_never_makes_it_standard() -> None:
    """Whoever adds words to a contract gets people to read them: it is no longer of the class that passes by rule."""
    for text in TEXTS:
        small = replace(SHOP, energy_wh=20_000_000)
        assert is_standard(proposal_terms(FRAME, small))
        assert not is_standard(proposal_terms(FRAME, replace(small, extra_clauses=(text,))))


def test_a_typed_particular_is_a_value_of_its_kind_or_a_fault() -> None:
    """A quantity, number, date or word never comes out of prose."""
    for text in TEXTS:
        for key in ("contract_w", "energy_wh", "due_days", "buyer_supply_point", "buyer_corporate_number", "area"):
            assert typed_values({key: text})[1], (key, text)
        assert typed_values({text: "6 kW"})[1]


def test_a_meter_label_is_an_id_or_it_is_refused() -> None:
    """No entry of the corpus can be the name of a device."""
    assert [text for text in TEXTS if DEVICE_ID.fullmatch(text)] == []
