"""A new key for a meter, asked for under the one before: whoever has the old key says which key follows it."""

from dataclasses import replace
from datetime import timedelta

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from domain.canonical import canonical_bytes
from domain.errors import Fault, InputRefused
from domain.site import Device
from identity.keys import key_id
from memory.devices import device_keys
from memory.joined import JoinedDatabase
from services.devices.device_keys import meter, rotate
from services.steps import Steps

PURPOSE = "gridpact-key-1"


def words(market: str, device_id: str, public_key: bytes) -> bytes:
    """What the key before signs."""
    said = {"purpose": PURPOSE, "market": market, "device": device_id, "public_key": public_key.hex()}
    return canonical_bytes(said)


def hand_over(
    steps: Steps, market: str, device_id: str, public_key: bytes, proof: bytes, overlap: timedelta, by: str
) -> Device:
    """Give a meter its next key; the same again is done once. The meter as it stands.

    Raises RuleBroken on an unknown meter, InputRefused when the proof does not hold or its key was stopped: whoever
    stole a key must not make it last.
    """
    with steps.database.begin("hand-over-key") as tx:
        device = meter(tx, device_id)
        if device.public_key != public_key:
            had = device_keys.of_devices(tx, [device_id]).get((device_id, key_id(device.public_key)))
            if had is not None and had.stopped_at is not None:
                raise InputRefused([Fault("proof", "stopped_key", "it was stopped: an installer gives the next key")])
            _require_signed(device, words(market, device_id, public_key), proof)
            rotate(replace(steps, database=JoinedDatabase(tx)), device_id, public_key, overlap, by)
        return meter(tx, device_id)


def _require_signed(device: Device, said: bytes, proof: bytes) -> None:
    try:
        Ed25519PublicKey.from_public_bytes(device.public_key).verify(proof, said)
    except InvalidSignature:
        message = f"it is no signature by the key of {device.id} over the words that ask for this key"
        raise InputRefused([Fault("proof", "wrong_signature", message)]) from None
