"""Sign-ins that failed, counted by account and by address, until one succeeds."""

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, delete, select, text
from sqlalchemy.dialects.postgresql import insert

from memory import tables

KEPT = timedelta(days=1)
LOCK = 0x61747470  # "attp", with the hash of the subject: whoever asks about one holds it until the commit


class Failures(NamedTuple):
    """How often in a row, and when last."""

    in_a_row: int
    last_at: datetime


def of(tx: Connection, subject: str, now: datetime) -> Failures:
    """The failures of a subject since its last success. Others who ask about it wait until we are done. Asking writes
    nothing: whoever asks for ever, about names that nobody has, fills no table."""
    tx.execute(text("SELECT pg_advisory_xact_lock(:lock, hashtext(:subject))"), {"lock": LOCK, "subject": subject})
    attempt = tables.attempt.c
    row = tx.execute(select(attempt.failures, attempt.last_at).where(attempt.subject == subject)).one_or_none()
    return Failures(0, now) if row is None else Failures(*row)


def failed(tx: Connection, subject: str, at: datetime) -> None:
    """Count one more, and forget whoever has not failed for a day: nobody has to wait that long."""
    attempt = tables.attempt.c
    new = insert(tables.attempt).values(subject=subject, failures=1, last_at=at)
    counted = {"failures": attempt.failures + 1, "last_at": at}
    tx.execute(new.on_conflict_do_update(index_elements=["subject"], set_=counted))
    old = select(attempt.subject).where(attempt.last_at < at - KEPT).with_for_update(skip_locked=True)
    tx.execute(delete(tables.attempt).where(attempt.subject.in_(old)))


def clear(tx: Connection, subject: str) -> None:
    """Start counting anew."""
    tx.execute(delete(tables.attempt).where(tables.attempt.c.subject == subject))
