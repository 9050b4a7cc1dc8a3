"""Envelopes and payloads as they arrive from outside: turned into ours, or into the list of all their faults."""

import base64
import binascii
import json
from datetime import UTC, datetime
from typing import Any

from domain.errors import Fault
from domain.nesting import nested_too_deep
from domain.reading import Quality, Reading
from identity.signatures import AMOUNTS, UNIT, Envelope

TEXTS = ("device_id", "key_id", "created_at", "audience", "payload", "signature")
WHOLES = ("boot", "counter_first")
COUNTER_MAX = 2**53
SLOT_MAX = 2**26  # some day of the year 5797
AMOUNT_WH_MAX = 10**9
AMOUNT_NAMES = frozenset(AMOUNTS)
QUALITIES = frozenset(str(quality) for quality in Quality)


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


def readings_of(envelope: Envelope, where: str = "payload") -> tuple[list[Reading], list[Fault]]:
    """The readings of the payload, and every fault of its form; no reading is given when there is one fault."""
    try:
        text = envelope.payload.decode()
        records = None if nested_too_deep(text) else json.loads(text)
    except ValueError:
        return [], [Fault(where, "wrong_form", "the payload is a JSON list of readings")]
    if not isinstance(records, list) or not records:
        return [], [Fault(where, "wrong_form", "the payload is a JSON list of at least one reading")]
    faults = [
        fault
        for place, record in enumerate(records)
        if not _is_plain(record)
        for fault in _record_faults(record, f"{where}[{place}]")
    ]
    return ([], faults) if faults else ([_reading(envelope, at, record) for at, record in enumerate(records)], [])


def _form_faults(record: dict[str, Any], where: str) -> list[Fault]:
    faults = [
        Fault(f"{where}:{name}", "wrong_type", f"{name} is text, not {record[name]!r}")
        for name in TEXTS
        if not _is_text(record[name])
    ]
    faults += [
        Fault(f"{where}:{name}", "wrong_type", f"{name} is a whole number from 0 to 2^53, not {record[name]!r}")
        for name in WHOLES
        if not _is_whole(record[name], COUNTER_MAX)
    ]
    if _is_text(record["created_at"]) and not _is_moment(record["created_at"]):
        faults.append(Fault(f"{where}:created_at", "wrong_time", "created_at is ISO 8601 with its offset"))
    if _is_text(record["signature"]) and not _is_base64(record["signature"]):
        faults.append(Fault(f"{where}:signature", "wrong_form", "signature is base64"))
    return faults


def _is_plain(record: object) -> bool:
    """Whether a record is beyond doubt, as nearly all are; the others are looked at field by field."""
    if type(record) is not dict or record.get("unit") != UNIT or not _is_whole(record.get("slot"), SLOT_MAX):
        return False
    amounts = record.keys() - {"unit", "slot"}
    return amounts <= AMOUNT_NAMES and all(_is_whole(record[name], AMOUNT_WH_MAX) for name in amounts)


def _record_faults(record: object, where: str) -> list[Fault]:
    if not isinstance(record, dict):
        return [Fault(where, "wrong_form", "a reading is an object")]
    faults = []
    if record.get("unit") != UNIT:
        faults.append(Fault(f"{where}:unit", "wrong_unit", f"the unit is {UNIT}, not {record.get('unit')!r}"))
    if not _is_whole(record.get("slot"), SLOT_MAX):
        faults.append(Fault(f"{where}:slot", "wrong_type", f"slot is a whole number, not {record.get('slot')!r}"))
    if not _is_quality(record.get("quality", "measured")):
        faults.append(Fault(f"{where}:quality", "unknown_quality", f"quality is one of {', '.join(sorted(QUALITIES))}"))
    for name in sorted(record.keys() - {*AMOUNTS, "unit", "slot", "quality"}):
        faults.append(Fault(f"{where}:{name}", "unknown_field", f"a reading has no field {name!r}"))
    return faults + [fault for name in AMOUNTS if (fault := _amount_fault(record.get(name, 0), f"{where}:{name}"))]


def _amount_fault(amount: object, where: str) -> Fault | None:
    if type(amount) is not int:
        return Fault(where, "wrong_type", f"an amount is a whole number of {UNIT}, not {amount!r}")
    if amount < 0:
        return Fault(where, "negative", f"an amount is never negative: {amount} {UNIT}")
    if amount > AMOUNT_WH_MAX:
        return Fault(where, "too_large", f"no meter counts {amount} {UNIT} in one slot")
    return None


def _reading(envelope: Envelope, place: int, record: dict[str, Any]) -> Reading:
    return Reading(
        envelope.device_id,
        envelope.boot,
        envelope.counter_first + place,
        record["slot"],
        **{name: record.get(name, 0) for name in AMOUNTS},
        quality=Quality(record["quality"]) if "quality" in record else Quality.MEASURED,
    )


def _is_text(value: object) -> bool:
    """Text that PostgreSQL and UTF-8 can hold: no NUL, no half of a surrogate pair."""
    if not isinstance(value, str) or "\0" in value:
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_quality(value: object) -> bool:
    return isinstance(value, str) and value in QUALITIES


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
