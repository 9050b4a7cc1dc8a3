"""One spelling for a record, so that a hash means its content."""

import hashlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.canonical import canonical_bytes, digest

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(values)
def test_a_record_comes_back_from_its_bytes_and_has_one_spelling(record: Any) -> None:
    """Law: the bytes are the record, and writing what was read gives the same bytes."""
    written = canonical_bytes(record)
    assert json.loads(written) == record
    assert canonical_bytes(json.loads(written)) == written


@given(st.dictionaries(st.text(), values, min_size=2, max_size=5), st.randoms(use_true_random=False))
def test_the_order_in_which_fields_were_put_in_changes_nothing(record: dict[str, Any], chance: Any) -> None:
    """Law: keys are sorted."""
    names = list(record)
    chance.shuffle(names)
    assert digest({name: record[name] for name in names}) == digest(record)


@given(values, values)
def test_different_records_have_different_digests(one: Any, other: Any) -> None:
    """Law: bytes are equal only when the JSON is; True is not 1."""
    same = canonical_bytes(one) == canonical_bytes(other)
    assert same is (digest(one) == digest(other))
    assert not same or one == other


@given(values, st.floats())
def test_a_float_is_refused_wherever_it_hides(record: Any, number: float) -> None:
    """It has more than one spelling; a whole one too, and those that are no numbers."""
    for hidden in (number, [record, number], {"a": {"b": [record, (number,)]}}):
        with pytest.raises(TypeError, match="float"):
            canonical_bytes(hidden)


def test_the_bytes_are_sorted_tight_utf8() -> None:
    """A golden record, spelt out and hashed by hand."""
    record = {"b": 1, "a": ["電力", None, True], "A": ""}
    expected = '{"A":"","a":["電力",null,true],"b":1}'.encode()
    assert canonical_bytes(record) == expected
    assert digest(record) == hashlib.sha256(expected).hexdigest()


def test_what_json_does_not_know_is_refused() -> None:
    """Bytes and sets have no spelling here."""
    for unknown in (b"x", {1}, object()):
        with pytest.raises(TypeError):
            canonical_bytes({"a": unknown})
