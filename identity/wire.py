"""Envelopes as they arrive from outside: turned into ours, or into the list of all their faults."""

import base64
import binascii
from datetime import UTC, datetime
from typing import Any

from domain.errors import Fault
from identity.signatures import Envelope

TEXTS = ("device_id", "key_id", "created_at", "audience", "payload", "signature")
WHOLES = ("boot", "counter_first")
COUNTER_MAX = 2**53
SHOWN_MAX = 100


def to_wire(envelope: Envelope) -> dict[str, Any]:
    """The envelope as JSON: payload as text, signature in base64, created_at in ISO 8601 with its offset."""
    return {
        "device_id": envelope.device_id,
        "key_id": envelope.key_id,
        "boot": envelope.boot,
        "counter_first": envelope.counter_first,
        "created_at": envelope.created_at.astimezone(UTC).isoformat(),
        "audience": envelope.audience,
        "payload": envelope.payload.decode(),
        "signature": base64.b64encode(envelope.signature).decode(),
    }


def from_wire(record: object, where: str = "envelope") -> Envelope | list[Fault]:
    """The envelope of :func:`to_wire`, or every fault of its form. The signature is not checked here."""
    if not isinstance(record, dict):
        return [Fault(where, "wrong_form", "an envelope is an object")]
    missing = [name for name in TEXTS + WHOLES if name not in record]
    if missing:
        return [Fault(f"{where}:{name}", "missing", f"{name} is missing") for name in missing]
    return _form_faults(record, where) or Envelope(
        device_id=record["device_id"],
        key_id=record["key_id"],
        boot=record["boot"],
        counter_first=record["counter_first"],
        created_at=datetime.fromisoformat(record["created_at"]),
        audience=record["audience"],
        payload=record["payload"].encode(),
        signature=base64.b64decode(record["signature"]),
    )


def _form_faults(record: dict[str, Any], where: str) -> list[Fault]:
    faults = [
        Fault(f"{where}:{name}", "wrong_type", f"{name} is text, not {_shown(record[name])}")
        for name in TEXTS
        if not _is_text(record[name])
    ]
    faults += [
        Fault(f"{where}:{name}", "wrong_type", f"{name} is a whole number from 0 to 2^53, not {_shown(record[name])}")
        for name in WHOLES
        if not _is_whole(record[name], COUNTER_MAX)
    ]
    if _is_text(record["created_at"]) and not _is_moment(record["created_at"]):
        faults.append(Fault(f"{where}:created_at", "wrong_time", "created_at is ISO 8601 with its offset"))
    if _is_text(record["signature"]) and not _is_base64(record["signature"]):
        faults.append(Fault(f"{where}:signature", "wrong_form", "signature is base64"))
    return faults


def _shown(value: object) -> str:
    """What came instead, as far as it helps: nobody is sent back all that it sent."""
    return repr(value)[:SHOWN_MAX]


def _is_text(value: object) -> bool:
    """Text that PostgreSQL and UTF-8 can hold: no NUL, no half of a surrogate pair."""
    if not isinstance(value, str) or "\0" in value:
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_whole(value: object, largest: int) -> bool:
    return type(value) is int and 0 <= value <= largest


def _is_moment(written: str) -> bool:
    try:
        moment = datetime.fromisoformat(written)
        return moment.tzinfo is not None and moment.astimezone(UTC).year > 1
    except (ValueError, OverflowError):
        return False


def _is_base64(written: str) -> bool:
    try:
        base64.b64decode(written, validate=True)
    except (binascii.Error, ValueError):
        return False
    return True
