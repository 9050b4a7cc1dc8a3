"""Days that people ran by hand, as they filed them, and who approved. Both tables only grow."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, text

from domain.hand_row import HandRow
from memory.grid.grid_tables import hand_approval, hand_day
from memory.rows import write_once

HAND_LOCK = 0x68616E64  # "hand"


@dataclass(frozen=True, slots=True)
class HandDay:
    """One filing. id: of its content. day: like 2026-05-20. content: the file as it came."""

    id: str
    day: str
    filed_by: str
    filed_at: datetime
    content: bytes
    rows: list[HandRow]


@dataclass(frozen=True, slots=True)
class HandApproval:
    """One account's word, in one of its roles, that a filing is what happened."""

    filing: str
    role: str
    account: str
    reason: str
    at: datetime


def lock(tx: Connection) -> None:
    """Wait until nobody else files or approves, and hold it until this transaction ends."""
    tx.execute(text("SELECT pg_advisory_xact_lock(:hand)"), {"hand": HAND_LOCK})


def add(tx: Connection, filed: HandDay) -> None:
    """Write a filing down."""
    row = {name: getattr(filed, name) for name in ("id", "day", "filed_by", "filed_at", "content")}
    write_once(tx, hand_day, [row | {"rows": [[*each] for each in filed.rows]}])


def approve(tx: Connection, said: HandApproval) -> None:
    """Write an approval down. Raises Conflict when the role has spoken already in other words."""
    write_once(tx, hand_approval, [asdict(said)], grows=["at"])


def find(tx: Connection, filing: str) -> HandDay | None:
    """One filing, None when there is none."""
    row = tx.execute(select(hand_day).where(hand_day.c.id == filing)).one_or_none()
    return None if row is None else _filed(row)


def of_day(tx: Connection, day: str) -> list[HandDay]:
    """The filings of a day, the first one first."""
    wanted = select(hand_day).where(hand_day.c.day == day).order_by(hand_day.c.filed_at, hand_day.c.id)
    return [_filed(row) for row in tx.execute(wanted)]


def every(tx: Connection) -> list[HandDay]:
    """Every filing, by day, then time."""
    wanted = select(hand_day).order_by(hand_day.c.day, hand_day.c.filed_at, hand_day.c.id)
    return [_filed(row) for row in tx.execute(wanted)]


def approvals(tx: Connection, filing: str) -> list[HandApproval]:
    """Who approved a filing, the first one first."""
    wanted = select(hand_approval).where(hand_approval.c.filing == filing)
    return [HandApproval(*row) for row in tx.execute(wanted.order_by(hand_approval.c.at, hand_approval.c.role))]


def _filed(row: Row[Any]) -> HandDay:
    return HandDay(
        row.id, row.day, row.filed_by, row.filed_at, bytes(row.content), [HandRow(*each) for each in row.rows]
    )
