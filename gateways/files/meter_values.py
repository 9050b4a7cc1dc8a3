"""Half-hour meter values from Japanese network operators (C-route), as readings' raw material.

Three kinds of one message family, XML in a zip, told apart by their elements under ``SBD-MSG/JPMGRP/JPTRM``:

    half-hourly  JP06116 day and JP06219 half hour in the head; a JPMR00010 a supply point
    daily        JP06116 day in the head; a JPMR00010 a half hour, in it JPM00011 with a JPMR00011 a supply point
    monthly      JP06401 month in the head; a JPMR00010 a supply point, in it JPM00013 with a JPMR00013 a day (JP06423),
                 in it JPM00014 with a JPMR00014 a half hour; these are the confirmed values

A supply point (JP06400) has a value when JP06122 (monthly: JP06405) is 0: kWh in JP06123 at high voltage, JP06125 at
low voltage, monthly in JP06424. Points that one message names and another does not are no fault: what is absent is
counted, and nothing is concluded from it.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from xml.etree.ElementTree import Element

from domain.errors import Fault, InputRefused
from domain.supply_point import MeteredValue, number_fault
from gateways.files.archive import Document, documents, read_file
from gateways.files.energy import day, energy_wh, slot_of_code
from services.devices.metered_file import MeteredFile, Source

HEAD = "JPMGRP/JPTRM"
VALUES = ("JP06123", "JP06125")
PRESENT = "0"
ABSENT = tuple("123456789")
SOME_DAY = date(2000, 1, 1)  # to look at a half hour's number where its day is at fault


@dataclass(frozen=True, slots=True)
class _Reading:
    """What was read so far: values by point and slot, where values are said to be absent, every fault."""

    values: dict[tuple[str, int], MeteredValue] = field(default_factory=dict)
    absent: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def refuse(self, where: str, code: str, message: str) -> None:
        self.faults.append(Fault(where, code, message))

    def add(self, value: MeteredValue) -> None:
        """The same value twice counts once; two values of one half hour are a fault."""
        known = self.values.setdefault((value.point, value.slot), value)
        if known.energy_wh != value.energy_wh:
            message = f"{known.where} says {known.energy_wh} Wh of the same half hour, this {value.energy_wh} Wh"
            self.refuse(value.where, "conflict", message)


def read_meter_values(path: Path) -> MeteredFile:
    """All values of a file, a zip or one document. Raises InputRefused with every fault, each as file:element."""
    content = read_file(path)
    found, sources = _Reading(), set()
    for document in documents(path.name, content):
        source = _read(document, found)
        if source:
            sources.add(source)
    if len(sources) > 1:
        found.refuse(path.name, "mixed_kinds", f"one file is of one kind, not {', '.join(sorted(sources))}: split it")
    if not (found.faults or found.values or found.absent):
        found.refuse(path.name, "no_values", "there is no supply point in this file")
    if found.faults:
        raise InputRefused(found.faults)
    name = hashlib.sha256(content).hexdigest()
    return MeteredFile(sources.pop(), name, list(found.values.values()), len(found.absent))


def _read(document: Document, found: _Reading) -> Source | None:
    head = document.root.find(HEAD) if document.root.tag == "SBD-MSG" else None
    if head is None:
        found.refuse(document.where, "wrong_form", f"there is no SBD-MSG/{HEAD}: this is no meter value message")
        return None
    if head.find("JP06401") is not None:
        _monthly(document.where, head, found)
        return Source.MONTHLY
    where = f"{document.where}:JP06116"
    on = _day(where, head.findtext("JP06116"), found)
    if head.find("JP06219") is None:
        _daily(document.where, head, on, found)
        return Source.DAILY
    slot = _slot(f"{document.where}:JP06219", on, head.findtext("JP06219"), found)
    for where, record in _records(document.where, head, "00010"):
        _value(where, record, "JP06122", slot, found)
    return Source.HALF_HOUR


def _daily(place: str, head: Element, on: date | None, found: _Reading) -> None:
    for where, half_hour in _records(place, head, "00010"):
        slot = _slot(f"{where}/JP06219", on, half_hour.findtext("JP06219"), found)
        for inner, record in _records(where, half_hour, "00011"):
            _value(inner, record, "JP06122", slot, found)


def _monthly(place: str, head: Element, found: _Reading) -> None:
    for where, record in _records(place, head, "00010"):
        point = _point(where, record, found)
        if _is_present(where, record, "JP06405", found) and point:
            for at_day, each_day in _records(where, record, "00013"):
                on = _day(f"{at_day}/JP06423", each_day.findtext("JP06423"), found)
                for at_slot, each in _records(at_day, each_day, "00014"):
                    slot = _slot(f"{at_slot}/JP06219", on, each.findtext("JP06219"), found)
                    _amount(f"{at_slot}/JP06424", point, slot, each.findtext("JP06424"), found)


def _value(where: str, record: Element, presence: str, slot: int | None, found: _Reading) -> None:
    """A point's value, at the voltage that the message carries it for."""
    point = _point(where, record, found)
    if not _is_present(where, record, presence, found) or not point:
        return
    written = {name: text for name in VALUES if (text := record.findtext(name))}
    if len(written) != 1:
        message = f"one of {' and '.join(VALUES)} is needed where {presence} is {PRESENT}, there are {len(written)}"
        found.refuse(where, "no_value", message)
        return
    [(name, text)] = written.items()
    _amount(f"{where}/{name}", point, slot, text, found)


def _records(place: str, parent: Element, number: str) -> Iterator[tuple[str, Element]]:
    """The records of a group with where each stands, counted from 1."""
    joint = "/" if ":" in place else ":"
    for at, record in enumerate(parent.findall(f"JPM{number}/JPMR{number}"), 1):
        yield f"{place}{joint}JPMR{number}[{at}]", record


def _point(where: str, record: Element, found: _Reading) -> str | None:
    written = (record.findtext("JP06400") or "").strip()
    if fault := number_fault(written):
        found.refuse(f"{where}/JP06400", "wrong_supply_point", fault)
        return None
    return written


def _is_present(where: str, record: Element, name: str, found: _Reading) -> bool:
    written = (record.findtext(name) or "").strip()
    if written == PRESENT:
        return True
    if written in ABSENT:
        found.absent.append(where)
    else:
        found.refuse(
            f"{where}/{name}", "no_presence", f"{name} says whether there is a value (0), not {written[:20]!r}"
        )
    return False


def _amount(where: str, point: str, slot: int | None, written: str | None, found: _Reading) -> None:
    try:
        amount_wh = energy_wh(written or "")
    except ValueError as error:
        found.refuse(where, "wrong_amount", str(error))
        return
    if slot is not None:
        found.add(MeteredValue(point, slot, amount_wh, where))


def _day(where: str, written: str | None, found: _Reading) -> date | None:
    try:
        return day(written or "")
    except ValueError as error:
        found.refuse(where, "not_a_day", str(error))
        return None


def _slot(where: str, on: date | None, written: str | None, found: _Reading) -> int | None:
    try:
        slot = slot_of_code(on or SOME_DAY, written or "")
    except ValueError as error:
        found.refuse(where, "not_a_half_hour", str(error))
        return None
    return slot if on else None
