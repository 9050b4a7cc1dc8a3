"""Meter readings as they are read back: columns for the market, envelope by envelope for the audit.

A correction is a new reading of the same slot: what is corrected outranks what was measured, that outranks what was
substituted or estimated, and among equals the later counter counts. memory.devices.telemetry keeps what comes in.

A charger's own readings stand beside those of its site's meter and fill in what the meter leaves open: the vehicle.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

import numpy as np
from psycopg import sql
from sqlalchemy import Connection, func, select, text

from domain.order import Column
from domain.reading import REGISTERS, Quality, Reading
from memory import tables
from memory.rows import read_columns

OF_A_READING = ("device_id", "boot", "counter", "slot", *REGISTERS, "quality")
BATCH_ROWS = 5_000
QUALITY_OF = {str(quality): quality for quality in Quality}
OF_CHARGERS = sql.SQL("IN (SELECT id FROM device WHERE kind = 'ev_charger')")
OF_METERS = sql.SQL("NOT IN (SELECT id FROM device WHERE kind = 'ev_charger')")
RANKS = (Quality.ESTIMATED, Quality.SUBSTITUTED, Quality.MEASURED, Quality.CORRECTED)

Name = tuple[str, int, int]
AFTER_ALL: tuple[str, Iterator[tuple[str, Reading]]] = ("~", iter(()))  # sorts after every id in hex digits


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


def history(tx: Connection, site_ids: Sequence[str], first_slot: int, last_slot: int) -> dict[str, Column]:
    """Each register and ``load_wh``, shape (sites, slots), int64, Wh; -1 where the meter was not read.

    Slots from first to last, both included; sites in the order given. What a vehicle took is the meter's word, or else
    its charger's, as far as the meter's registers allow: they are what is paid for.
    """
    found = _ranked(tx, site_ids, first_slot, last_slot, OF_METERS)
    shape = (len(site_ids), max(last_slot - first_slot + 1, 0))
    cell = (found["place"] - 1, found["slot"] - first_slot)
    grids = {name: np.full(shape, -1, np.int64) for name in REGISTERS}
    for name, grid in grids.items():
        grid[cell] = found[name]
    flows = grids["import_wh"] - grids["export_wh"] + grids["generation_wh"]
    load_wh = flows - grids["charge_wh"] + grids["discharge_wh"]
    _fill_in(grids, _ranked(tx, site_ids, first_slot, last_slot, OF_CHARGERS), first_slot, load_wh)
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


def first_slot_received(tx: Connection, device_id: str, since: datetime) -> int | None:
    """The earliest slot that a device's envelopes received from a moment on speak of, None without any."""
    reading, envelope = tables.reading, tables.envelope
    joined = reading.join(envelope, reading.c.envelope_id == envelope.c.id)
    wanted = select(func.min(reading.c.slot)).select_from(joined)
    asked = wanted.where(reading.c.device_id == device_id, envelope.c.received_at >= since)
    return tx.execute(asked).scalar_one_or_none()


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
        fields = (*plain, QUALITY_OF[quality])
        yield envelope_id, Reading(*fields)


def _fill_in(grids: dict[str, Column], said: dict[str, Column], first_slot: int, with_vehicle_wh: Column) -> None:
    """Put chargers' words where the meter was read and says nothing of a vehicle. with_vehicle_wh: the load and what
    the vehicle took, which bounds it."""
    place, slot = said["place"] - 1, said["slot"] - first_slot
    silent = grids["import_wh"] >= 0
    for name in REGISTERS:
        if name.startswith("vehicle_"):
            silent &= grids[name] <= 0
    heard = silent[place, slot]
    cell = (place[heard], slot[heard])
    charged_wh, given_wh = said["vehicle_charge_wh"][heard], said["vehicle_discharge_wh"][heard]
    grids["vehicle_charge_wh"][cell] = np.minimum(charged_wh, with_vehicle_wh[cell] + given_wh)
    grids["vehicle_discharge_wh"][cell] = given_wh
    grids["vehicle_stored_wh"][cell] = said["vehicle_stored_wh"][heard]


def _ranked(
    tx: Connection, site_ids: Sequence[str], first_slot: int, last_slot: int, devices: sql.SQL
) -> dict[str, Column]:
    """One row for each site and slot, the one that counts among those of some devices."""
    names = ["place", "slot", *REGISTERS, "rank", "boot", "counter"]
    cases = sql.SQL(" ").join(
        sql.SQL("WHEN {} THEN {}").format(sql.Literal(str(quality)), sql.SQL(str(rank)))
        for rank, quality in enumerate(RANKS)
    )
    wanted = sql.SQL(
        "SELECT place, slot, {}, (CASE quality {} END)::bigint AS rank, boot, counter FROM reading "
        "JOIN unnest(%s::text[]) WITH ORDINALITY AS asked(site_id, place) USING (site_id) "
        "WHERE slot BETWEEN %s AND %s AND device_id {}"
    ).format(sql.SQL(", ").join(sql.Identifier(name) for name in REGISTERS), cases, devices)
    found = read_columns(tx, wanted, names, [list(site_ids), first_slot, last_slot])
    order = np.lexsort([found[name] for name in ("counter", "boot", "rank", "slot", "place")])
    found = {name: column[order] for name, column in found.items()}
    next_differs = (np.diff(found["place"]) != 0) | (np.diff(found["slot"]) != 0)
    counts = np.append(next_differs, True)[: len(order)]
    return {name: column[counts] for name, column in found.items()}
