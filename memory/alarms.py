"""What somebody should look at: a meter that contradicts itself, a slot that waits, what surveillance found."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from domain.canonical import digest
from memory import tables
from memory.rows import write_once


@dataclass(frozen=True, slots=True)
class AlarmRow:
    """One alarm. id: digest of kind, subject and body. body: plain JSON, in the words of whoever sounded it."""

    id: str
    at: datetime
    kind: str
    subject: str
    body: dict[str, Any]


def sound(tx: Connection, at: datetime, kind: str, subject: str, body: dict[str, Any]) -> bool:
    """Write an alarm down; whether it is new. The same kind, subject and body is one alarm, at its first moment."""
    alarm_id = digest({"kind": kind, "subject": subject, "body": body})
    row = {"id": alarm_id, "at": at, "kind": kind, "subject": subject, "body": body}
    return write_once(tx, tables.alarm, [row], grows=["at"]) > 0


def in_order(tx: Connection) -> list[AlarmRow]:
    """Every alarm of the world, the first one first; of one moment by kind, subject and id."""
    alarm = tables.alarm.c
    wanted = select(tables.alarm).order_by(alarm.at, alarm.kind, alarm.subject, alarm.id)
    return [AlarmRow(*row) for row in tx.execute(wanted)]


def counted(tx: Connection, kind: str) -> dict[str, int]:
    """How many alarms of a kind there are about each subject that has any."""
    alarm = tables.alarm.c
    wanted = select(alarm.subject, func.count()).where(alarm.kind == kind).group_by(alarm.subject)
    return {row.subject: row[1] for row in tx.execute(wanted)}
