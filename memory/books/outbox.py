"""What is owed to the outside, written down in the transaction that owes it.

An effect has a key. It is carried out at least once under that key, so that it counts once; whoever carries it out
writes the receipt. A failed one stays owed until it is given up for good.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from domain.errors import RuleBroken
from memory import tables
from memory.rows import write_once

OWED, DONE, FAILED = "owed", "done", "failed"
GROWS = ("owed_at", "state", "attempts", "last_error", "receipt")


@dataclass(frozen=True, slots=True)
class Effect:
    """One thing owed. state: owed, done, or failed for good. receipt: what the outside answered."""

    key: str
    topic: str
    body: dict[str, Any]
    owed_at: datetime
    state: str = OWED
    attempts: int = 0
    last_error: str | None = None
    receipt: dict[str, Any] | None = None


def owe(tx: Connection, key: str, topic: str, body: dict[str, Any], at: datetime) -> None:
    """Owe an effect of plain JSON. The same key and body again changes nothing; raises Conflict on another body."""
    row = {"key": key, "topic": topic, "body": body, "owed_at": at, "state": OWED, "attempts": 0}
    write_once(tx, tables.effect, [row], grows=GROWS)


def due(tx: Connection, topic: str | None = None) -> list[Effect]:
    """What is still owed, oldest first, then by key."""
    effect = tables.effect.c
    owed = select(tables.effect).where(effect.state == OWED).order_by(effect.owed_at, effect.key)
    return [Effect(**row._mapping) for row in tx.execute(owed if topic is None else owed.where(effect.topic == topic))]


def undone(tx: Connection) -> list[Effect]:
    """What the outside does not have, owed or failed for good, oldest first, then by key."""
    effect = tables.effect.c
    wanted = select(tables.effect).where(effect.state != DONE).order_by(effect.owed_at, effect.key)
    return [Effect(**row._mapping) for row in tx.execute(wanted)]


def done(tx: Connection, key: str, receipt: dict[str, Any]) -> None:
    """Note that the outside has it. A second receipt changes nothing: the first one counts."""
    effect = tables.effect.c
    answered = update(tables.effect).where(effect.key == key, effect.state != DONE)
    changed = tx.execute(answered.values(state=DONE, receipt=receipt, attempts=effect.attempts + 1, last_error=None))
    if not changed.rowcount:
        _require(tx, key)


def failed(tx: Connection, key: str, error: str, *, for_good: bool = False) -> None:
    """Note a failed attempt. It stays owed, unless ``for_good``: then a rule was broken and nobody tries again."""
    effect = tables.effect.c
    tried = update(tables.effect).where(effect.key == key, effect.state != DONE)
    state = FAILED if for_good else effect.state
    changed = tx.execute(tried.values(state=state, attempts=effect.attempts + 1, last_error=error))
    if not changed.rowcount:
        _require(tx, key)


def _require(tx: Connection, key: str) -> None:
    if tx.execute(select(tables.effect.c.key).where(tables.effect.c.key == key)).one_or_none() is None:
        raise RuleBroken(f"nobody owes an effect {key!r}")
