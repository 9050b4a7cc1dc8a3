"""A meter asks what its home is to do: the question is signed with the meter's own key, so no other secret is needed.

The signature covers device, key, time and audience, so that a question serves at this market only and for some minutes.
Who hears it and sends it again learns what it already overheard; it changes nothing.
"""

import base64
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from domain.canonical import canonical_bytes
from domain.errors import Fault
from domain.site import Device, DeviceKind
from domain.slot import EPOCH
from identity.devices import CLOCK_SKEW, key_faults
from identity.keys import key_id
from identity.signatures import verify_bytes
from memory.devices.device_keys import RetiredKey

PURPOSE = "gridpact-ask-1"
FIELDS = ("device_id", "key_id", "created_at", "audience", "signature")
TEXT_MAX = 200


@dataclass(frozen=True, slots=True)
class Ask:
    """One signed question."""

    device_id: str
    key_id: str
    created_at: datetime
    audience: str
    signature: bytes = b""

    @property
    def header(self) -> bytes:
        """The signed bytes."""
        return canonical_bytes(
            {
                "purpose": PURPOSE,
                "device_id": self.device_id,
                "key_id": self.key_id,
                "created_at_us": (self.created_at - EPOCH) // timedelta(microseconds=1),
                "audience": self.audience,
            }
        )


def ask(key: Ed25519PrivateKey, device_id: str, created_at: datetime, audience: str) -> Ask:
    """A signed question of a meter."""
    unsigned = Ask(device_id, key_id(key.public_key().public_bytes_raw()), created_at, audience)
    return replace(unsigned, signature=key.sign(unsigned.header))


def ask_to_wire(question: Ask) -> dict[str, str]:
    """The question as JSON: signature in base64, created_at in ISO 8601 with its offset."""
    return {
        "device_id": question.device_id,
        "key_id": question.key_id,
        "created_at": question.created_at.astimezone(UTC).isoformat(),
        "audience": question.audience,
        "signature": base64.b64encode(question.signature).decode(),
    }


def ask_from_wire(record: Any) -> Ask | list[Fault]:
    """The question of :func:`ask_to_wire`, or every fault of its form."""
    if not isinstance(record, dict) or record.keys() != set(FIELDS):
        return [Fault("ask", "wrong_form", f"a question is an object of {', '.join(FIELDS)}")]
    faults = [
        Fault(f"ask:{name}", "wrong_type", f"{name} is text of at most {TEXT_MAX} characters")
        for name in FIELDS
        if not (isinstance(record[name], str) and record[name].isascii() and len(record[name]) <= TEXT_MAX)
    ]
    if faults:
        return faults
    try:
        written = datetime.fromisoformat(record["created_at"])
        created_at = written.astimezone(UTC)
        signature = base64.b64decode(record["signature"], validate=True)
    except (ValueError, OverflowError):
        written = None
    if written is None or written.tzinfo is None:
        return [Fault("ask", "wrong_form", "created_at is ISO 8601 with its offset, signature is base64")]
    return Ask(record["device_id"], record["key_id"], created_at, record["audience"], signature)


def ask_faults(
    question: Ask, device: Device | None, now: datetime, audience: str, retired: RetiredKey | None = None
) -> list[Fault]:
    """Every reason not to answer. device: the registered device of that id, None when there is none. retired: the key
    that the question names, when the device had it before."""
    if device is None or device.kind is not DeviceKind.METER:
        return [Fault("ask", "unknown_device", "no meter of that id is registered")]
    if untrusted := key_faults(device, retired, question.key_id, now, "ask"):
        return untrusted
    faults = []
    if not verify_bytes(retired.public_key if retired else device.public_key, question.header, question.signature):
        faults.append(Fault("ask:signature", "wrong_signature", "the signature does not hold"))
    if question.audience != audience:
        faults.append(Fault("ask:audience", "wrong_audience", f"the question is not meant for {audience!r}"))
    if abs(question.created_at - now) > CLOCK_SKEW:
        faults.append(Fault("ask:created_at", "wrong_time", "the question is not of now: set the device's clock"))
    return faults
