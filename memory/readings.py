"""Meter readings, append-only, each counted once however often it is sent.

(device, boot, counter) names a reading. The same name with the same content is a duplicate and counts once; with other
content it is refused and given back, so that the caller can raise an alarm. A correction is a new reading of the same
slot: what is corrected outranks what was measured, that outranks what was substituted or estimated, and among equals
the later counter counts.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any, NamedTuple, Protocol

import numpy as np
from psycopg import sql
from sqlalchemy import Connection, RowMapping, func, select, text

from domain.order import Column
from domain.reading import Quality, Reading
from memory import tables
from memory.rows import add_rows, read_columns, write_once

REGISTERS = (
    "import_wh", "export_wh", "generation_wh", "charge_wh", "discharge_wh", "stored_wh", "vehicle_charge_wh",
    "vehicle_discharge_wh", "vehicle_stored_wh",
)  # fmt: skip
OF_A_READING = ("device_id", "boot", "counter", "slot", *REGISTERS, "quality")
FIELDS = attrgetter(*OF_A_READING)
NAMES = (*OF_A_READING, "site_id", "envelope_id")
BATCH_ROWS = 5_000
QUALITIES = {str(quality): quality for quality in Quality}
RANKS = (Quality.ESTIMATED, Quality.SUBSTITUTED, Quality.MEASURED, Quality.CORRECTED)

Name = tuple[str, int, int]
AFTER_ALL: tuple[str, Iterator[tuple[str, Reading]]] = ("~", iter(()))  # sorts after every id in hex digits


class SignedEnvelope(Protocol):
    """What is kept of an envelope, as identity.signatures.Envelope has it."""

    @property
    def id(self) -> str: ...
    @property
    def device_id(self) -> str: ...
    @property
    def key_id(self) -> str: ...
    @property
    def boot(self) -> int: ...
    @property
    def counter_first(self) -> int: ...
    @property
    def created_at(self) -> datetime: ...
    @property
    def audience(self) -> str: ...
    @property
    def payload(self) -> bytes: ...
    @property
    def signature(self) -> bytes: ...


@dataclass(frozen=True, slots=True)
class KeptEnvelope:
    """A stored envelope: the fields of identity.signatures.Envelope, its id as stored, and when it came."""

    id: str
    device_id: str
    key_id: str
    boot: int
    counter_first: int
    counter_last: int
    created_at: datetime
    audience: str
    payload: bytes
    signature: bytes
    received_at: datetime


class Appended(NamedTuple):
    """What became of readings. conflicting: those whose name already stands for other content, in the order given."""

    accepted: int
    duplicate: int
    conflicting: list[Reading]


def append(
    tx: Connection,
    envelope: SignedEnvelope,
    readings: Sequence[Reading],
    site_of: Mapping[str, str],
    received_at: datetime | None = None,
) -> Appended:
    """Keep one envelope and its readings. site_of: the site of each meter. received_at: its creation if not given."""
    return append_many(tx, [(envelope, readings)], site_of, received_at)


def append_many(
    tx: Connection,
    sent: Sequence[tuple[SignedEnvelope, Sequence[Reading]]],
    site_of: Mapping[str, str],
    received_at: datetime | None = None,
) -> Appended:
    """Keep many envelopes at once, as :func:`append` keeps one; a whole day of a community in one statement."""
    write_once(tx, tables.envelope, _envelope_rows(sent, received_at), grows=["received_at", "signature"])
    named = [(envelope.id, readings) for envelope, readings in sent]
    rows = (
        (*FIELDS(each), site_of[each.device_id], envelope_id) for envelope_id, readings in named for each in readings
    )
    added = add_rows(tx, tables.reading, NAMES, rows, grows=["envelope_id"])
    stored = _stored(tx, added.differing)
    everything = [reading for _, readings in sent for reading in readings]
    conflicting = [each for each in everything if stored and stored.get(_name(each), each) != each]
    return Appended(added.written, len(everything) - added.written - len(conflicting), conflicting)


def history(tx: Connection, site_ids: Sequence[str], first_slot: int, last_slot: int) -> dict[str, Column]:
    """Each register and ``load_wh``, shape (sites, slots), int64, Wh; -1 where nothing was read.

    Slots from first to last, both included; sites in the order given.
    """
    found = _ranked(tx, site_ids, first_slot, last_slot)
    shape = (len(site_ids), max(last_slot - first_slot + 1, 0))
    cell = (found["place"] - 1, found["slot"] - first_slot)
    grids = {name: np.full(shape, -1, np.int64) for name in REGISTERS}
    for name, grid in grids.items():
        grid[cell] = found[name]
    flows = grids["import_wh"] - grids["export_wh"] + grids["generation_wh"]
    load_wh = flows - grids["charge_wh"] + grids["discharge_wh"]
    load_wh += grids["vehicle_discharge_wh"] - grids["vehicle_charge_wh"]
    return {**grids, "load_wh": np.where(grids["import_wh"] < 0, -1, load_wh)}


def mark(tx: Connection) -> str:
    """A moment in the order in which transactions become visible, for :func:`first_slot_since`."""
    return str(tx.execute(text("SELECT CAST(pg_snapshot_xmin(pg_current_snapshot()) AS xid)")).scalar_one())


def first_slot_since(tx: Connection, mark: str) -> int | None:
    """The earliest slot of readings that were not all visible when ``mark`` was taken, None when nothing came since.

    It asks by transaction, not by clock: an envelope that was received before the mark may have committed after it.
    """
    wanted = text(
        "SELECT min(slot) FROM envelope JOIN reading ON reading.device_id = envelope.device_id "
        "AND reading.boot = envelope.boot AND counter BETWEEN counter_first AND counter_last "
        "WHERE age(envelope.xmin) <= age(CAST(CAST(:mark AS text) AS xid))"
    )
    found: int | None = tx.execute(wanted, {"mark": mark}).scalar_one()
    return found


def last_slot(tx: Connection) -> int | None:
    """The latest slot of which anything was read, None before the first reading."""
    return tx.execute(select(func.max(tables.reading.c.slot))).scalar_one_or_none()


def last_counters(tx: Connection, device_ids: Iterable[str], boots: Iterable[int]) -> dict[str, int]:
    """The highest counter under these boots of each device that has one."""
    reading = tables.reading.c
    wanted = select(reading.device_id, func.max(reading.counter).label("counter")).group_by(reading.device_id)
    rows = tx.execute(wanted.where(reading.device_id.in_(list(device_ids)), reading.boot.in_(list(boots))))
    return {row.device_id: row.counter for row in rows}


def count(tx: Connection) -> int:
    """How many readings are kept."""
    return tx.execute(select(func.count()).select_from(tables.reading)).scalar_one()


def by_envelope(tx: Connection) -> Iterator[tuple[KeptEnvelope, list[Reading]]]:
    """Every envelope with the readings that were accepted from it, in order of envelope id: for the audit."""
    groups = groupby(_by_envelope_id(tx), key=lambda found: found[0])
    envelope_id, group = next(groups, AFTER_ALL)
    wanted = select(tables.envelope).order_by(tables.envelope.c.id)
    for row in tx.execute(wanted, execution_options={"yield_per": BATCH_ROWS}):
        while envelope_id < row.id:
            envelope_id, group = next(groups, AFTER_ALL)
        accepted = [reading for _, reading in group] if envelope_id == row.id else []
        fields = {**row._mapping, "payload": bytes(row.payload), "signature": bytes(row.signature)}
        yield KeptEnvelope(**fields), accepted


def misplaced(tx: Connection) -> list[Name]:
    """Readings whose site is not that of their device, by name: for the audit, since no signature covers the site."""
    reading, device = tables.reading.c, tables.device.c
    known = tables.reading.outerjoin(tables.device, device.id == reading.device_id)
    wanted = select(reading.device_id, reading.boot, reading.counter).select_from(known)
    wrong = wanted.where(reading.site_id.is_distinct_from(device.site_id))
    rows = tx.execute(wrong.order_by(reading.device_id, reading.boot, reading.counter))
    return [(row.device_id, row.boot, row.counter) for row in rows]


def _by_envelope_id(tx: Connection) -> Iterator[tuple[str, Reading]]:
    columns = tables.reading.c
    wanted = select(columns.envelope_id, *(columns[name] for name in OF_A_READING))
    ordered = wanted.order_by(columns.envelope_id, columns.counter)
    for envelope_id, *plain, quality in tx.execute(ordered, execution_options={"yield_per": BATCH_ROWS}):
        fields = (*plain, QUALITIES[quality])
        yield envelope_id, Reading(*fields)


def _ranked(tx: Connection, site_ids: Sequence[str], first_slot: int, last_slot: int) -> dict[str, Column]:
    """One row for each site and slot, the one that counts."""
    names = ["place", "slot", *REGISTERS, "rank", "boot", "counter"]
    cases = sql.SQL(" ").join(
        sql.SQL("WHEN {} THEN {}").format(sql.Literal(str(quality)), sql.SQL(str(rank)))
        for rank, quality in enumerate(RANKS)
    )
    wanted = sql.SQL(
        "SELECT place, slot, {}, (CASE quality {} END)::bigint AS rank, boot, counter FROM reading "
        "JOIN unnest(%s::text[]) WITH ORDINALITY AS asked(site_id, place) USING (site_id) WHERE slot BETWEEN %s AND %s"
    ).format(sql.SQL(", ").join(sql.Identifier(name) for name in REGISTERS), cases)
    found = read_columns(tx, wanted, names, [list(site_ids), first_slot, last_slot])
    order = np.lexsort([found[name] for name in ("counter", "boot", "rank", "slot", "place")])
    found = {name: column[order] for name, column in found.items()}
    next_differs = (np.diff(found["place"]) != 0) | (np.diff(found["slot"]) != 0)
    counts = np.append(next_differs, True)[: len(order)]
    return {name: column[counts] for name, column in found.items()}


def _stored(tx: Connection, names: Sequence[Name]) -> dict[Name, Reading]:
    reading = tables.reading.c
    found: dict[Name, Reading] = {}
    for device_id, boot, counter in names:
        key = (reading.device_id == device_id, reading.boot == boot, reading.counter == counter)
        found[device_id, boot, counter] = _reading(tx.execute(select(tables.reading).where(*key)).one()._mapping)
    return found


def _envelope_rows(
    sent: Iterable[tuple[SignedEnvelope, Sequence[Reading]]], received_at: datetime | None
) -> list[dict[str, object]]:
    return [
        {
            "id": envelope.id,
            "device_id": envelope.device_id,
            "key_id": envelope.key_id,
            "boot": envelope.boot,
            "counter_first": envelope.counter_first,
            "counter_last": envelope.counter_first + len(readings) - 1,
            "created_at": envelope.created_at,
            "audience": envelope.audience,
            "payload": envelope.payload,
            "signature": envelope.signature,
            "received_at": received_at or envelope.created_at,
        }
        for envelope, readings in sent
    ]


def _name(reading: Reading) -> Name:
    return (reading.device_id, reading.boot, reading.counter)


def _reading(row: RowMapping) -> Reading:
    fields: dict[str, Any] = {name: row[name] for name in OF_A_READING}
    return Reading(**{**fields, "quality": Quality(row["quality"])})
