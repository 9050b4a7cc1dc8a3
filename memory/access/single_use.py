"""What is good once: one row under a unique key says that it was used, whatever two processes do at the same moment."""

from datetime import datetime

from sqlalchemy import Connection, delete
from sqlalchemy.dialects.postgresql import insert

from memory import tables


def spend(tx: Connection, kind: str, value: str, expires_at: datetime) -> bool:
    """Use it up; False when it was used before. expires_at: from when it is refused for its age anyway."""
    row = {"kind": kind, "value": value, "expires_at": expires_at}
    new = insert(tables.spent).values(row).on_conflict_do_nothing().returning(tables.spent.c.kind)
    return tx.execute(new).one_or_none() is not None


def forget(tx: Connection, now: datetime) -> None:
    """Drop what is refused for its age by now."""
    tx.execute(delete(tables.spent).where(tables.spent.c.expires_at < now))
    tx.execute(delete(tables.challenge).where(tables.challenge.c.expires_at < now))
