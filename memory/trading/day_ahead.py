"""What members filed for each delivery day, how its session ended, and what became of every order.

An order is filed once and may be withdrawn; what a session decided only grows. Sessions and filings shut each other out
by one lock, so that an order is either in the session or told that it came too late.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, select, text, update

from domain.day_ahead_order import DayAheadOrder, Kind
from domain.order import Side
from memory import tables
from memory.rows import write_once


@dataclass(frozen=True, slots=True)
class FiledRow:
    """One filed order. withdrawn_at: None while it stands."""

    day: date
    order: DayAheadOrder
    filed_at: datetime
    withdrawn_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SessionRow:
    """How a day's session ended. price_mjpy_per_kwh: by slot, of those that trade. missed: why it was not held."""

    day: date
    price_mjpy_per_kwh: Mapping[int, int]
    volume_wh: int
    welfare_ujpy: int
    bound_ujpy: int
    missed: str | None = None


@dataclass(frozen=True, slots=True)
class ResultRow:
    """What became of an order. traded_wh: by slot, Wh above zero. reason: why it traded nothing, None if it did.

    facts: what its owner is told beside, plain JSON of whole numbers and text.
    """

    day: date
    id: str
    traded_wh: Mapping[int, int]
    reason: str | None
    facts: Mapping[str, Any]


def lock(tx: Connection) -> None:
    """Nobody else files, withdraws or clears until the transaction ends."""
    tx.execute(text("LOCK TABLE day_ahead_order IN SHARE ROW EXCLUSIVE MODE"))


def file(tx: Connection, rows: Sequence[FiledRow]) -> int:
    """Write orders; how many are new. Raises Conflict when an id of the day has other content."""
    written = [
        {
            "day": row.day,
            "id": row.order.id,
            "entered": row.order.entered,
            "body": _body(row.order),
            "filed_at": row.filed_at,
        }
        for row in rows
    ]
    return write_once(tx, tables.day_ahead_order, written, grows=("entered", "filed_at", "withdrawn_at"))


def withdraw(tx: Connection, day: date, ids: Sequence[str], at: datetime) -> int:
    """Note that orders are withdrawn; how many stood until now."""
    filed = tables.day_ahead_order.c
    standing = (filed.day == day) & filed.id.in_(ids) & filed.withdrawn_at.is_(None)
    return tx.execute(update(tables.day_ahead_order).where(standing).values(withdrawn_at=at)).rowcount


def of_day(tx: Connection, day: date) -> list[FiledRow]:
    """Every order that was filed for a day, withdrawn ones included, by arrival, then id."""
    filed = tables.day_ahead_order.c
    wanted = select(tables.day_ahead_order).where(filed.day == day).order_by(filed.entered, filed.id)
    return [
        FiledRow(row.day, _order(row.body, row.entered), row.filed_at, row.withdrawn_at) for row in tx.execute(wanted)
    ]


def days_without_session(tx: Connection) -> list[date]:
    """The days for which orders stand and whose session has not ended, in order."""
    filed, held = tables.day_ahead_order.c, tables.day_ahead_session.c
    ended = select(held.day).where(held.day == filed.day).exists()
    wanted = select(filed.day).where(filed.withdrawn_at.is_(None), ~ended).distinct().order_by(filed.day)
    return list(tx.execute(wanted).scalars())


def end_session(tx: Connection, session: SessionRow, results: Sequence[ResultRow]) -> None:
    """Write how a session ended. Raises Conflict when it ended otherwise."""
    row = asdict(session) | {"prices": _pairs(session.price_mjpy_per_kwh)}
    del row["price_mjpy_per_kwh"]
    write_once(tx, tables.day_ahead_session, [row])
    write_once(
        tx,
        tables.day_ahead_result,
        [
            {
                "day": each.day,
                "id": each.id,
                "traded_wh": _pairs(each.traded_wh),
                "reason": each.reason,
                "facts": dict(each.facts),
            }
            for each in results
        ],
    )


def session(tx: Connection, day: date) -> SessionRow | None:
    """How the day's session ended, None while it has not."""
    row = tx.execute(select(tables.day_ahead_session).where(tables.day_ahead_session.c.day == day)).one_or_none()
    if row is None:
        return None
    return SessionRow(row.day, _from_pairs(row.prices), row.volume_wh, row.welfare_ujpy, row.bound_ujpy, row.missed)


def results(tx: Connection, first: date, last: date) -> list[ResultRow]:
    """What became of the orders of some days, by day, then id."""
    result = tables.day_ahead_result.c
    wanted = select(tables.day_ahead_result).where(result.day.between(first, last)).order_by(result.day, result.id)
    return [ResultRow(row.day, row.id, _from_pairs(row.traded_wh), row.reason, row.facts) for row in tx.execute(wanted)]


def _body(order: DayAheadOrder) -> dict[str, Any]:
    """Everything of an order but its arrival, as plain JSON."""
    written = asdict(order) | {"kind": str(order.kind), "side": int(order.side)}
    written |= {"slots": list(order.slots), "energy_wh": list(order.energy_wh)}
    del written["entered"]
    return written


def _order(body: Mapping[str, Any], entered: int) -> DayAheadOrder:
    read = {**body, "kind": Kind(body["kind"]), "side": Side(body["side"])}
    read |= {"slots": tuple(body["slots"]), "energy_wh": tuple(body["energy_wh"])}
    return DayAheadOrder(**read, entered=entered)


def _pairs(by_slot: Mapping[int, int]) -> list[list[int]]:
    """JSON has no numbers as keys."""
    return [[slot, value] for slot, value in sorted(by_slot.items())]


def _from_pairs(pairs: Sequence[Sequence[int]]) -> dict[int, int]:
    return {int(slot): int(value) for slot, value in pairs}
