"""Sources and dated values as written in a pack: read with their lines, every fault kept for the report.

A value is a dated entry ``{value, unit, valid_from, valid_to, source, confidence, use, note}`` or a list of them.
"""

from collections.abc import Mapping
from datetime import date

from yaml.nodes import Node

from policies.document import Document
from policies.unit import SCALES, TEXT, currency_of, whole
from policies.value import Confidence, DatedValue, Source, SourceKind, Use

Dated = Mapping[str, tuple[DatedValue, ...]]

_ENTRY = ("value", "unit", "valid_from", "source", "confidence")
_ENTRY_MORE = ("valid_to", "use", "note")


def read_sources(document: Document, node: Node | None) -> dict[str, Source]:
    """``ID: {kind, title, site}`` by id."""
    sources = {}
    for id_, entry in (document.mapping(node, "the source register") if node else {}).items():
        fields = document.fields(entry, f"source {id_}", ("kind", "title"), ("site",))
        kind = document.word(fields.get("kind"), SourceKind, SourceKind.GENERAL)
        sources[id_] = Source(id_, kind, document.text(fields.get("title")), document.text(fields.get("site")))
    return sources


def read_dated(document: Document, node: Node | None, sources: dict[str, Source], currency: str) -> Dated:
    """Dated entries by key, in the order of the file. currency: in which the pack counts money."""
    keys = document.mapping(node, "the values") if node else {}
    return {
        key: tuple(_read_value(document, key, entry, sources, currency) for entry in document.items(entries))
        for key, entries in keys.items()
    }


def _read_value(document: Document, key: str, node: Node, sources: dict[str, Source], currency: str) -> DatedValue:
    fields = document.fields(node, key, _ENTRY, _ENTRY_MORE)
    unit = document.text(fields.get("unit"))
    if currency_of(unit) not in ("", currency):
        document.fault(node, "wrong_currency", f"{key}: {unit} in a pack that counts in {currency}")
    value = DatedValue(
        key=key,
        value=_read_amount(document, key, fields.get("value"), unit),
        unit=unit,
        valid_from=document.day(fields.get("valid_from"), date.min),
        valid_to=document.day_or_none(fields.get("valid_to")),
        sources=read_cited(document, key, fields.get("source"), sources),
        confidence=document.word(fields.get("confidence"), Confidence, Confidence.NONE),
        use=document.word(fields.get("use"), Use, Use.BILLING),
        note=document.text(fields.get("note")),
        where=document.where(node),
    )
    _check_value(document, node, value, known="value" not in fields or bool(document.text(fields["value"])))
    return value


def _read_amount(document: Document, key: str, node: Node | None, unit: str) -> int | str | None:
    text = document.text(node)
    if node is None or not text:
        return None
    if unit == TEXT:
        return text
    if unit not in SCALES:
        document.fault(node, "unknown_unit", f"{key}: {unit!r} is none of {', '.join([*SCALES, TEXT])}")
        return None
    try:
        return whole(text, unit)
    except ValueError as error:
        document.fault(node, "wrong_amount", f"{key}: {error}")
        return None


def read_cited(document: Document, key: str, node: Node | None, sources: Mapping[str, Source]) -> tuple[Source, ...]:
    """The sources that are named, a fault for each that the register does not have."""
    cited = []
    for item in document.items(node) if node else []:
        id_ = document.text(item)
        if id_ in sources:
            cited.append(sources[id_])
        else:
            document.fault(item, "unknown_source", f"{key}: source {id_} is not in the register")
    return tuple(cited)


def _check_value(document: Document, node: Node, value: DatedValue, known: bool) -> None:
    """What no single field can tell. known: a value is written at all."""
    if not known and value.confidence is not Confidence.NONE:
        document.fault(node, "no_value", f"{value.key} has no value: write one, or confidence none")
    if value.valid_to is not None and value.valid_to < value.valid_from:
        document.fault(node, "wrong_window", f"{value.key} ends {value.valid_to}, before it begins {value.valid_from}")
    if value.confidence is Confidence.ASSUMED and not value.note:
        document.fault(node, "unlabelled", f"{value.key} is assumed and needs a note that says on what grounds")
