"""Sign-ins that failed, counted by account and by address, until one succeeds."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from memory import tables


class Failures(NamedTuple):
    """How often in a row, and when last."""

    in_a_row: int
    last_at: datetime


def of(tx: Connection, subject: str, now: datetime) -> Failures:
    """The failures of a subject since its last success. Others who ask about it wait until we are done."""
    attempt = tables.attempt.c
    new = insert(tables.attempt).values(subject=subject, failures=0, last_at=now)
    tx.execute(new.on_conflict_do_nothing())
    wanted = select(attempt.failures, attempt.last_at).where(attempt.subject == subject).with_for_update()
    return Failures(*tx.execute(wanted).one())


def failed(tx: Connection, subject: str, at: datetime) -> None:
    """Count one more."""
    attempt = tables.attempt.c
    counted = {"failures": attempt.failures + 1, "last_at": at}
    tx.execute(update(tables.attempt).where(attempt.subject == subject).values(counted))


def clear(tx: Connection, subject: str) -> None:
    """Start counting anew."""
    tx.execute(delete(tables.attempt).where(tables.attempt.c.subject == subject))
