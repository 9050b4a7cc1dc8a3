"""The fields of a contract's paper, read from ``fields.yaml``: names in both languages, kinds, and their checks."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from contracts.paper.kind import KINDS, Value, read_quantity
from domain.corporate_number import invoice_number_fault
from domain.errors import Fault

FILE = Path(__file__).with_name("fields.yaml")
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
LANGUAGES = ("ja", "en")
Values = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Field:
    """One field. section: the article it belongs to. words: by word, its writing by language."""

    key: str
    section: str
    label: Mapping[str, str]
    kind: str
    must: bool
    secret: bool
    words: Mapping[str, Mapping[str, str]]

    def written(self, value: Value, language: str) -> str:
        """The value as the paper shows it."""
        return self.words[str(value)][language] if self.words else KINDS[self.kind].written(value, language)

    def fault(self, value: Any) -> str | None:
        """Why a value is none of this field, None when it is one."""
        if self.words:
            return None if value in self.words else f"is one of {', '.join(self.words)}, not {str(value)[:30]!r}"
        return KINDS[self.kind].fault(value)


@cache
def fields() -> Mapping[str, Field]:
    """Every field by key, in the order of the articles."""
    sections = yaml.load(FILE.read_text(encoding="utf-8"), LOADER)
    return {field.key: field for section, named in sections.items() for field in _fields(section, named)}


@cache
def sections() -> tuple[str, ...]:
    """The articles' names in order."""
    return tuple(yaml.load(FILE.read_text(encoding="utf-8"), LOADER))


def _fields(section: str, named: Mapping[str, Any]) -> Iterator[Field]:
    for key, told in named.items():
        label = {language: str(told[language]) for language in LANGUAGES}
        assert told["kind"] in KINDS, f"field {key} has a kind that nobody knows: {told['kind']}"
        yield Field(
            key, section, label, told["kind"], told.get("must", False), told.get("secret", False), told.get("words", {})
        )


def value_faults(values: Values) -> list[Fault]:
    """Everything that is wrong with the values of a paper: unknown, missing, of another kind, at odds."""
    known = fields()
    faults = [Fault(key, "unknown_field", "no paper states such a field") for key in values if key not in known]
    faults += [
        Fault(field.key, "missing", f"a paper states {field.label['en']!r}")
        for field in known.values()
        if field.must and field.key not in values
    ]
    for key, value in values.items():
        if key in known and (why := known[key].fault(value)):
            faults.append(Fault(key, "wrong_value", why))
    return faults or list(_at_odds(values))


def _at_odds(values: Values) -> Iterator[Fault]:
    """What each field allows and all of them together do not."""
    area = values["area"]
    for key in ("seller_receiving_point", "buyer_supply_point"):
        if str(values[key])[:2] != area:
            yield Fault(key, "wrong_area", f"begins with {str(values[key])[:2]}, not with the area {area}")
    held, firm = values.get("seller_invoice_number"), values.get("seller_corporate_number")
    if held and firm and (why := invoice_number_fault(str(held), str(firm))):
        yield Fault("seller_invoice_number", "wrong_value", why)
    if str(values["ends_at"]) <= str(values["starts_at"]):
        yield Fault("ends_at", "wrong_order", "delivery ends after it starts")


def typed_values(typed: Mapping[str, str]) -> tuple[dict[str, Value], list[Fault]]:
    """What a person typed, by field: quantities with their unit. Every fault beside what could be read."""
    known, values, faults = fields(), dict[str, Value](), list[Fault]()
    for key, text in typed.items():
        if key not in known:
            faults.append(Fault(key[:60], "unknown_field", "no paper states such a field"))
            continue
        try:
            value: Value = read_quantity(known[key].kind, text) if KINDS[known[key].kind].units else text
        except ValueError as wrong:
            faults.append(Fault(key, "unknown_unit", str(wrong)))
            continue
        if why := known[key].fault(value):
            faults.append(Fault(key, "wrong_value", why))
        values[key] = value
    return values, faults
