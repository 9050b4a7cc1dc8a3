"""Facts as a reader sees them: units written out, secrets and hashes withheld, everything bounded.

A model is shown this and nothing else, so every number it may rightly use stands here, already in yen and kWh: a
model that need not convert a unit has no reason to compute.
"""

import re
import unicodedata
from decimal import Decimal
from typing import Any

TEXT_LENGTH_MAX = 600
ENTRIES_MAX = 60
DEPTH_MAX = 8

UNITS: dict[str, tuple[int, str]] = {
    "_mjpy_per_kwh": (1_000, "JPY/kWh"),
    "_ujpy": (1_000_000, "JPY"),
    "_wh": (1_000, "kWh"),
    "_w": (1_000, "kW"),
    "_ppm": (10_000, "%"),
    "_permille": (10, "%"),
}
WITHHELD = re.compile(
    r"secret|salt|password|token|credential|private|signature|(^|_)(key|keys|digest|hash|proof)$", re.I
)


def readable(facts: Any, depth: int = 0) -> Any:
    """The facts for reading, of the same shape: ``{"value_ujpy": 420000000000}`` gives ``{"value": "420,000 JPY"}``.

    Names that speak of secrets, signatures and hashes are left out; text is cleaned and cut at 600 characters, lists
    and objects at 60 entries, nesting at 8 levels. This is a second fence: a caller passes no secrets at all.
    """
    if depth > DEPTH_MAX:
        return "…"
    if isinstance(facts, dict):
        shown = [(str(name), value) for name, value in facts.items() if not WITHHELD.search(str(name))]
        return dict(_named(name, value, depth) for name, value in shown[:ENTRIES_MAX])
    if isinstance(facts, list | tuple):
        return [readable(entry, depth + 1) for entry in facts[:ENTRIES_MAX]]
    return facts if isinstance(facts, bool | int) or facts is None else clean(str(facts), TEXT_LENGTH_MAX)


def with_unit(value: int, divisor: int, unit: str) -> str:
    """``24.85 JPY/kWh`` of 24850 and 1000: exact, never rounded."""
    amount = Decimal(value) / divisor
    written = f"{amount:,f}"
    return f"{written.rstrip('0').rstrip('.') if '.' in written else written} {unit}"


def clean(text: str, length_max: int) -> str:
    """One line of text without control or formatting characters, cut at ``length_max`` characters."""
    kept = "".join(char if unicodedata.category(char)[0] != "C" else " " for char in text)
    line = " ".join(kept.split())
    return line if len(line) <= length_max else line[: length_max - 1] + "…"


def _named(name: str, value: Any, depth: int) -> tuple[str, Any]:
    for suffix, (divisor, unit) in UNITS.items():
        if name.endswith(suffix) and type(value) is int:
            return name.removesuffix(suffix), with_unit(value, divisor, unit)
    return clean(name, 60), readable(value, depth + 1)
