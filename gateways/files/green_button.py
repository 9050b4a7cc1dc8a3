"""Green Button (ESPI) feeds: interval readings that a utility gives its customer, as readings' raw material.

An Atom feed with ``IntervalBlock`` entries; each belongs to a ``MeterReading`` whose ``ReadingType`` says what the
numbers mean: uom 72 (Wh), a power of ten, and the direction, 1 delivered to the customer or 19 received from it. Blocks
find their type through the feed's links, or it is the only one there. Times are seconds since 1970 in UTC, so clock
changes do not touch them; ``LocalTimeParameters`` only say how to show them. Shorter intervals are added up to slots
and rounded half up to whole Wh; longer ones are refused, since nobody knows how the energy was spread.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import NamedTuple
from xml.etree.ElementTree import Element

from domain.errors import Fault, InputRefused
from domain.supply_point import MeteredValue, Register
from gateways.files.archive import documents, read_file
from gateways.files.energy import ENERGY_WH_MAX
from services.devices.metered_file import MeteredFile, Source

WATT_HOURS = "72"
DELTA = "4"
DIRECTIONS = {"1": Register.TAKEN, "19": Register.FED_IN}
ESTIMATES = {"8", "9", "12"}
SLOT_S = 1_800
SECONDS_MAX = 2**33
VALUE_MAX = 10**15
POWER_MAX = 9
Cell = tuple[Register, int]


class _Type(NamedTuple):
    """What the numbers of a block mean: their register, and the power of ten that makes them Wh."""

    register: Register
    power: int


@dataclass(frozen=True, slots=True)
class _Feed:
    """What was read so far: energy and covered seconds by register and slot, where each slot began, every fault."""

    energy_wh: dict[Cell, Decimal] = field(default_factory=dict)
    covered_s: dict[Cell, int] = field(default_factory=dict)
    where: dict[Cell, str] = field(default_factory=dict)
    estimated: set[Cell] = field(default_factory=set)
    starts: set[tuple[Register, int]] = field(default_factory=set)
    faults: list[Fault] = field(default_factory=list)

    def refuse(self, where: str, code: str, message: str) -> None:
        self.faults.append(Fault(where, code, message))


def read_green_button(path: Path) -> MeteredFile:
    """All values of a feed; the point of each is the name of its register. Raises InputRefused with every fault."""
    content = read_file(path)
    feed = _Feed()
    for document in documents(path.name, content):
        _read(document.where, document.root, feed)
    if not (feed.energy_wh or feed.faults):
        feed.refuse(path.name, "no_values", "there is no IntervalReading in this file: is it a Green Button feed?")
    values = list(_values(feed))
    if feed.faults:
        raise InputRefused(feed.faults)
    return MeteredFile(Source.GREEN_BUTTON, hashlib.sha256(content).hexdigest(), values)


def _values(feed: _Feed) -> Iterator[MeteredValue]:
    for cell, amount in feed.energy_wh.items():
        register, slot = cell
        where, energy_wh = feed.where[cell], int(amount.to_integral_value(ROUND_HALF_UP))
        if feed.covered_s[cell] != SLOT_S:
            message = f"only {feed.covered_s[cell]} of {SLOT_S} seconds of this half hour are there"
            feed.refuse(where, "part_of_a_slot", message)
        elif energy_wh > ENERGY_WH_MAX:
            feed.refuse(where, "wrong_amount", f"{energy_wh} Wh are above {ENERGY_WH_MAX}: wrong power of ten?")
        yield MeteredValue(str(register), slot, energy_wh, where, cell in feed.estimated)


def _read(place: str, root: Element, feed: _Feed) -> None:
    entries = list(root.iter("entry"))
    types = _types(place, entries, feed)
    related = {own: _links(entry, "related") for entry in entries for own in _links(entry, "self")}
    blocks = [(entry, block) for entry in entries for block in entry.iter("IntervalBlock")]
    for at, (entry, block) in enumerate(blocks, 1):
        where = f"{place}:IntervalBlock[{at}]"
        kind = _type_of(entry, related, types)
        if kind is None:
            feed.refuse(where, "no_reading_type", "no ReadingType says what these numbers mean")
            continue
        for number, reading in enumerate(block.findall("IntervalReading"), 1):
            _reading(f"{where}/IntervalReading[{number}]", reading, kind, feed)


def _types(place: str, entries: list[Element], feed: _Feed) -> dict[str, _Type]:
    """The usable reading types by their own address."""
    found = {}
    for at, entry in enumerate(entries, 1):
        declared = entry.find("content/ReadingType")
        if declared is None:
            continue
        where = f"{place}:entry[{at}]/ReadingType"
        unit, direction = declared.findtext("uom"), declared.findtext("flowDirection")
        power = _whole(declared.findtext("powerOfTenMultiplier") or "0", POWER_MAX)
        if unit != WATT_HOURS or declared.findtext("accumulationBehaviour", DELTA) != DELTA:
            feed.refuse(where, "wrong_unit", f"energy of an interval is needed (uom 72, behaviour 4), not uom {unit}")
        elif direction not in DIRECTIONS or power is None:
            feed.refuse(where, "wrong_direction", f"flowDirection is 1 or 19 and the power at most {POWER_MAX}")
        else:
            found[next(iter(_links(entry, "self")), str(at))] = _Type(DIRECTIONS[direction], power)
    return found


def _type_of(entry: Element, related: dict[str, list[str]], types: dict[str, _Type]) -> _Type | None:
    """Over the links block -> meter reading -> type, or the only type there is."""
    if len(types) == 1:
        return next(iter(types.values()))
    above = [href.removesuffix("/IntervalBlock") for href in _links(entry, "up")]
    return next((types[href] for each in above for href in related.get(each, []) if href in types), None)


def _links(entry: Element, rel: str) -> list[str]:
    return [link.get("href", "") for link in entry.findall("link") if link.get("rel") == rel]


def _reading(where: str, reading: Element, kind: _Type, feed: _Feed) -> None:
    start = _whole(reading.findtext("timePeriod/start") or "", SECONDS_MAX)
    duration = _whole(reading.findtext("timePeriod/duration") or "", SLOT_S)
    value = _whole(reading.findtext("value") or "", VALUE_MAX)
    if start is None or start < 0 or not duration or duration < 0 or SLOT_S % duration or start % duration:
        message = f"an interval starts on a multiple of its length, and that divides {SLOT_S} seconds"
        feed.refuse(where, "wrong_interval", message)
    elif value is None or value < 0:
        feed.refuse(where, "wrong_amount", "a value is a whole number from zero up; its ReadingType says the direction")
    elif (kind.register, start) in feed.starts:
        feed.refuse(where, "double_interval", "this interval stands there twice")
    else:
        cell = (kind.register, start // SLOT_S)
        feed.starts.add((kind.register, start))
        feed.where.setdefault(cell, where)
        feed.energy_wh[cell] = feed.energy_wh.get(cell, Decimal(0)) + Decimal(value).scaleb(kind.power)
        feed.covered_s[cell] = feed.covered_s.get(cell, 0) + duration
        if {quality.text for quality in reading.findall("ReadingQuality/quality")} & ESTIMATES:
            feed.estimated.add(cell)


def _whole(written: str, largest: int) -> int | None:
    digits = written.strip()
    if not (digits.isascii() and digits.removeprefix("-").isdigit() and len(digits) <= len(str(largest)) + 1):
        return None
    return int(digits) if abs(int(digits)) <= largest else None
