"""Which step of which graph run has been done, and what it returned. A step is written once and never redone."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects.postgresql import insert

from memory import tables
from memory.rows import write_once

Output = dict[str, Any]


def find(tx: Connection, thread: str, node: str) -> Output | None:
    """What the step returned, or None when it has not run."""
    step = tables.step.c
    found = tx.execute(select(step.output).where(step.thread == thread, step.node == node)).one_or_none()
    return None if found is None else found.output


def done(tx: Connection, threads: Collection[str], node: str) -> set[str]:
    """Those of the threads in which the node has run."""
    step = tables.step.c
    return set(tx.execute(select(step.thread).where(step.thread.in_(threads), step.node == node)).scalars())


def add(tx: Connection, thread: str, node: str, output: Output, at: datetime) -> None:
    """Write a step's output, plain JSON. Raises Conflict when the step returned something else before."""
    write_once(tx, tables.step, [{"thread": thread, "node": node, "output": output, "at": at}], grows=["at"])


def count(tx: Connection, node: str) -> int:
    """In how many threads the node has run."""
    return tx.execute(select(func.count()).select_from(tables.step).where(tables.step.c.node == node)).scalar_one()


def threads(tx: Connection, node: str) -> set[str]:
    """The threads in which the node has run."""
    return set(tx.execute(select(tables.step.c.thread).where(tables.step.c.node == node)).scalars())


def add_time(tx: Connection, thread: str, node: str, seconds: float) -> None:
    """Add to the wall time that a node took."""
    new = insert(tables.stage_time).values(thread=thread, node=node, seconds=seconds)
    total = tables.stage_time.c.seconds + new.excluded.seconds
    tx.execute(new.on_conflict_do_update(index_elements=["thread", "node"], set_={"seconds": total}))


def times(tx: Connection) -> dict[tuple[str, str], float]:
    """Seconds by (thread, node)."""
    kept = tables.stage_time.c
    return {(row.thread, row.node): row.seconds for row in tx.execute(select(kept.thread, kept.node, kept.seconds))}
