"""Questions that the house asked and waits to have answered: invitations, passkey challenges, sign-ins elsewhere.

Only the hash of what was handed out is kept. Taking one up removes it, so it is answered once.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert

from memory import tables


@dataclass(frozen=True, slots=True)
class ChallengeRow:
    """One question. hash: SHA-256 in hex of what was handed out. purpose: what an answer is good for, and nothing else.

    account_id: who was asked, None while that is not known. body: plain JSON.
    """

    hash: str
    purpose: str
    account_id: str | None
    expires_at: datetime
    body: Mapping[str, Any] = field(default_factory=dict)


def ask(tx: Connection, challenge: ChallengeRow) -> None:
    """Keep a question until it is answered or too old."""
    tx.execute(insert(tables.challenge).values(asdict(challenge)))


def take(tx: Connection, hash_: str, purpose: str, now: datetime) -> ChallengeRow | None:
    """Take a question up, once; None when it was never asked for this, was answered, or is too old."""
    asked = tables.challenge.c
    taken = delete(tables.challenge).where(asked.hash == hash_, asked.purpose == purpose).returning(tables.challenge)
    row = tx.execute(taken).one_or_none()
    return ChallengeRow(**row._mapping) if row is not None and now < row.expires_at else None


def withdraw(tx: Connection, account_id: str, purpose: str) -> None:
    """Forget every question of a purpose that an account was asked."""
    asked = tables.challenge.c
    tx.execute(delete(tables.challenge).where(asked.account_id == account_id, asked.purpose == purpose))
