"""Readings come in: screened by device trust, kept once, and never lost for a bad neighbour's sake.

Every envelope of a call stands alone, and all good ones commit in one transaction. The same reading sent again counts
once. The same counter with other content never overwrites: the first stays, an alarm and a signed journal entry say so.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from sqlalchemy import Connection

from domain.errors import Fault
from domain.reading import Reading
from identity.devices import read_envelope
from identity.signatures import Envelope
from memory import alarms, readings, registry
from services.steps import Steps

CONFLICT = "reading.conflict"
Sent: TypeAlias = tuple[Envelope, Sequence[Reading]]


class Status(StrEnum):
    """What became of an envelope."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One envelope's fate. ``readings``: how many of it are new. ``faults``: everything that is wrong with it."""

    envelope_id: str
    status: Status
    readings: int = 0
    faults: tuple[Fault, ...] = ()


def accept(
    steps: Steps, envelopes: Sequence[Envelope], audience: str, slot_min: int, *, backfill: bool = False
) -> list[Outcome]:
    """Screen and keep envelopes; one outcome each, in their order. Raises DatabaseDown or StorageFull, nothing kept.

    audience: the market that envelopes must be meant for. slot_min: minutes of its slots. backfill: old readings are no
    fault.
    """
    with steps.database.begin("intake") as tx:
        return accept_within(tx, steps, envelopes, audience, slot_min, backfill=backfill)


def accept_within(
    tx: Connection,
    steps: Steps,
    envelopes: Sequence[Envelope],
    audience: str,
    slot_min: int,
    *,
    backfill: bool = False,
) -> list[Outcome]:
    """The same inside the caller's transaction, which may give everything up."""
    now = steps.clock()
    devices = {device.id: device for device in registry.devices(tx)}
    screened = [
        read_envelope(each, devices.get(each.device_id), now, audience, backfill=backfill, slot_min=slot_min)
        for each in envelopes
    ]
    faults = [found for _, found in screened]
    good = [(each, read) for each, (read, found) in zip(envelopes, screened, strict=True) if not found]
    kept = iter(_keep(tx, good, {device.id: device.site_id for device in devices.values()}, now))
    outcomes = [
        Outcome(envelope.id, Status.REFUSED, faults=tuple(found)) if found else next(kept)
        for envelope, found in zip(envelopes, faults, strict=True)
    ]
    for envelope, outcome in zip(envelopes, outcomes, strict=True):
        if outcome.status is Status.CONFLICT:
            _alarm(tx, steps, envelope, outcome)
    return outcomes


def _keep(tx: Connection, sent: Sequence[Sent], site_of: dict[str, str], now: datetime) -> list[Outcome]:
    """All at once when everything is new or everything is known; else one by one, to tell which is which."""
    if not sent:
        return []
    at_once = tx.begin_nested()
    appended = readings.append_many(tx, sent, site_of, now)
    if not appended.conflicting and 0 in (appended.accepted, appended.duplicate):
        at_once.commit()
        is_new = appended.accepted > 0
        status = Status.ACCEPTED if is_new else Status.DUPLICATE
        return [Outcome(envelope.id, status, len(read) if is_new else 0) for envelope, read in sent]
    at_once.rollback()
    return [_outcome(envelope, readings.append(tx, envelope, read, site_of, now)) for envelope, read in sent]


def _outcome(envelope: Envelope, appended: readings.Appended) -> Outcome:
    if appended.conflicting:
        faults = tuple(_conflict(reading) for reading in appended.conflicting)
        return Outcome(envelope.id, Status.CONFLICT, appended.accepted, faults)
    return Outcome(envelope.id, Status.ACCEPTED if appended.accepted else Status.DUPLICATE, appended.accepted)


def _conflict(reading: Reading) -> Fault:
    where = f"{reading.device_id}/{reading.boot}/{reading.counter}"
    return Fault(where, "other_content", f"this counter already stands for another reading of slot {reading.slot}")


def _alarm(tx: Connection, steps: Steps, envelope: Envelope, outcome: Outcome) -> None:
    body = {"envelope": envelope.id, "readings": [fault.where for fault in outcome.faults]}
    alarms.sound(tx, steps.clock(), CONFLICT, envelope.device_id, body)
    steps.note(tx, "gateway", CONFLICT, envelope.device_id, body)
