"""A security key in software, for the tests of passkeys."""

import hashlib
import json
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from identity.passkey import Website

SITE = Website("https://market.example")
CHALLENGE = bytes(range(32))


def text_of(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def cbor_bytes(raw: bytes) -> bytes:
    return b"\x58" + bytes([len(raw)]) + raw if len(raw) < 256 else b"\x59" + len(raw).to_bytes(2) + raw


@dataclass
class Authenticator:
    """A security key in software: ES256, attestation "none", and a counter that can be set."""

    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    id: bytes = bytes(range(100, 132))
    count: int = 0

    def client(self, kind: str, challenge: bytes, origin: str) -> bytes:
        said = {"type": f"webauthn.{kind}", "challenge": text_of(challenge), "origin": origin, "crossOrigin": False}
        return json.dumps(said).encode()

    def data(self, flags: int, rp: str, more: bytes = b"") -> bytes:
        return hashlib.sha256(rp.encode()).digest() + bytes([flags]) + self.count.to_bytes(4) + more

    def answer(self, client: bytes, **response: str) -> dict[str, Any]:
        named = {"id": text_of(self.id), "rawId": text_of(self.id), "type": "public-key"}
        return {**named, "response": {"clientDataJSON": text_of(client), **response}}

    def make(self, challenge: bytes = CHALLENGE, origin: str = SITE.origin, flags: int = 0x45) -> dict[str, Any]:
        at = self.key.public_key().public_numbers()
        cose = (
            b"\xa5\x01\x02\x03\x26\x20\x01\x21"
            + cbor_bytes(at.x.to_bytes(32))
            + b"\x22"
            + cbor_bytes(at.y.to_bytes(32))
        )
        data = self.data(flags, "market.example", bytes(16) + len(self.id).to_bytes(2) + self.id + cose)
        attested = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData" + cbor_bytes(data)
        return self.answer(self.client("create", challenge, origin), attestationObject=text_of(attested))

    def sign(
        self, challenge: bytes = CHALLENGE, origin: str = SITE.origin, flags: int = 0x05, rp: str = "market.example"
    ) -> dict[str, Any]:
        client, data = self.client("get", challenge, origin), self.data(flags, rp)
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return self.answer(client, authenticatorData=text_of(data), signature=text_of(signature))
