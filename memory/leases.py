"""Who may drive a graph thread just now. LangGraph itself lets two processes resume the same one."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, or_
from sqlalchemy.dialects.postgresql import insert

from memory import tables


def acquire(tx: Connection, thread: str, holder: str, now: datetime, seconds: int) -> bool:
    """Take or prolong the lease on a thread; False while somebody else holds it. Atomic."""
    new = insert(tables.lease).values(thread=thread, holder=holder, until=now + timedelta(seconds=seconds))
    free = or_(tables.lease.c.until <= now, tables.lease.c.holder == holder)
    taken = new.on_conflict_do_update(
        index_elements=["thread"], set_={"holder": new.excluded.holder, "until": new.excluded.until}, where=free
    )
    return tx.execute(taken.returning(tables.lease.c.thread)).one_or_none() is not None


def release(tx: Connection, thread: str, holder: str) -> None:
    """Give one's own lease back; somebody else's stays."""
    tx.execute(delete(tables.lease).where(tables.lease.c.thread == thread, tables.lease.c.holder == holder))
