"""The triggers of a rule pack as written, and what makes a set of bands complete: amounts rise to an unbounded last
band, no class stands in two bands, the unknown has a band of its own, names stand in both languages, and whoever asks
people says whom, how many and until when."""

from collections.abc import Mapping
from dataclasses import replace

from yaml.nodes import Node

from policies.bands import Action, Band, OnTimeout, Trigger
from policies.document import Document
from policies.unit import CLASS, SCALES, whole
from policies.value import Source
from policies.value_file import read_cited

ROLES = ("legal", "grid", "finance", "mediator", "operator", "retailer")
"""Who can be asked: the words of the accounts that may decide."""

_TRIGGER = ("name", "unit", "source", "bands", "unknown", "on_timeout")
_BAND_MORE = ("roles", "approvals", "sla", "on_timeout", "note")
_ASKS_PEOPLE = frozenset({Action.ESCALATE, Action.BLOCK})


def read_sla(document: Document, node: Node | None) -> dict[str, int]:
    """``S1: 15``, minutes until a case expires, by class."""
    entries = document.mapping(node, "the deadlines") if node else {}
    return {name: document.count(minutes) for name, minutes in entries.items()}


def read_triggers(
    document: Document, node: Node | None, sla_min: Mapping[str, int], sources: Mapping[str, Source]
) -> dict[str, Trigger]:
    """Triggers by id, in the order of the file. sla_min: the classes of deadline that exist. sources: those that can
    be cited."""
    entries = document.mapping(node, "the triggers") if node else {}
    return {id_: _read_trigger(document, id_, entry, sla_min, sources) for id_, entry in entries.items()}


def read_unknowns(
    document: Document, node: Node | None, triggers: Mapping[str, Trigger], sla_min: Mapping[str, int]
) -> dict[str, Trigger]:
    """``E07: {action: auto, note: ...}``: the triggers with another answer to what nobody knows."""
    changed = {}
    for id_, entry in (document.mapping(node, "the defaults for the unknown") if node else {}).items():
        if id_ not in triggers:
            document.fault(entry, "unknown_trigger", f"there is no trigger {id_}")
            continue
        changed[id_] = replace(triggers[id_], unknown=_read_unknown(document, id_, entry, OnTimeout.REJECT, sla_min))
    return changed


def _read_trigger(
    document: Document, id_: str, node: Node, sla_min: Mapping[str, int], sources: Mapping[str, Source]
) -> Trigger:
    fields = document.fields(node, id_, _TRIGGER, ("note",))
    name = document.translated(fields.get("name"), id_)
    unit = document.text(fields.get("unit"))
    if unit != CLASS and unit not in SCALES:
        document.fault(node, "unknown_unit", f"{id_}: {unit!r} is none of {', '.join([*SCALES, CLASS])}")
    on_timeout = document.word(fields.get("on_timeout"), OnTimeout, OnTimeout.REJECT)
    nodes = document.items(fields["bands"]) if "bands" in fields else []
    bands = tuple(_read_band(document, id_, band, unit, on_timeout) for band in nodes)
    _check_people(document, id_, nodes, bands, sla_min)
    _check_bounds(document, id_, node, unit, bands)
    unknown = _read_unknown(document, id_, fields.get("unknown"), on_timeout, sla_min)
    cited = tuple(source.id for source in read_cited(document, id_, fields.get("source"), sources))
    return Trigger(id_, name["en"], name["ja"], unit, bands, unknown, cited)


def _read_unknown(
    document: Document, id_: str, node: Node | None, on_timeout: OnTimeout, sla_min: Mapping[str, int]
) -> Band:
    """What follows when nobody knows. Automatic only with the grounds in words: nothing passes silently."""
    if node is None:  # its absence is a fault already
        return Band(Action.BLOCK)
    band = _read_band(document, f"{id_} unknown", node, CLASS, on_timeout, ())
    _check_people(document, id_, [node], (band,), sla_min)
    if not band.note:
        document.fault(node, "no_grounds", f"{id_}: what follows from the unknown needs a note on what grounds")
    return band


def _read_band(
    document: Document, id_: str, node: Node, unit: str, on_timeout: OnTimeout, more: tuple[str, ...] = ("upto", "is")
) -> Band:
    fields = document.fields(node, f"a band of {id_}", ("action",), (*more, *_BAND_MORE))
    return Band(
        action=document.word(fields.get("action"), Action, Action.BLOCK),
        upto=_read_bound(document, id_, fields.get("upto"), unit),
        classes=frozenset(document.texts(fields.get("is"))),
        roles=document.texts(fields.get("roles")),
        approvals=document.count(fields.get("approvals")),
        sla=document.text(fields.get("sla")),
        on_timeout=document.word(fields.get("on_timeout"), OnTimeout, on_timeout),
        note=document.text(fields.get("note")),
    )


def _read_bound(document: Document, id_: str, node: Node | None, unit: str) -> int | None:
    if node is None or unit not in SCALES:
        return None
    try:
        return whole(document.text(node), unit)
    except ValueError as error:
        document.fault(node, "wrong_amount", f"{id_}: {error}")
        return None


def _check_people(
    document: Document, id_: str, nodes: list[Node], bands: tuple[Band, ...], sla_min: Mapping[str, int]
) -> None:
    for node, band in zip(nodes, bands, strict=True):
        for role in set(band.roles) - set(ROLES):
            document.fault(node, "unknown_role", f"{id_}: {role!r} is none of {', '.join(ROLES)}")
        if band.action in _ASKS_PEOPLE and not (band.roles and band.approvals and band.sla in sla_min):
            text = f"{id_}: {band.action} needs roles, approvals and a known deadline class"
            document.fault(node, "incomplete_band", text)


def _check_bounds(document: Document, id_: str, node: Node, unit: str, bands: tuple[Band, ...]) -> None:
    classes = [name for band in bands for name in band.classes]
    if len(classes) != len(set(classes)):
        document.fault(node, "unclear_bands", f"{id_}: a class stands in two bands")
    bounds = [band.upto for band in bands if not band.classes]
    if unit == CLASS and bounds:
        document.fault(node, "unclear_bands", f"{id_}: every band names its classes")
    rising = [bound for bound in bounds[:-1] if bound is not None]
    complete = bool(bounds) and bounds[-1] is None and len(rising) == len(bounds) - 1
    if unit in SCALES and not (complete and rising == sorted(set(rising))):
        document.fault(node, "unclear_bands", f"{id_}: bounds rise from band to band, and the last one has none")
