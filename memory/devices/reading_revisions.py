"""Readings one by one, each with its place among what was said of the same site and slot.

A correction never changes a reading, it stands beside it and outranks it; which one counts follows the same order as
memory.devices.readings, whose columns are what trading uses. A charger's readings have an order of their own.
"""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, Select, case, func, select

from domain.reading import REGISTERS, Quality, Reading
from domain.site import DeviceKind
from memory import tables
from memory.devices.readings import OF_A_READING, RANKS
from memory.window import Sites, Window, at_sites, cut


@dataclass(frozen=True, slots=True)
class Revision:
    """A reading on record. number: its place among those of the same site and slot, from 1. counts: nothing outranks
    it. received_at: when it came."""

    site_id: str
    reading: Reading
    number: int
    counts: bool
    received_at: datetime


class Wanted(NamedTuple):
    """Which readings: of slots from first to last, of some sites, of one device, of one quality; only what counts."""

    first_slot: int
    last_slot: int
    sites: Sites
    device_id: str | None = None
    quality: Quality | None = None
    only_counting: bool = False


def revisions(tx: Connection, wanted: Wanted, window: Window) -> list[Revision]:
    """By slot, site, number, device; the window's key is these four."""
    found = _numbered(wanted, window).subquery().c
    conditions: list[ColumnElement[bool]] = []
    if wanted.device_id is not None:
        conditions.append(found.device_id == wanted.device_id)
    if wanted.quality is not None:
        conditions.append(found.quality == str(wanted.quality))
    if wanted.only_counting:
        conditions.append(found.number == found.numbers)
    envelope = tables.envelope.c
    rows = select(*found, envelope.received_at).join_from(
        tables.envelope, found.number.table, envelope.id == found.envelope_id
    )
    keys = [found.slot, found.site_id, found.number, found.device_id]
    return [_revision(row) for row in tx.execute(cut(rows.where(*conditions), keys, window))]


def key_of(revision: Revision) -> tuple[int | str, ...]:
    """The window's key of a revision."""
    return (revision.reading.slot, revision.site_id, revision.number, revision.reading.device_id)


def _numbered(wanted: Wanted, window: Window) -> "Select[Any]":
    """Every reading of the slots and sites with its place among its own. Slots before the window's are left out."""
    reading, device = tables.reading.c, tables.device.c
    of_a_charger = device.kind == str(DeviceKind.EV_CHARGER)
    rank = case({str(quality): place for place, quality in enumerate(RANKS)}, value=reading.quality)
    alike: dict[str, Any] = {"partition_by": [reading.site_id, reading.slot, of_a_charger]}
    number = func.row_number().over(**alike, order_by=[rank, reading.boot, reading.counter, reading.device_id])
    first_slot = max(wanted.first_slot, int(window.after[0])) if window.after else wanted.first_slot
    columns = [reading.site_id, reading.envelope_id, *(reading[name] for name in OF_A_READING)]
    joined = tables.reading.join(tables.device, device.id == reading.device_id)
    return (
        select(*columns, number.label("number"), func.count().over(**alike).label("numbers"))
        .select_from(joined)
        .where(reading.slot.between(first_slot, wanted.last_slot), *at_sites(wanted.sites, reading.site_id))
    )


def _revision(row: "Row[Any]") -> Revision:
    fields = {name: getattr(row, name) for name in OF_A_READING} | {"quality": Quality(row.quality)}
    return Revision(row.site_id, Reading(**fields), row.number, row.number == row.numbers, row.received_at)


def amounts_of(revision: Revision) -> dict[str, int]:
    """The registers of a reading, Wh."""
    said = asdict(revision.reading)
    return {name: said[name] for name in REGISTERS}
