"""JSON from strangers, read as strictly as JSON is: what it leaves open, two readers would understand differently."""

import json
from typing import Any

from domain.nesting import BRACKETS_MAX, LEVELS_MAX, nested_too_deep, too_many_brackets


def parse(body: bytes) -> Any:
    """The body as Python values. Raises ValueError on NaN and infinities, repeated keys, what is too nested or has too
    many lists and objects, and what is not UTF-8 or not JSON at all."""
    text = body.decode()
    if too_many_brackets(text):
        raise ValueError(f"more than {BRACKETS_MAX} lists and objects")
    if nested_too_deep(text):
        raise ValueError(f"lists and objects stand in one another more than {LEVELS_MAX} deep")
    return json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_once)


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice in one object")
    return found
