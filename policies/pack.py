"""A rule pack: the rules of one jurisdiction, asked for by key and day.

Rules move every half-year (levy, wheeling, scarcity cap, input credit), so no value is asked for without its date. A
value that is missing, out of its time, not trusted or in conflict with another raises RuleValueUnusable and names
itself; trading stops there until a person mends the pack. A demonstration pack may assume values, each one labelled,
and marks everything made with it as not for billing.

A pack is a YAML file. It may extend another: what it names replaces the other's entry of that name, the rest stays.
Sources are registered in ``packs/sources.yaml`` and, for a pack of one's own, in its section ``sources``.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from enum import StrEnum
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from yaml.nodes import Node

from domain.canonical import digest
from domain.errors import Fault, RuleBroken, RuleValueUnusable
from policies.articles import Articles, Section, check_articles, read_articles
from policies.bands import Trigger
from policies.document import Document
from policies.trigger_file import read_sla, read_triggers, read_unknowns
from policies.unit import CURRENCIES
from policies.value import Confidence, DatedValue, Source, doubt
from policies.value_file import Dated, read_dated, read_sources

PACKS = Path(__file__).parent / "packs"
REGISTER = PACKS / "sources.yaml"

_HEAD = ("id", "version", "jurisdiction", "demonstration", "label", "valid_from", "values")
_MORE = (
    *("valid_to", "extends", "currency", "time_zone", "background", "triggers", "unknown", "sla", "sources"),
    *map(str, Section),
)


@dataclass(frozen=True, slots=True)
class RulePack:
    """The rules of one jurisdiction, as read from one file (and the one it extends).

    values: what trading rests on, all of it must be usable. background: facts for people and estimates.
    valid_from, valid_to: the pack's own time. digest: SHA-256 of everything it says, 64 hex digits.
    sla_min: minutes until a case of a class expires. label: what pages show, by language ("en", "ja"). articles: what
    it says beyond, by section. currency: in which it counts. time_zone: in which its days begin, empty for any.
    """

    id: str
    version: str
    jurisdiction: str
    demonstration: bool
    label: Mapping[str, str]
    valid_from: date
    valid_to: date | None
    values: Dated
    background: Dated
    triggers: Mapping[str, Trigger]
    sla_min: Mapping[str, int]
    articles: Articles
    currency: str
    time_zone: str
    digest: str

    def value(self, key: str, on: date) -> int:
        """The value of a day as a whole number (see ``policies.unit``). Raises RuleValueUnusable naming the key."""
        found = self._usable_value(key, on)
        assert isinstance(found, int), f"{key} is text, ask with text()"
        return found

    def text(self, key: str, on: date) -> str:
        """The text value of a day. Raises RuleValueUnusable naming the key."""
        found = self._usable_value(key, on)
        assert isinstance(found, str), f"{key} is a number, ask with value()"
        return found

    def usable(self, on: date, keys: Iterable[str] | None = None) -> list[Fault]:
        """Every value that cannot be relied on that day, all at once, in the order of the keys.

        keys: what is needed; by default every value (not background) the pack lists.
        """
        needed = self.values if keys is None else keys
        return [fault for key in needed if (fault := self.fault(key, on)) is not None]

    @property
    def assumed(self) -> list[DatedValue]:
        """What a demonstration assumes, in the order of the file, each with its reason in ``note``."""
        every = (value for dated in [*self.values.values(), *self.background.values()] for value in dated)
        return [value for value in every if value.confidence is Confidence.ASSUMED]

    def fault(self, key: str, on: date) -> Fault | None:
        """Why the key's value of that day cannot be relied on, or None when it can."""
        dated = self.values.get(key) or self.background.get(key)
        if not dated:
            return Fault(f"{self.id}:{key}", "missing", f"rule value {key} is missing from pack {self.id}")
        holding = [value for value in dated if value.holds(on)]
        if not self._holds(on) or not holding:
            return self._out_of_time(dated[-1], on)
        if len(holding) > 1:
            lines = " and ".join(value.where for value in holding)
            return Fault(holding[0].where, "conflict", f"rule value {key} on {on} is in conflict: {lines} both hold")
        return doubt(holding[0])

    @property
    def conflicts(self) -> list[Fault]:
        """Values of one key whose times overlap, in the order of the keys: no day among them can be traded."""
        return [
            Fault(
                later.where, "conflict", f"rule value {key} is in conflict: {early.where} and {later.where} both hold"
            )
            for key, dated in [*self.values.items(), *self.background.items()]
            for early, later in combinations(dated, 2)
            if early.holds(later.valid_from) or later.holds(early.valid_from)
        ]

    def dated(self, key: str, on: date) -> DatedValue:
        """The value of a day with its time, sources and confidence. Raises RuleValueUnusable naming the key."""
        fault = self.fault(key, on)
        if fault is not None:
            raise RuleValueUnusable(str(fault))
        return next(value for value in self.values.get(key) or self.background[key] if value.holds(on))

    def lists(self, key: str) -> bool:
        """Does the pack say anything of a key, for whatever day?"""
        return key in self.values or key in self.background

    def _usable_value(self, key: str, on: date) -> int | str:
        found = self.dated(key, on).value
        assert found is not None, "a fault says when nobody knows the value"
        return found

    def _holds(self, on: date) -> bool:
        return self.valid_from <= on and (self.valid_to is None or on <= self.valid_to)

    def _out_of_time(self, nearest: DatedValue, on: date) -> Fault:
        window, it = (nearest, "it") if self._holds(on) else (self, f"pack {self.id}")
        code = "not_yet_valid" if on < window.valid_from else "expired"
        times = f"{it} is valid from {window.valid_from} to {window.valid_to or 'further notice'}"
        return Fault(nearest.where, code, f"rule value {nearest.key} does not hold on {on}: {times}")


@cache
def load_pack(name: str) -> RulePack:
    """A pack that ships with Gridpact, e.g. ``jp`` or ``jp_demo``. Raises RuleBroken when there is none of the name."""
    known = sorted(path.stem for path in PACKS.glob("*.yaml") if path != REGISTER)
    if name not in known:
        raise RuleBroken(f"there is no rule pack {name}; known: {', '.join(known)}")
    return read_pack(PACKS / f"{name}.yaml")


def read_pack(path: Path) -> RulePack:
    """A pack from a file of one's own; what it extends is a shipped one. Raises InputRefused with every fault."""
    return _read(Document.of_file(path))


def pack_of(name: str, text: str) -> RulePack:
    """A pack from its text, as a draft is kept. name: what faults call it. Raises as ``read_pack``."""
    return _read(Document(name, text))


def _read(document: Document) -> RulePack:
    head = document.fields(document.root, "a rule pack", _HEAD, _MORE)
    base = load_pack(document.text(head["extends"])) if "extends" in head else None
    sources = {**_register(), **read_sources(document, head.get("sources"))}
    currency = document.text(head.get("currency")) or (base.currency if base else CURRENCIES[0])
    sla_min = {**(base.sla_min if base else {}), **read_sla(document, head.get("sla"))}
    triggers = {
        **(base.triggers if base else {}),
        **read_triggers(document, head.get("triggers"), sla_min, sources),
    }
    articles = read_articles(document, head, sources)
    pack = RulePack(
        id=document.text(head.get("id")),
        version=document.text(head.get("version")),
        jurisdiction=document.text(head.get("jurisdiction")),
        demonstration=document.text(head.get("demonstration")) == "true",
        label=document.translated(head.get("label"), "the pack"),
        valid_from=document.day(head.get("valid_from"), date.min),
        valid_to=document.day_or_none(head.get("valid_to")),
        values={**(base.values if base else {}), **read_dated(document, head.get("values"), sources, currency)},
        background={
            **(base.background if base else {}),
            **read_dated(document, head.get("background"), sources, currency),
        },
        triggers={**triggers, **read_unknowns(document, head.get("unknown"), triggers, sla_min)},
        sla_min=sla_min,
        articles={name: {**(base.articles[name] if base else {}), **own} for name, own in articles.items()},
        currency=currency,
        time_zone=document.text(head.get("time_zone")) or (base.time_zone if base else ""),
        digest="",
    )
    _check_place(document, head, pack)
    check_articles(document, head, pack.articles, pack.triggers)
    _check_demonstration(document, head, pack)
    document.raise_faults()
    return replace(pack, digest=digest(_plain(asdict(pack))))


@cache
def _register() -> dict[str, Source]:
    document = Document.of_file(REGISTER)
    sources = read_sources(document, document.root)
    document.raise_faults()
    return sources


def _check_place(document: Document, head: Mapping[str, Node], pack: RulePack) -> None:
    """A currency the units know, and a time zone the world knows."""
    if pack.currency not in CURRENCIES:
        text = f"{pack.currency!r} is none of {', '.join(CURRENCIES)}"
        document.fault(head["currency"], "unknown_currency", text)
    try:
        ZoneInfo(pack.time_zone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        document.fault(head["time_zone"], "unknown_time_zone", f"{pack.time_zone!r} is no time zone")


def _check_demonstration(document: Document, head: Mapping[str, Node], pack: RulePack) -> None:
    """Only a demonstration assumes values, says so in plain words, and ends."""
    if document.text(head.get("demonstration")) not in ("true", "false"):
        document.fault(head.get("demonstration", document.root), "not_a_flag", "demonstration is true or false")
    if pack.demonstration and pack.valid_to is None:
        document.fault(document.root, "missing_field", "a demonstration pack needs valid_to")
    for value in [] if pack.demonstration else pack.assumed:
        text = f"{value.key} is assumed ({value.where}), which only a demonstration pack may"
        document.fault(head.get("demonstration", document.root), "assumed", text)


def _plain(record: Any) -> Any:
    """The pack as JSON knows it. File positions are left out: a comment must not change what a pack says."""
    if isinstance(record, Mapping):
        return {key: _plain(value) for key, value in record.items() if key != "where"}
    if isinstance(record, frozenset):
        return sorted(record)
    if isinstance(record, tuple | list):
        return [_plain(item) for item in record]
    return str(record) if isinstance(record, date | StrEnum) else record
