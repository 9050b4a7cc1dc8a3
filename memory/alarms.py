"""What somebody should look at: a meter that contradicts itself, an order refused again and again."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from domain.canonical import digest
from memory import tables
from memory.rows import write_once


def sound(tx: Connection, at: datetime, kind: str, subject: str, body: dict[str, Any]) -> bool:
    """Write an alarm down; whether it is new. The same kind, subject and body is one alarm, at its first moment."""
    alarm_id = digest({"kind": kind, "subject": subject, "body": body})
    row = {"id": alarm_id, "at": at, "kind": kind, "subject": subject, "body": body}
    return write_once(tx, tables.alarm, [row], grows=["at"]) > 0
