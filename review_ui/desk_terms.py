"""Terms for reading: each by its label, with amounts in yen and kWh, and side by side where two versions differ."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from memory.cases import CaseRow
from memory.casework.amendments import Amendment
from memory.trading.contracts import ContractRow
from review_ui import formats
from review_ui.messages import TERMS


class Changed(NamedTuple):
    """One term that differs. name: a message. before, after: as people write them."""

    name: str
    before: str
    after: str


def labelled(terms: Mapping[str, Any], language: str) -> list[tuple[str, str]]:
    """Label (a message) and value of every term, in the order of the labels; unknown ones last, by their names."""
    known = [name for name in TERMS if name in terms]
    names = [*known, *sorted(terms.keys() - set(known))]
    return [(TERMS.get(name, name), _written(name, terms[name], language)) for name in names]


def terms_of(amendment: Amendment, contract: ContractRow, language: str) -> list[Changed]:
    """What an amendment changes: the contract's terms against those proposed."""
    return [
        _changed(name, contract.terms.get(name), after, language)
        for name, after in sorted(amendment.changes.items())
        if contract.terms.get(name) != after
    ]


def usual_terms(case: CaseRow, language: str) -> list[Changed]:
    """Where a case's terms leave the standard class: what that allows against what stands here."""
    pieces: Sequence[Mapping[str, Any]] = case.evidence.get("pieces", [])
    return [
        _changed(name, each["standard"], each["here"], language)
        for piece in pieces
        if piece["id"] == "contract:difference"
        for name, each in piece["body"].items()
    ]


def _changed(name: str, before: Any, after: Any, language: str) -> Changed:
    return Changed(TERMS.get(name, name), _written(name, before, language), _written(name, after, language))


def _written(name: str, value: Any, language: str) -> str:
    """A list as its parts, an amount in its unit, all else as it is on record."""
    if isinstance(value, list):
        return " / ".join(_written(name, each, language) for each in value) or formats.MISSING
    if type(value) is int and name.endswith("_mjpy_per_kwh"):
        return formats.price(value, language)
    if type(value) is int and name.endswith("_ujpy"):
        return formats.money(value, language)
    if type(value) is int and name.endswith("_wh"):
        return formats.energy(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
