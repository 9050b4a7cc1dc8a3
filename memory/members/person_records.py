"""What is on record about parties, numbered by party: it is added, withdrawn, and never changed."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, insert, select, text, update

from memory import tables

PERSON_LOCK = 0x70657273  # "pers": whoever numbers a record holds it until the commit


class RecordKind(StrEnum):
    """What a record is: how somebody proved who it is, a firm's numbers, a consent, a document agreed to, a dispute
    about the party's conduct, what a person ruled on it."""

    EVIDENCE = "evidence"
    ORGANISATION = "organisation"
    CONSENT = "consent"
    AGREEMENT = "agreement"
    DISPUTE = "dispute"
    RULING = "ruling"


ABOUT_CONDUCT = (RecordKind.DISPUTE, RecordKind.RULING)


@dataclass(frozen=True, slots=True)
class PersonRecord:
    """One record. by: who wrote it down. keep_until: the last day on which the law asks for it, None for none."""

    party_id: str
    number: int
    kind: RecordKind
    body: Mapping[str, Any]
    at: datetime
    by: str
    keep_until: date | None = None
    withdrawn_at: datetime | None = None
    withdrawn_by: str | None = None


def lock(tx: Connection) -> None:
    """Wait until nobody else adds a record, and hold that until this transaction ends."""
    tx.execute(text("SELECT pg_advisory_xact_lock(:people)"), {"people": PERSON_LOCK})


def add(
    tx: Connection,
    party_id: str,
    kind: RecordKind,
    body: Mapping[str, Any],
    at: datetime,
    by: str,
    keep_until: date | None = None,
) -> PersonRecord:
    """Write the party's next record down."""
    lock(tx)
    record = PersonRecord(party_id, len(of_party(tx, party_id)) + 1, kind, dict(body), at, by, keep_until)
    tx.execute(insert(tables.person_record).values(asdict(record) | {"kind": str(kind)}))
    return record


def of_party(tx: Connection, party_id: str) -> list[PersonRecord]:
    """A party's records, the first one first."""
    return of_parties(tx, [party_id], tuple(RecordKind))


def of_parties(tx: Connection, party_ids: Sequence[str], kinds: Collection[RecordKind]) -> list[PersonRecord]:
    """The records of some kinds of some parties, by party, the first one first."""
    record = tables.person_record.c
    among = record.party_id.in_(list(party_ids)), record.kind.in_([str(kind) for kind in kinds])
    wanted = select(tables.person_record).where(*among).order_by(record.party_id, record.number)
    return [PersonRecord(**{**row, "kind": RecordKind(row["kind"])}) for row in tx.execute(wanted).mappings()]


def holders_of(tx: Connection, subject_hash: str) -> set[str]:
    """The parties that proved who they are by a proof of this hash."""
    record = tables.person_record.c
    wanted = select(record.party_id).where(record.body["subject_hash"].astext == subject_hash)
    return set(tx.execute(wanted).scalars())


def withdraw(tx: Connection, record: PersonRecord, at: datetime, by: str) -> None:
    """Write down that a consent holds no more; the record of it stays."""
    named = tables.person_record.c
    wanted = update(tables.person_record).where(named.party_id == record.party_id, named.number == record.number)
    tx.execute(wanted.values(withdrawn_at=at, withdrawn_by=by))
