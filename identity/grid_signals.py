"""Grid signals as they arrive from outside: turned into ours and verified, or into the list of all their faults."""

import base64
import binascii
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from domain.errors import Fault
from domain.grid_signal import MOMENT, Extent, GridSignal, LimitUnit, SignalKind
from domain.quantity import PERMILLE
from identity.signatures import verify_bytes

TEXT_MAX = {"source": 64, "id": 128, "audience": 64, "target": 200, "reason": 200}
WHOLE_MAX = {"revision": 2**53, "value": 10**9, "priority": 1_000}
CHOICES = {"kind": SignalKind, "extent": Extent, "unit": LimitUnit}
MOMENTS = ("from", "to", "expires")
MAY_BE_EMPTY = frozenset({"target"})
NAMES = (*TEXT_MAX, *WHOLE_MAX, *CHOICES, *MOMENTS, "signature")
SIGNATURE_BYTES = 64


def sealed(key: Ed25519PrivateKey, signal: GridSignal) -> dict[str, Any]:
    """The signal as its source sends it: its record with the signature in base64."""
    return {**signal.record(), "signature": base64.b64encode(key.sign(signal.signed_bytes)).decode()}


def read_signal(record: object, where: str = "signal") -> GridSignal | list[Fault]:
    """The signal of a record, or every fault of its form. The signature is not checked here."""
    if not isinstance(record, dict):
        return [Fault(where, "wrong_form", "a grid signal is an object")]
    unknown = sorted(set(map(str, record)) - set(NAMES))
    faults = [Fault(f"{where}:{name}", "missing", f"{name} is missing") for name in NAMES if name not in record]
    faults += [Fault(f"{where}:{name[:64]}", "unknown", "a grid signal has no such field") for name in unknown[:8]]
    faults += _form_faults(record, where)
    if faults:
        return faults
    signal = GridSignal(
        **{name: record[name] for name in (*TEXT_MAX, *WHOLE_MAX)},
        kind=SignalKind(record["kind"]),
        extent=Extent(record["extent"]),
        unit=LimitUnit(record["unit"]),
        starts=_moment(record["from"]),
        ends=_moment(record["to"]),
        expires=_moment(record["expires"]),
        signature=base64.b64decode(record["signature"]),
    )
    return list(sense_faults(signal, where)) or signal


def sense_faults(signal: GridSignal, where: str = "signal") -> Iterator[Fault]:
    """What contradicts itself in a well-formed signal."""
    if signal.starts >= signal.ends:
        yield Fault(f"{where}:to", "wrong_time", "it ends before it starts")
    if (signal.extent is Extent.FEEDER) is not (signal.target == ""):
        yield Fault(f"{where}:target", "wrong_target", "name a branch, node or site; the feeder has no name")
    if signal.kind is SignalKind.ISLAND and signal.extent is Extent.SITE:
        yield Fault(f"{where}:extent", "wrong_extent", "one site is no island: limit its import and export to zero")
    if signal.unit is LimitUnit.PERMILLE and signal.value > PERMILLE:
        yield Fault(f"{where}:value", "too_large", "more than a thousand permille")


def trust_faults(signal: GridSignal, key: bytes | None, audience: str, now: datetime) -> list[Fault]:
    """Every reason not to believe a signal. key: the source's registered one, None when it has none."""
    where = "signal"
    if key is None:
        return [Fault(f"{where}:source", "unknown_source", f"no key of {signal.source!r} is registered")]
    if not verify_bytes(key, signal.signed_bytes, signal.signature):
        return [Fault(f"{where}:signature", "wrong_signature", f"the signature of {signal.source} does not hold")]
    faults = []
    if signal.audience != audience:
        said = f"the signal is meant for {signal.audience!r}, this is {audience!r}"
        faults.append(Fault(f"{where}:audience", "wrong_audience", said))
    if signal.expires <= now and signal.kind not in {SignalKind.STOP, SignalKind.END}:
        faults.append(Fault(f"{where}:expires", "expired", "it has expired already"))
    return faults


def signed_by(signal: GridSignal, signature: bytes) -> GridSignal:
    """The same with a signature."""
    return replace(signal, signature=signature)


def _form_faults(record: dict[Any, Any], where: str) -> Iterator[Fault]:
    for name, length in TEXT_MAX.items():
        if name in record and not _is_text(record[name], length, empty=name in MAY_BE_EMPTY):
            yield Fault(f"{where}:{name}", "wrong_text", f"{name} is one line of text, {length} characters at most")
    for name, most in WHOLE_MAX.items():
        if name in record and not (type(record[name]) is int and 0 <= record[name] <= most):
            yield Fault(f"{where}:{name}", "wrong_number", f"{name} is a whole number from 0 to {most}")
    for name, choices in CHOICES.items():
        if name in record and record[name] not in list(choices):
            yield Fault(f"{where}:{name}", "wrong_word", f"{name} is one of {', '.join(choices)}")
    for name in MOMENTS:
        if name in record and not _is_moment(record[name]):
            yield Fault(f"{where}:{name}", "wrong_time", f"{name} is a moment like 2026-05-20T04:00:00Z")
    if "signature" in record and not _is_signature(record["signature"]):
        yield Fault(f"{where}:signature", "wrong_form", "the signature is 64 bytes in base64")


def _is_text(value: object, length: int, *, empty: bool) -> bool:
    if not isinstance(value, str) or not (empty or value.strip()) or len(value) > length:
        return False
    return not any(unicodedata.category(char)[0] == "C" for char in value)


def _moment(text: str) -> datetime:
    return datetime.strptime(text, MOMENT).replace(tzinfo=UTC)


def _is_moment(value: object) -> bool:
    try:
        return isinstance(value, str) and f"{_moment(value):{MOMENT}}" == value
    except ValueError:
        return False


def _is_signature(value: object) -> bool:
    try:
        return isinstance(value, str) and len(base64.b64decode(value, validate=True)) == SIGNATURE_BYTES
    except (binascii.Error, ValueError):
        return False
