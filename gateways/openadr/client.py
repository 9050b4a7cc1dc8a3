"""Who speaks OpenADR with us: business logic, which makes events, and VENs, which read those of their site.

A client proves itself with its secret and gets a short-lived token that the house signs and keeps nowhere.
"""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from identity.keys import Signers
from identity.signatures import verify_bytes

ISSUER = "gateway"
PURPOSE = b"gridpact-openadr-token-1:"
TOKEN_S = 600
BUSINESS_LOGIC, VEN = "bl", "ven"


@dataclass(frozen=True, slots=True)
class OpenAdrClient:
    """One client. role: ``bl`` or ``ven``. secret_sha256: in hex. site: whose controller a VEN is."""

    id: str
    role: str
    secret_sha256: str
    site: str = ""


Clients = Mapping[str, OpenAdrClient]


def clients_of(settings: Mapping[str, Mapping[str, str]]) -> dict[str, OpenAdrClient]:
    """The clients that settings name, by id."""
    return {
        name: OpenAdrClient(name, each.get("role", VEN), each.get("secret_sha256", ""), each.get("site", ""))
        for name, each in settings.items()
    }


def proven(clients: Clients, client_id: str, secret: str) -> OpenAdrClient | None:
    """The client of that id, when the secret is its own."""
    found = clients.get(client_id)
    known = found.secret_sha256 if found else ""
    same = hmac.compare_digest(hashlib.sha256(secret.encode()).hexdigest(), known.lower())
    return found if same else None


def token_for(client: OpenAdrClient, keys: Signers, now: datetime) -> str:
    """A bearer token that is good for ten minutes."""
    until = int((now + timedelta(seconds=TOKEN_S)).timestamp())
    claim = json.dumps({"client": client.id, "until": until}, sort_keys=True).encode()
    return f"{_text(claim)}.{_text(keys.sign(ISSUER, PURPOSE + claim))}"


def client_of(token: str, clients: Clients, keys: Signers, now: datetime) -> OpenAdrClient | None:
    """Whose token it is, None when it is nobody's, altered or over."""
    claim_text, _, signature_text = token.partition(".")
    try:
        claim, signature = _bytes(claim_text), _bytes(signature_text)
    except (binascii.Error, ValueError):
        return None
    if not verify_bytes(keys.public(ISSUER), PURPOSE + claim, signature):
        return None
    said = json.loads(claim)
    return clients.get(said["client"]) if now.timestamp() < said["until"] else None


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
