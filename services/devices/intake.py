"""Readings come in: screened by device trust, kept once, and never lost for a bad neighbour's sake.

Every envelope of a call stands alone, and all good ones commit in one transaction. The same reading sent again counts
once. The same counter with other content never overwrites: the first stays, an alarm and a signed journal entry say so.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection

from domain.errors import Fault
from domain.reading import Reading
from identity.devices import read_envelope
from identity.signatures import Envelope
from memory import alarms, registry
from memory.devices import device_keys, partitions, telemetry
from services.steps import Steps

CONFLICT = "reading.conflict"


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
    now, kept_from = steps.clock(), partitions.kept_from(tx)
    asked = {each.device_id for each in envelopes}
    devices, retired = registry.devices_of(tx, asked), device_keys.of_devices(tx, asked)
    outcomes: list[Outcome | None] = []
    good: list[telemetry.Sent] = []
    for envelope in envelopes:
        device = devices.get(envelope.device_id)
        batch, faults = read_envelope(
            envelope,
            device,
            now,
            audience,
            retired=retired.get((envelope.device_id, envelope.key_id)),
            backfill=backfill,
            slot_min=slot_min,
            kept_from=kept_from,
        )
        outcomes.append(Outcome(envelope.id, Status.REFUSED, faults=tuple(faults)) if faults else None)
        if device and batch and not faults:
            good.append(telemetry.Sent(envelope, batch, device.site_id))
    kept = map(_outcome, good, telemetry.append(tx, good, now))
    told = [outcome or next(kept) for outcome in outcomes]
    for envelope, outcome in zip(envelopes, told, strict=True):
        if outcome.status is Status.CONFLICT:
            _alarm(tx, steps, envelope, outcome)
    return told


def _outcome(sent: telemetry.Sent, appended: telemetry.Appended) -> Outcome:
    envelope = sent.envelope
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
