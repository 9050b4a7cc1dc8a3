"""What the grid check found is kept without words, and a member whose order was cut is told by how much and why."""

import json

import numpy as np
import pytest

from domain.branch import Branch, Node
from domain.feeder import Feeder, feeder_of
from domain.order import Order, Side
from gateways.llm.sentences import sentences
from market.grid.ac_check import Finding, Violation
from market.grid.relief import Cut
from services.grid.grid_words import cut_facts, cut_record, cut_words, finding_record, finding_words

OWN = Order("o2", 1, "S2", Side.SELL, 9_000, 50_000, 0, firm=True)


def street() -> Feeder:
    return feeder_of([Node("bar"), Node("house")], [Branch("line 1", ("bar", "house"), 1_000)], ["bar"])


def cut(violation: Violation, *cut_wh: int) -> Cut:
    return Cut(Finding(0, 1, violation, 1_234, 1_000), np.array(cut_wh))


def test_the_record_of_a_cut_has_no_words() -> None:
    """Kind, place, value and what each order lost; it is plain JSON."""
    record = cut_record(street(), cut(Violation.OVERLOAD, 0, 700), ["o1", "o2"])
    kept = {"violation": "overload", "at": "line 1", "value_permille": 1_234, "allowed_permille": 1_000}
    assert json.loads(json.dumps(record)) == kept | {"cut_wh": {"o2": 700}}


@pytest.mark.parametrize("violation", Violation)
def test_each_kind_has_its_words_in_both_languages(violation: Violation) -> None:
    """The place and the value in percent stand in both; an overload names the branch, a voltage the node."""
    record = finding_record(street(), Finding(0, 1, violation, 1_234, 1_000))
    said = [finding_words(record, language) for language in ("ja", "en")]
    place = "line 1" if violation is Violation.OVERLOAD else "house"
    assert said[0] != said[1]
    assert [words for words in said if place not in words or "123.4 %" not in words] == []
    counted = [cut_words(record | {"cut_wh": {"o1": 5, "o2": 7}}, language) for language in ("ja", "en")]
    assert [words for words, plain in zip(counted, said, strict=True) if plain not in words or "2" not in words] == []


@pytest.mark.parametrize("violation", Violation)
def test_a_member_reads_from_what_to_what_its_order_was_cut_and_why(violation: Violation) -> None:
    """Cuts add up; the finding that took most of the order is the reason. Another member is told nothing."""
    other = Violation((violation + 1) % len(Violation))
    cuts = [cut_record(street(), each, ["o1", "o2"]) for each in (cut(other, 9, 10_000), cut(violation, 0, 28_000))]
    facts = cut_facts(cuts, [OWN])
    place = "line 1" if violation is Violation.OVERLOAD else "house"
    for language in ("ja", "en"):
        (said,) = sentences(facts, language)
        assert [word for word in ("50 kWh", "12 kWh", place, "123.4 %") if word not in said] == []
    assert cut_facts([cut_record(street(), cut(violation, 9, 0), ["o1", "o2"])], [OWN]) == {}
