"""Signed telemetry: readings travel in envelopes, and the envelope is signed, not each reading.

The signature (Ed25519, or ECDSA over secp256k1) covers a header in canonical JSON: device, key, boot, first counter,
time of creation, audience, and the SHA-256 of the payload. So a replay to another community fails on the audience, and
an altered payload on its digest. Reading ``i`` of the payload has the counter ``counter_first + i``.

The key's length says the kind: 32 bytes are an Ed25519 key, 33 a compressed point of secp256k1. A signature is 64 bytes
in both; of secp256k1 it is r and s over the SHA-256 of the header, s in the lower half, so that each has one form only.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from domain.canonical import canonical_bytes
from domain.reading import REGISTERS, Quality, Reading
from domain.reading_batch import QUALITIES, ReadingBatch
from domain.slot import EPOCH
from identity.keys import key_id

PURPOSE = "gridpact-envelope-1"
UNIT = "Wh"
SECP256K1_KEY_BYTES = 33
SIGNATURE_BYTES = 64


@dataclass(frozen=True, slots=True)
class Envelope:
    """Readings of one device as it sent them. ``payload``: canonical JSON, a list of readings in counter order, or an
    object of columns in the same order."""

    device_id: str
    key_id: str
    boot: int
    counter_first: int
    created_at: datetime
    audience: str
    payload: bytes
    signature: bytes = b""
    _worked_out: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def header(self) -> bytes:
        """The signed bytes, worked out once: screening, keeping and answering all ask for them."""
        if "header" not in self._worked_out:
            self._worked_out["header"] = self._signed_bytes()
        return bytes(self._worked_out["header"])

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
        if "id" not in self._worked_out:
            self._worked_out["id"] = hashlib.sha256(self.header).hexdigest()
        return str(self._worked_out["id"])


def seal(
    key: Ed25519PrivateKey, readings: Sequence[Reading], *, created_at: datetime, audience: str, columns: bool = False
) -> Envelope:
    """A signed envelope of one device's readings: one device, one boot, counters without a gap. Asserts so.

    columns: the payload's compact form, a fraction of the bytes and of the work when there are many readings.
    """
    bare = unsigned(
        key.public_key().public_bytes_raw(), readings, created_at=created_at, audience=audience, columns=columns
    )
    return replace(bare, signature=key.sign(bare.header))


def unsigned(
    public_key: bytes, readings: Sequence[Reading], *, created_at: datetime, audience: str, columns: bool = False
) -> Envelope:
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
        payload=columns_of(ReadingBatch.of(readings)) if columns else payload_of(readings),
    )


def verify(envelope: Envelope, public_key: bytes) -> bool:
    """Whether the envelope's signature holds under a key of one of the two kinds."""
    return verify_bytes(public_key, envelope.header, envelope.signature)


def verify_bytes(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether a signature holds over a message. False, too, for what is no key or no signature."""
    if len(public_key) == SECP256K1_KEY_BYTES:
        return _verify_secp256k1(public_key, message, signature)
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _verify_secp256k1(public_key: bytes, message: bytes, signature: bytes) -> bool:
    from coincurve import PublicKey
    from coincurve.ecdsa import cdata_to_der, deserialize_compact

    if len(signature) != SIGNATURE_BYTES:
        return False
    try:
        return PublicKey(public_key).verify(cdata_to_der(deserialize_compact(signature)), message)
    except ValueError:
        return False


def payload_of(readings: Sequence[Reading]) -> bytes:
    """The readings as a meter writes them. Amounts of zero are left out; a quality other than measured is named."""
    return canonical_bytes([_record(reading) for reading in readings])


def columns_of(batch: ReadingBatch) -> bytes:
    """The same readings in columns. What is zero throughout is left out, and quality where all are measured."""
    record: dict[str, object] = {"unit": UNIT, "slot": batch.slot.tolist()}
    record |= {name: column.tolist() for name, column in batch.amounts.items()}
    if batch.quality is not None:
        record["quality"] = [str(QUALITIES[place]) for place in batch.quality.tolist()]
    return canonical_bytes(record)


def _record(reading: Reading) -> dict[str, int | str]:
    record: dict[str, int | str] = {"slot": reading.slot, "unit": UNIT}
    record |= {name: amount for name in REGISTERS if (amount := getattr(reading, name))}
    if reading.quality != Quality.MEASURED:
        record["quality"] = str(reading.quality)
    return record
