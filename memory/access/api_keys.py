"""Keys of accounts, by the SHA-256 of what was handed out: the key itself is nowhere."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects.postgresql import insert

from domain.errors import RuleBroken
from memory import tables


@dataclass(frozen=True, slots=True)
class KeyRow:
    """One key. id: its short public name.

    scopes: what it is limited to, sorted. used_at: about when last, None before the first time.
    """

    id: str
    token_hash: str
    account_id: str
    name: str
    scopes: Sequence[str]
    made_by: str
    made_at: datetime
    expires_at: datetime
    used_at: datetime | None = None
    revoked_at: datetime | None = None


def add(tx: Connection, key: KeyRow) -> bool:
    """Keep a key; False when the same id or hash is known, then nothing changes."""
    new = insert(tables.api_key).values(asdict(key) | {"scopes": list(key.scopes)}).on_conflict_do_nothing()
    return tx.execute(new.returning(tables.api_key.c.id)).one_or_none() is not None


def find(tx: Connection, token_hash: str) -> KeyRow | None:
    """The key of a hash, None when there is none."""
    row = tx.execute(select(tables.api_key).where(tables.api_key.c.token_hash == token_hash)).one_or_none()
    return KeyRow(**row._mapping) if row is not None else None


def get(tx: Connection, key_id: str) -> KeyRow:
    """The key of an id. Raises RuleBroken when nobody knows it."""
    row = tx.execute(select(tables.api_key).where(tables.api_key.c.id == key_id)).one_or_none()
    if row is None:
        raise RuleBroken(f"no key has the id {key_id}")
    return KeyRow(**row._mapping)


def all_of(tx: Connection, account_id: str | None = None) -> list[KeyRow]:
    """The keys of an account, or all, by when they were made, then id."""
    key = tables.api_key.c
    wanted = select(tables.api_key).order_by(key.made_at, key.id)
    return [
        KeyRow(**row._mapping)
        for row in tx.execute(wanted if account_id is None else wanted.where(key.account_id == account_id))
    ]


def mark_used(tx: Connection, key_id: str, at: datetime) -> None:
    """Write down when it was used last."""
    tx.execute(update(tables.api_key).where(tables.api_key.c.id == key_id).values(used_at=at))


def revoke(tx: Connection, key_id: str, at: datetime) -> bool:
    """Make a key useless; False when it was already."""
    key = tables.api_key.c
    done = update(tables.api_key).where(key.id == key_id, key.revoked_at.is_(None)).values(revoked_at=at)
    return bool(tx.execute(done).rowcount)
