"""The fence between what a model was shown and what it says."""

import json

from hypothesis import given
from hypothesis import strategies as st

from gateways.llm.facts import DEPTH_MAX, clean, readable, with_unit
from gateways.llm.speech import invented, numbers

amounts = st.integers(0, 10**15)


@given(st.dictionaries(st.sampled_from(["a_wh", "b_ujpy", "c_mjpy_per_kwh", "d_ppm", "slot"]), amounts))
def test_what_was_shown_may_be_said(facts: dict[str, int]) -> None:
    """Every number of the readable facts passes, in the very spelling that was shown."""
    shown = json.dumps(readable(facts))
    assert invented(" / ".join(str(value) for value in readable(facts).values()), shown) == []


@given(shown=st.sets(amounts, max_size=5), said=amounts)
def test_a_number_passes_only_if_it_was_shown(shown: set[int], said: int) -> None:
    """No number comes from nowhere."""
    text = " ".join(f"{number:,}" for number in shown)
    assert bool(invented(f"about {said} yen", text)) == (said not in shown)


def test_numbers_are_known_in_every_spelling() -> None:
    """Thousands, full-width digits and trailing zeros are spellings, not other numbers."""
    assert numbers("１，２３４.50") == numbers("1234.5") == numbers("1,234.500")


def test_small_words_are_numbers_too() -> None:
    """Two approvals are two approvals; half an hour is a slot, not a number."""
    assert invented("two approvals for half an hour", '{"approvals": 2}') == []
    assert invented("three approvals", '{"approvals": 2}') == ["three"]
    assert invented("二名の承認", '{"approvals": 2}') == []
    assert invented("三名の承認", '{"approvals": 2}') == ["三"]


def test_a_link_that_was_shown_may_be_said() -> None:
    """A source in the evidence may be named."""
    assert invented("see http: source", "http: source") == []
    assert invented("mail a@b.example", "nothing") == ["a@b.example"]


@given(st.integers(0, 10**18), st.sampled_from([10, 1_000, 1_000_000]))
def test_units_are_written_exactly(value: int, divisor: int) -> None:
    """Nothing rounds before the invoice, not even for a model."""
    (number,) = numbers(with_unit(value, divisor, "JPY"))
    assert number * divisor == value


@given(st.text())
def test_clean_text_is_one_bounded_line(text: str) -> None:
    """No control character, no hidden direction mark, no second line survives."""
    cleaned = clean(text, 40)
    assert len(cleaned) <= 40
    assert cleaned.isprintable()
    assert len(cleaned.splitlines()) <= 1


def test_facts_are_bounded() -> None:
    """A case cannot flood a prompt."""
    deep: object = "x"
    for _ in range(DEPTH_MAX + 5):
        deep = [deep]
    assert "…" in json.dumps(readable(deep), ensure_ascii=False)
    assert len(readable(list(range(500)))) == 60
    assert len(readable("x" * 5_000)) == 600
