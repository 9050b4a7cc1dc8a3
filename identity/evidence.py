"""Evidence of who somebody is: what a method of proof found out, and no more of the person than that.

A proof answers a challenge, so that nobody serves with another's or yesterday's. What is kept names method, level and a
hash by which the same proof is known again; the papers themselves are never kept.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from domain.canonical import canonical_bytes

PURPOSE = "gridpact-identity-1"


class Level(StrEnum):
    """How well it is known: somebody looked at papers, or a signature proved it."""

    PAPERS = "papers"
    SIGNATURE = "signature"


@dataclass(frozen=True, slots=True)
class Proof:
    """What is handed in. document: which papers somebody looked at. chain: certificates in PEM, the person's first.
    signature: over the challenge, by the first one's key. ocsp, crl: what its authority says of revocation, in DER."""

    document: str = ""
    chain: bytes = b""
    signature: bytes = b""
    ocsp: bytes = b""
    crl: bytes = b""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a method found. subject_hash: by which the same proof is known again, empty when there is nothing to know.
    status: what is known of whether the proof was taken back."""

    method: str
    level: Level
    document: str
    subject_hash: str
    status: str


def challenge(market: str, party_id: str, day: date) -> bytes:
    """What a person signs to prove who it is to one market, as one party, on one day."""
    return canonical_bytes({"purpose": PURPOSE, "market": market, "party": party_id, "day": day.isoformat()})
