"""The journal: every step and decision, in one order, hash-chained and signed by who did it.

An entry's hash covers its place, moment, actor, kind, subject, body and the hash before it; the actor signs the hash.
One row holds the head and is locked while an entry is added, so that there is one order and no gap. What was cut off
at the end shows against the head, and against a head that was written down elsewhere.
"""

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Connection, insert, select, update

from domain.canonical import canonical_bytes, digest
from domain.errors import AuditBroken
from domain.slot import EPOCH
from memory import tables

PURPOSE = "gridpact-journal-1"
BATCH_ROWS = 2_000


class Head(NamedTuple):
    """The last entry: its place, 0 before the first, and its hash, empty before the first."""

    seq: int
    hash: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry. body: canonical JSON as text."""

    seq: int
    at: datetime
    actor: str
    kind: str
    subject: str
    body: str
    prev_hash: str
    hash: str
    signature: bytes


def append(
    tx: Connection,
    at: datetime,
    actor: str,
    kind: str,
    subject: str,
    body: dict[str, Any],
    sign: Callable[[bytes], bytes],
) -> str:
    """Add an entry and return its hash, 64 hex digits. sign: the actor's Ed25519 signature of the bytes it is given.

    Holds the journal's head until the transaction ends. Raises TypeError when the body holds a float.
    """
    row = tx.execute(select(tables.journal_head).with_for_update()).one()
    entry = {
        "seq": row.seq + 1,
        "at": at,
        "actor": actor,
        "kind": kind,
        "subject": subject,
        "body": canonical_bytes(body).decode(),
        "prev_hash": row.hash,
    }
    entry_hash = _hash(entry)
    tx.execute(insert(tables.journal).values(entry | {"hash": entry_hash, "signature": sign(signed_bytes(entry_hash))}))
    tx.execute(update(tables.journal_head).values(seq=row.seq + 1, hash=entry_hash))
    return entry_hash


def head(tx: Connection) -> Head:
    """The last entry's place and hash."""
    row = tx.execute(select(tables.journal_head)).one()
    return Head(row.seq, row.hash)


def verify(tx: Connection, public_keys: Mapping[str, bytes], known: Head | None = None) -> int:
    """Re-check every hash, link and signature; how many entries there are.

    public_keys: each actor's raw Ed25519 key. known: a head noted elsewhere that must be part of the chain. Raises
    AuditBroken naming the first entry that does not hold.
    """
    keys = {actor: Ed25519PublicKey.from_public_bytes(key) for actor, key in public_keys.items()}
    before = Head(0, "")
    for entry in entries(tx):
        _check(entry, before, keys)
        before = Head(entry.seq, entry.hash)
        if known and entry.seq == known.seq and entry.hash != known.hash:
            raise AuditBroken(f"journal entry {entry.seq} is not the one that was noted elsewhere")
    if before != head(tx) or (known and known.seq > before.seq):
        raise AuditBroken(f"the journal ends with entry {before.seq}, but its head names entry {head(tx).seq}")
    return before.seq


def entries(tx: Connection, kind: str | None = None, subject: str | None = None) -> Iterator[Entry]:
    """Entries in order, all or those of a kind and subject."""
    column = tables.journal.c
    wanted = select(tables.journal).order_by(column.seq)
    if kind is not None:
        wanted = wanted.where(column.kind == kind)
    if subject is not None:
        wanted = wanted.where(column.subject == subject)
    for row in tx.execute(wanted, execution_options={"yield_per": BATCH_ROWS}):
        yield Entry(**{**row._mapping, "signature": bytes(row.signature)})


def after(tx: Connection, seq: int, kinds: Collection[str], limit: int) -> list[Entry]:
    """The first entries of these kinds behind place ``seq``, in order, at most ``limit``."""
    column = tables.journal.c
    wanted = select(tables.journal).where(column.seq > seq, column.kind.in_(kinds)).order_by(column.seq).limit(limit)
    return [Entry(**{**row._mapping, "signature": bytes(row.signature)}) for row in tx.execute(wanted)]


def body_of(entry: Entry) -> dict[str, Any]:
    """The entry's body as plain JSON."""
    body: dict[str, Any] = json.loads(entry.body)
    return body


def signed_bytes(entry_hash: str) -> bytes:
    """What the actor signs: the hash, with its purpose, so that the signature serves nowhere else."""
    return f"{PURPOSE}:{entry_hash}".encode()


def _check(entry: Entry, before: Head, keys: Mapping[str, Ed25519PublicKey]) -> None:
    if entry.seq != before.seq + 1 or entry.prev_hash != before.hash:
        raise AuditBroken(f"journal entry {entry.seq} does not follow entry {before.seq}")
    fields = ("seq", "at", "actor", "kind", "subject", "body", "prev_hash")
    if _hash({name: getattr(entry, name) for name in fields}) != entry.hash:
        raise AuditBroken(f"journal entry {entry.seq} ({entry.kind} of {entry.subject}) was altered")
    if entry.actor not in keys:
        raise AuditBroken(f"journal entry {entry.seq} is by {entry.actor}, whose key nobody knows")
    try:
        keys[entry.actor].verify(entry.signature, signed_bytes(entry.hash))
    except InvalidSignature:
        raise AuditBroken(f"journal entry {entry.seq} is not signed by {entry.actor}") from None


def _hash(entry: Mapping[str, Any]) -> str:
    moment: datetime = entry["at"]
    return digest({**entry, "at": (moment - EPOCH) // timedelta(microseconds=1)})
