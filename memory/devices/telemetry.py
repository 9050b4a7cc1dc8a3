"""Meter readings come to be kept: append-only, each counted once however often it is sent.

(device, boot, counter) names a reading. The same name with the same content is a duplicate and counts once; with other
content it is refused and given back, so that the caller can raise an alarm. Every name of every partition is known, so
a reading may come late and out of order, and no replay counts. PostgreSQL holds names apart within a partition only;
so whoever appends looks the names up first, and one transaction appends at a time.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple, Protocol

import numpy as np
from psycopg import sql
from sqlalchemy import Connection, text

from domain.order import Column
from domain.reading import REGISTERS, Reading
from domain.reading_batch import QUALITIES, ReadingBatch
from memory.devices import partitions
from memory.rows import bind_columns, driver, read_columns

APPEND_LOCK = 0x72656164  # "read"
ENVELOPE_FIELDS = {
    "id": "text", "device_id": "text", "key_id": "text", "boot": "bigint", "counter_first": "bigint",
    "counter_last": "bigint", "created_at": "timestamptz", "audience": "text", "payload": "bytea",
    "signature": "bytea", "received_at": "timestamptz",
}  # fmt: skip

Name = tuple[str, int, int]
Content = tuple[int, ...]


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


class Sent(NamedTuple):
    """An envelope, its readings, and the site of its meter."""

    envelope: SignedEnvelope
    batch: ReadingBatch
    site_id: str


class Appended(NamedTuple):
    """What became of a batch. conflicting: those whose name already stands for other content, in their order."""

    accepted: int
    duplicate: int
    conflicting: list[Reading]


def append(tx: Connection, sent: Sequence[Sent], received_at: datetime | None = None) -> list[Appended]:
    """Keep envelopes with their readings; one answer each, in their order. received_at: its creation if not given."""
    if not sent:
        return []
    tx.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": APPEND_LOCK})
    _write_envelopes(tx, sent, received_at)
    batches = [each.batch for each in sent]
    known = _known(tx, batches)
    fates = _told_apart(batches, known) if known or _overlap(batches) else [_all_new(batch) for batch in batches]
    new = [each for each, _ in fates]
    if any(len(places) for places in new):
        _write_readings(tx, sent, new)
    return [fate for _, fate in fates]


def _all_new(batch: ReadingBatch) -> tuple[Column, Appended]:
    return np.arange(len(batch)), Appended(len(batch), 0, [])


def _known(tx: Connection, batches: Sequence[ReadingBatch]) -> dict[Name, Content]:
    """What already stands under the names of these batches, in any partition."""
    names = ["place", "counter", "slot", *REGISTERS, "quality_place"]
    wanted = sql.SQL(
        "SELECT place, found.* FROM unnest(%b::text[], %b::bigint[], %b::bigint[], %b::bigint[]) WITH ORDINALITY "
        "AS asked(device_id, boot, first, last, place), LATERAL (SELECT counter, slot, {}, "
        "array_position(%s::text[], quality) - 1::bigint AS quality_place FROM reading "
        "WHERE device_id = asked.device_id AND boot = asked.boot AND counter BETWEEN first AND last OFFSET 0) AS found"
    ).format(_listed(REGISTERS))
    runs = [list(run) for run in zip(*map(_run, batches), strict=True)]
    found = read_columns(tx, wanted, names, [*runs, [str(each) for each in QUALITIES]])
    asked = [_run(batch)[:2] for batch in batches]
    rows = zip(*[found[name].tolist() for name in names], strict=True)
    return {(*asked[place - 1], counter): tuple(content) for place, counter, *content in rows}


def _overlap(batches: Sequence[ReadingBatch]) -> bool:
    """Whether a name may stand in two of the batches."""
    return any(a[:2] == b[:2] and b[2] <= a[3] for a, b in pairwise(sorted(map(_run, batches))))


def _run(batch: ReadingBatch) -> tuple[str, int, int, int]:
    return batch.device_id, batch.boot, batch.counter_first, batch.counter_first + len(batch) - 1


def _told_apart(batches: Sequence[ReadingBatch], known: dict[Name, Content]) -> list[tuple[Column, Appended]]:
    """Reading by reading, in their order: what comes first under a name is what the name stands for."""
    fates = []
    for batch in batches:
        new: list[int] = []
        conflicting: list[Reading] = []
        columns = [batch.slot, *[batch.register(name) for name in REGISTERS], batch.quality_places()]
        for place, content in enumerate(zip(*[column.tolist() for column in columns], strict=True)):
            name = (batch.device_id, batch.boot, batch.counter_first + place)
            if name not in known:
                known[name] = content
                new.append(place)
            elif known[name] != content:
                conflicting.append(batch.reading(place))
        duplicate = len(batch) - len(new) - len(conflicting)
        fates.append((np.array(new, np.int64), Appended(len(new), duplicate, conflicting)))
    return fates


def _write_readings(tx: Connection, sent: Sequence[Sent], new: Sequence[Column]) -> None:
    """Every new reading in one statement. What an envelope's readings share travels once, and zeros do not travel."""
    columns = _new_columns([each.batch for each in sent], new)
    partitions.make(tx, np.unique(columns["slot"]).tolist())
    written = [name for name in columns if name not in {"place", "quality_place"}]
    zero = [name for name in REGISTERS if name not in columns]
    statement = sql.SQL(
        "INSERT INTO reading (device_id, boot, site_id, envelope_id, quality, {}) "
        "SELECT device_id, boot, site_id, envelope_id, {}, {} FROM unnest({}) AS one({}) "
        "JOIN unnest(%b::text[], %b::bigint[], %b::text[], %b::text[]) WITH ORDINALITY "
        "AS envelope(device_id, boot, site_id, envelope_id, place) USING (place)"
    ).format(
        _listed([*written, *zero]),
        sql.SQL("(%s::text[])[quality_place + 1]" if "quality_place" in columns else "(%s::text[])[1]"),
        sql.SQL(", ").join([*map(sql.Identifier, written), *[sql.SQL("0")] * len(zero)]),
        sql.SQL(", ").join([sql.SQL("%b::bigint[]")] * len(columns)),
        _listed(columns),
    )
    shared = [(each.batch.device_id, each.batch.boot, each.site_id, each.envelope.id) for each in sent]
    with driver(tx).cursor() as cursor:
        bind_columns(cursor)
        qualities = [str(each) for each in QUALITIES]
        cursor.execute(statement, [qualities, *columns.values(), *map(list, zip(*shared, strict=True))])
        assert cursor.rowcount == len(columns["slot"]), "whoever appends is alone and has looked the names up"


def _new_columns(batches: Sequence[ReadingBatch], new: Sequence[Column]) -> dict[str, Column]:
    """The new readings of all batches as columns, by name; a register that is zero throughout has none."""
    pairs = [(batch, places) for batch, places in zip(batches, new, strict=True)]
    columns = {
        "place": np.repeat(np.arange(1, len(new) + 1), [len(places) for places in new]),
        "counter": np.concatenate([batch.counter_first + places for batch, places in pairs]),
        "slot": np.concatenate([batch.slot[places] for batch, places in pairs]),
    }
    for name in REGISTERS:
        if any(name in batch.amounts for batch in batches):
            columns[name] = np.concatenate([batch.register(name)[places] for batch, places in pairs])
    if any(batch.quality is not None for batch in batches):
        columns["quality_place"] = np.concatenate([batch.quality_places()[places] for batch, places in pairs])
    return columns


def _write_envelopes(tx: Connection, sent: Sequence[Sent], received_at: datetime | None) -> None:
    """Each once: the id is a digest of everything that was signed, so the same id has the same content."""
    rows = [_envelope_row(each, received_at) for each in sent]
    statement = sql.SQL("INSERT INTO envelope ({}) SELECT * FROM unnest({}) ON CONFLICT DO NOTHING").format(
        _listed(ENVELOPE_FIELDS),
        sql.SQL(", ").join(sql.SQL(f"%b::{kind}[]") for kind in ENVELOPE_FIELDS.values()),
    )
    with driver(tx).cursor(binary=True) as cursor:
        cursor.execute(statement, [list(column) for column in zip(*rows, strict=True)])


def _envelope_row(sent: Sent, received_at: datetime | None) -> tuple[object, ...]:
    envelope, (_, _, first, last) = sent.envelope, _run(sent.batch)
    named = (envelope.id, envelope.device_id, envelope.key_id, envelope.boot, first, last)
    signed = (envelope.created_at, envelope.audience, envelope.payload, envelope.signature)
    return *named, *signed, received_at or envelope.created_at


def _listed(names: Iterable[str]) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(name) for name in names)
