"""A summary, claim by claim: each must point at evidence that bears it, or it is dropped. Arithmetic, no model.

A writer ends each point with what it rests on, as ``[E01]``. Here every point becomes a claim with the pieces it names
and a confidence: which part of its numbers and of its longer words stands in those pieces. A claim that names nothing,
names what is not there, or holds a number that its pieces do not, is not shown as a claim at all.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from services.cases.evidence import RULE

POINT = re.compile(r"^\d+\. (?P<text>.+) \[(?P<rests_on>[^\[\]]+)\]$")
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
WORD = re.compile(r"[^\W\d_]{4,}")
PERMILLE = 1_000


def claims_in(summary: str, evidence: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The claims that hold, in order: text, evidence (ids of pieces), confidence_permille."""
    bodies = {each["id"]: json.dumps(each["body"], ensure_ascii=False) for each in evidence.get("pieces", [])}
    points = (POINT.match(line) for line in summary.splitlines())
    claims = (_claim(point["text"], point["rests_on"], bodies) for point in points if point)
    return [each for each in claims if each is not None]


def _claim(text: str, rests_on: str, bodies: Mapping[str, str]) -> dict[str, Any] | None:
    named = [name if name in bodies else f"{RULE}:{name}" for name in map(str.strip, rests_on.split(","))]
    if any(name not in bodies for name in named):
        return None
    shown = " ".join(bodies[name] for name in named)
    if not _numbers(text) <= _numbers(shown):
        return None
    return {"text": text, "evidence": named, "confidence_permille": _confidence(text, shown)}


def _confidence(text: str, shown: str) -> int:
    """The part of the text's longer words that stand in the evidence, rounded down; all of them when there are none."""
    words, known = set(WORD.findall(text.lower())), set(WORD.findall(shown.lower()))
    return PERMILLE * len(words & known) // len(words) if words else PERMILLE


def _numbers(text: str) -> set[str]:
    """The numbers as written, without the marks between thousands."""
    return {found.replace(",", "").rstrip(".") for found in NUMBER.findall(text)}
