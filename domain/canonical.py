"""One way to write a record as bytes, so that everybody who hashes or signs it hashes the same bytes.

JSON in UTF-8, keys sorted, no spaces, integers only (a float has more than one spelling and no place in a record).
"""

import hashlib
import json
from typing import Any


def canonical_bytes(record: Any) -> bytes:
    """The record's only spelling. Raises TypeError on a float or on what JSON does not know."""
    _refuse_floats(record)
    return json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def digest(record: Any) -> str:
    """SHA-256 of the canonical bytes, 64 hex digits."""
    return hashlib.sha256(canonical_bytes(record)).hexdigest()


def _refuse_floats(record: Any) -> None:
    """Looks only into what can hold a float: records have hundreds of thousands of plain values."""
    if isinstance(record, dict):
        record = record.values()
    elif not isinstance(record, list | tuple):
        record = (record,)
    for value in record:
        kind = type(value)
        if kind is int or kind is str:
            continue
        if isinstance(value, float):
            raise TypeError(f"a record holds whole numbers and text, not the float {value!r}")
        if isinstance(value, dict | list | tuple):
            _refuse_floats(value)
