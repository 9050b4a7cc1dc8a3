"""Payments as rows: where parties are paid, runs, payments in them, entries that were booked. Entries only grow."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from domain.errors import Conflict, RuleBroken
from domain.payment import BookedEntry, Payment, PaymentState
from memory.books.payment_tables import payee_account, payment, payment_entry, payment_run
from memory.rows import write_once

HOLDING_BACK = (PaymentState.OPEN, PaymentState.PART)
LOCK = 0x70617931
"""Of the advisory lock that runs and entries take, one after the other."""


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run. rail: by which way it pays. day: on which banks shall book."""

    id: str
    rail: str
    day: date
    drafted_by: str
    drafted_at: datetime
    released_by: str | None = None
    released_at: datetime | None = None


def lock(tx: Connection) -> None:
    """Let nobody else draft, release or take entries before this transaction ends."""
    tx.execute(select(func.pg_advisory_xact_lock(LOCK)))


def name_account(tx: Connection, party_id: str, sealed: bytes, at: datetime, by: str) -> None:
    """Say where a party is paid, from now on."""
    row = {"party_id": party_id, "sealed": sealed, "at": at, "by": by}
    said = insert(payee_account).values(row)
    tx.execute(said.on_conflict_do_update(index_elements=["party_id"], set_=row))


def forget_account(tx: Connection, party_id: str) -> None:
    """Delete where a party was paid."""
    tx.execute(delete(payee_account).where(payee_account.c.party_id == party_id))


def accounts(tx: Connection) -> dict[str, bytes]:
    """Where parties are paid, sealed, by party."""
    wanted = select(payee_account.c.party_id, payee_account.c.sealed).order_by(payee_account.c.party_id)
    return {row.party_id: bytes(row.sealed) for row in tx.execute(wanted)}


def add_run(tx: Connection, run: RunRow, payments: Sequence[Payment]) -> None:
    """Write a run and its payments. Raises Conflict when the id has other content."""
    write_once(tx, payment_run, [asdict(run)])
    write_once(tx, payment, [{**asdict(each), "state": str(each.state)} for each in payments])


def get_run(tx: Connection, run_id: str) -> RunRow:
    """One run. Raises RuleBroken when nobody knows it."""
    row = tx.execute(select(payment_run).where(payment_run.c.id == run_id)).one_or_none()
    if row is None:
        raise RuleBroken(f"there is no run {run_id[:40]}: gridpact payments list")
    return RunRow(*row)


def runs(tx: Connection) -> list[RunRow]:
    """Every run, the oldest first."""
    wanted = select(payment_run).order_by(payment_run.c.drafted_at, payment_run.c.id)
    return [RunRow(*row) for row in tx.execute(wanted)]


def release(tx: Connection, run_id: str, by: str, at: datetime) -> None:
    """Write down who released a run. Raises Conflict when it was released before."""
    wanted = update(payment_run).where(payment_run.c.id == run_id, payment_run.c.released_by.is_(None))
    if not tx.execute(wanted.values(released_by=by, released_at=at)).rowcount:
        raise Conflict(f"run {run_id} is released already")


def of_run(tx: Connection, run_id: str) -> list[Payment]:
    """The payments of a run, by party."""
    wanted = select(payment).where(payment.c.run_id == run_id).order_by(payment.c.party_id)
    return [_payment(row) for row in tx.execute(wanted)]


def holding_back(tx: Connection) -> list[Payment]:
    """Payments that are under way, by reference."""
    states = [str(state) for state in HOLDING_BACK]
    wanted = select(payment).where(payment.c.state.in_(states)).order_by(payment.c.reference)
    return [_payment(row) for row in tx.execute(wanted)]


def find(tx: Connection, reference: str) -> Payment | None:
    """One payment, None when nobody knows it."""
    row = tx.execute(select(payment).where(payment.c.reference == reference)).one_or_none()
    return None if row is None else _payment(row)


def move(tx: Connection, reference: str, state: PaymentState) -> None:
    """Bring a payment into a state."""
    tx.execute(update(payment).where(payment.c.reference == reference).values(state=str(state)))


def entries(tx: Connection, reference: str | None = None) -> list[tuple[BookedEntry, dict[str, int]]]:
    """What was booked and what became of each, uJPY by payment or ``suspense``; of one payment, or all."""
    found = payment_entry.c
    wanted = select(payment_entry).order_by(found.booked_on, found.rail, found.id)
    if reference is not None:
        wanted = wanted.where(found.became.has_key(reference))
    return [(_entry(row), dict(row.became)) for row in tx.execute(wanted)]


def take(tx: Connection, entry: BookedEntry) -> bool:
    """Whether an entry is new. Raises Conflict when its id stands for other content."""
    row = tx.execute(
        select(payment_entry).where(payment_entry.c.rail == entry.rail, payment_entry.c.id == entry.id)
    ).one_or_none()
    if row is not None and _entry(row) != entry:
        raise Conflict(f"{entry.rail} told entry {entry.id} before with other content: ask it which one holds")
    return row is None


def add_entry(tx: Connection, entry: BookedEntry, became: dict[str, int], at: datetime, by: str) -> None:
    """Write an entry and what became of it."""
    tx.execute(insert(payment_entry).values(asdict(entry) | {"became": became, "taken_at": at, "taken_by": by}))


def assign(tx: Connection, entry: BookedEntry, became: dict[str, int]) -> None:
    """Say anew what became of an entry."""
    wanted = update(payment_entry).where(payment_entry.c.rail == entry.rail, payment_entry.c.id == entry.id)
    tx.execute(wanted.values(became=became))


def _payment(row: Any) -> Payment:
    return Payment(row.reference, row.run_id, row.party_id, row.amount_jpy, dict(row.legs), PaymentState(row.state))


def _entry(row: Any) -> BookedEntry:
    return BookedEntry(row.rail, row.id, row.amount_jpy, row.reference, row.booked_on, row.says)
