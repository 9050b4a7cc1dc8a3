"""The schemas of tools, in the part of JSON Schema that common clients accept, and the check of what comes in.

Flat objects: text, whole numbers, true or false, choices as text, and lists of flat objects in answers. No references,
no alternatives, no null: what is not known is left out.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from domain.errors import Fault

Schema = dict[str, Any]
WHOLE_MAX = 2**53 - 1
TEXT_MAX = 200
PLAIN = re.compile(r"[^\x00-\x1f\x7f]*")


def text(description: str, most: int = TEXT_MAX) -> Schema:
    """Text without control characters."""
    return {"type": "string", "description": description, "maxLength": most}


def choice(description: str, *values: str) -> Schema:
    """One of some words."""
    return {"type": "string", "description": description, "enum": list(values)}


def whole(description: str, least: int = 0, most: int = WHOLE_MAX) -> Schema:
    """A whole number within bounds."""
    return {"type": "integer", "description": description, "minimum": least, "maximum": most}


def yes_no(description: str) -> Schema:
    """True or false."""
    return {"type": "boolean", "description": description}


def flat(properties: Mapping[str, Schema], optional: Sequence[str] = ()) -> Schema:
    """An object of these fields and no others."""
    required = [name for name in properties if name not in optional]
    return {
        "type": "object", "properties": dict(properties), "required": required, "additionalProperties": False,
    }  # fmt: skip


def listing(description: str, properties: Mapping[str, Schema], optional: Sequence[str] = ()) -> Schema:
    """A list of flat objects."""
    return {"type": "array", "description": description, "items": flat(properties, optional)}


def faults(schema: Schema, given: Mapping[str, Any]) -> list[Fault]:
    """Everything that is wrong with a tool's arguments; each message says what to send instead."""
    known = schema["properties"]
    found = [
        Fault(name[:40], "unknown_field", f"there is no such field; send {', '.join(known) or 'none'}")
        for name in sorted(set(given) - set(known))
    ]
    found += [
        Fault(name, "missing", f"send {name}: {known[name]['description']}")
        for name in schema["required"]
        if name not in given
    ]
    wrong = ((name, _wrong(field, given[name])) for name, field in known.items() if name in given)
    return found + [Fault(name, "wrong_value", said) for name, said in wrong if said]


def _wrong(field: Schema, value: Any) -> str:
    """What to send instead of a value, empty when it is good. True is no number here, though Python takes it for 1."""
    if field["type"] == "integer":
        good = isinstance(value, int) and not isinstance(value, bool) and field["minimum"] <= value <= field["maximum"]
        return "" if good else f"send a whole number from {field['minimum']} to {field['maximum']}"
    if field["type"] == "boolean":
        return "" if isinstance(value, bool) else "send true or false"
    if "enum" in field:
        return "" if isinstance(value, str) and value in field["enum"] else f"send one of {', '.join(field['enum'])}"
    good = isinstance(value, str) and 0 < len(value) <= field["maxLength"] and PLAIN.fullmatch(value) is not None
    return "" if good else f"send text of 1 to {field['maxLength']} characters, without control characters"
