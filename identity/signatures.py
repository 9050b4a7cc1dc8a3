"""Signed telemetry: readings travel in envelopes, and the envelope is signed, not each reading.

The signature (Ed25519) covers a header in canonical JSON: device, key, boot, first counter, time of creation,
audience, and the SHA-256 of the payload. So a replay to another community fails on the audience, and an altered
payload on its digest. Reading ``i`` of the payload has the counter ``counter_first + i``.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from domain.canonical import canonical_bytes
from domain.reading import Quality, Reading
from domain.slot import EPOCH
from identity.keys import key_id

PURPOSE = "gridpact-envelope-1"
UNIT = "Wh"
AMOUNTS = (
    "import_wh", "export_wh", "generation_wh", "charge_wh", "discharge_wh", "stored_wh", "vehicle_charge_wh",
    "vehicle_discharge_wh", "vehicle_stored_wh",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Envelope:
    """Readings of one device as it sent them. ``payload``: canonical JSON, a list of readings in counter order."""

    device_id: str
    key_id: str
    boot: int
    counter_first: int
    created_at: datetime
    audience: str
    payload: bytes
    signature: bytes = b""
    _header: list[bytes] = field(default_factory=list, init=False, repr=False, compare=False)

    @property
    def header(self) -> bytes:
        """The signed bytes, worked out once: screening, keeping and answering all ask for them."""
        if not self._header:
            self._header.append(self._signed_bytes())
        return self._header[0]

    def _signed_bytes(self) -> bytes:
        return canonical_bytes(
            {
                "purpose": PURPOSE,
                "device_id": self.device_id,
                "key_id": self.key_id,
                "boot": self.boot,
                "counter_first": self.counter_first,
                "created_at_us": (self.created_at - EPOCH) // timedelta(microseconds=1),
                "audience": self.audience,
                "payload_sha256": hashlib.sha256(self.payload).hexdigest(),
            }
        )

    @property
    def id(self) -> str:
        """SHA-256 of the signed bytes, 64 hex digits: the same envelope sent twice has one id."""
        return hashlib.sha256(self.header).hexdigest()


def seal(key: Ed25519PrivateKey, readings: Sequence[Reading], *, created_at: datetime, audience: str) -> Envelope:
    """A signed envelope of one device's readings: one device, one boot, counters without a gap. Asserts so."""
    bare = unsigned(key.public_key().public_bytes_raw(), readings, created_at=created_at, audience=audience)
    return replace(bare, signature=key.sign(bare.header))


def unsigned(public_key: bytes, readings: Sequence[Reading], *, created_at: datetime, audience: str) -> Envelope:
    """The same envelope before it is signed, for whoever may not see the key. Asserts as :func:`seal` does."""
    first = readings[0]
    names = {(reading.device_id, reading.boot, reading.counter - place) for place, reading in enumerate(readings)}
    assert names == {(first.device_id, first.boot, first.counter)}, "an envelope holds one device's run of counters"
    return Envelope(
        device_id=first.device_id,
        key_id=key_id(public_key),
        boot=first.boot,
        counter_first=first.counter,
        created_at=created_at,
        audience=audience,
        payload=payload_of(readings),
    )


def verify(envelope: Envelope, public_key: bytes) -> bool:
    """Whether the envelope's signature holds under a raw 32-byte Ed25519 key."""
    return verify_bytes(public_key, envelope.header, envelope.signature)


def verify_bytes(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether an Ed25519 signature holds over a message. False, too, for what is no key or no signature."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def payload_of(readings: Sequence[Reading]) -> bytes:
    """The readings as a meter writes them. Amounts of zero are left out; a quality other than measured is named."""
    return canonical_bytes([_record(reading) for reading in readings])


def _record(reading: Reading) -> dict[str, int | str]:
    record: dict[str, int | str] = {"slot": reading.slot, "unit": UNIT}
    record |= {name: amount for name in AMOUNTS if (amount := getattr(reading, name))}
    if reading.quality != Quality.MEASURED:
        record["quality"] = str(reading.quality)
    return record
