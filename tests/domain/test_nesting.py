"""What may be nested, and what counts as nesting."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.nesting import BRACKETS_MAX, LEVELS_MAX, nested_too_deep, too_many_brackets

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=50,
)


def depth(value: Any) -> int:
    """Lists and objects around the innermost value."""
    if not isinstance(value, list | dict):
        return 0
    inner = value.values() if isinstance(value, dict) else value
    return 1 + max(map(depth, inner), default=0)


@given(PLAIN, st.integers(0, 2 * LEVELS_MAX))
def test_only_what_stands_in_one_another_counts(value: Any, more: int) -> None:
    """Brackets in text are text, and however many stand side by side they are one level."""
    for _ in range(more):
        value = [value, "]}" * LEVELS_MAX]
    assert nested_too_deep(json.dumps(value)) == (depth(value) > LEVELS_MAX)


@pytest.mark.parametrize("before", ["", '"', '"\\', '"\\"', "\\", '"a": ', "[]" * 100])
def test_a_text_that_is_no_json_is_read_as_far_as_a_reader_would(before: str) -> None:
    """Where a text is broken a JSON reader stops; nothing deep before that place escapes."""
    assert nested_too_deep("[" * (LEVELS_MAX + 1) + before)
    assert nested_too_deep("[" * (LEVELS_MAX + 1) + before + "]" * 100)


@given(st.integers(0, BRACKETS_MAX + 1), st.booleans())
def test_lists_and_objects_are_counted_wherever_they_stand(objects: int, more: bool) -> None:
    """Both kinds together, up to the bound and not one further."""
    text = "{" * objects + "[" * (BRACKETS_MAX - objects + more)
    assert too_many_brackets(text) == (text.count("[") + text.count("{") > BRACKETS_MAX)
