"""What a jurisdiction says beyond values and triggers, as short articles: the routes of supply and who may take them,
the compliance checks, the states of emergency with the signals that lead there, and the steps of a dispute.

Every article has a name in both languages, a source and a confidence. What an article says of another (a check of the
trigger that stops trade for it, a signal of the state it leads to) must be there.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from yaml.nodes import Node

from domain.grid_state import GridState
from policies.bands import Trigger
from policies.deadline import amounts_faults
from policies.document import Document
from policies.value import Confidence, Source
from policies.value_file import read_cited


class Section(StrEnum):
    """The parts of a pack that hold articles."""

    ROUTES = "routes"
    CHECKS = "checks"
    EMERGENCY = "emergency"
    SIGNALS = "signals"
    DISPUTES = "disputes"
    STEPS = "dispute_steps"


# What an article of a section must say, and may.
_SAYS: dict[Section, tuple[tuple[str, ...], tuple[str, ...]]] = {
    Section.ROUTES: (("decision",), ("rule", "scheme", "roles")),
    Section.CHECKS: (("law", "fact"), ("trigger",)),
    Section.EMERGENCY: (("matching", "contracts", "settlement"), ("limits", "before_gate", "after_gate", "roles")),
    Section.SIGNALS: (("state", "issuer"), ("threshold", "notice")),
    Section.DISPUTES: (("evidence", "settled_by"), ("example",)),
    Section.STEPS: (("deadline", "who"), ("limit", "rules")),
}
_ALWAYS = ("name", "source", "confidence")
_DECISIONS = ("auto", "ask", "forbid")


@dataclass(frozen=True, slots=True)
class Article:
    """One article. says: what it says beside its name, as text by field; several words are joined by commas."""

    id: str
    name_en: str
    name_ja: str
    says: Mapping[str, str]
    sources: tuple[Source, ...]
    confidence: Confidence


Articles = Mapping[str, Mapping[str, Article]]


def read_articles(document: Document, head: Mapping[str, Node], sources: Mapping[str, Source]) -> Articles:
    """The articles of every section, in the order of the file."""
    return {
        section: {
            id_: _read(document, section, id_, entry, sources)
            for id_, entry in (document.mapping(head[section], section) if section in head else {}).items()
        }
        for section in Section
    }


def check_articles(
    document: Document, head: Mapping[str, Node], articles: Articles, triggers: Mapping[str, Trigger]
) -> None:
    """What one article says of another, or of a trigger, must be there."""
    known = {
        (Section.CHECKS, "trigger"): set(triggers),
        (Section.SIGNALS, "state"): set(articles[Section.EMERGENCY]),
        (Section.ROUTES, "scheme"): {word for band in _bands(triggers, "E19") for word in band},
        (Section.ROUTES, "decision"): set(_DECISIONS),
        (Section.DISPUTES, "settled_by"): {"data", "people"},
    }
    for (section, field), words in known.items():
        for article in articles[section].values():
            said = article.says.get(field, "")
            if said and said not in words and section in head:
                text = f"{section} {article.id}: there is no {field} {said!r}"
                document.fault(head[section], "contradiction", text)
    for step in articles[Section.STEPS].values():
        for text in amounts_faults(step.says) if Section.STEPS in head else ():
            document.fault(head[Section.STEPS], "wrong_form", f"dispute_steps {step.id}: {text}")
    for state in set(articles[Section.EMERGENCY]) - set(GridState):
        document.fault(head[Section.EMERGENCY], "unknown_word", f"{state!r} is none of {', '.join(GridState)}")


def _bands(triggers: Mapping[str, Trigger], id_: str) -> list[frozenset[str]]:
    return [band.classes for band in triggers[id_].bands] if id_ in triggers else []


def _read(document: Document, section: Section, id_: str, node: Node, sources: Mapping[str, Source]) -> Article:
    must, may = _SAYS[section]
    fields = document.fields(node, f"{section} {id_}", (*_ALWAYS, *must), may)
    name = document.translated(fields.get("name"), id_)
    return Article(
        id=id_,
        name_en=name["en"],
        name_ja=name["ja"],
        says={field: ", ".join(document.texts(fields[field])) for field in (*must, *may) if field in fields},
        sources=read_cited(document, id_, fields.get("source"), sources),
        confidence=document.word(fields.get("confidence"), Confidence, Confidence.NONE),
    )
