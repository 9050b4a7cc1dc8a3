"""A book's commands on record: each stands in its table and, by its digest, in the signed journal; audited together."""

from dataclasses import asdict

from sqlalchemy import Connection

from domain.canonical import digest
from domain.errors import AuditBroken
from domain.trade import Venue
from memory.books import journal
from memory.trading import order_commands, trades
from memory.trading.order_commands import OrderCommand
from services.orders.order_book import Desk, all_trades
from services.steps import Steps

ACTOR = "identity"  # who lets commands in
COMMAND = "order.command"
LAST_SLOT = 2**40


def write(tx: Connection, steps: Steps, row: OrderCommand) -> None:
    """Keep a command that the book has accepted, and sign it into the journal."""
    order_commands.append(tx, row)
    steps.note(tx, ACTOR, COMMAND, _subject(row), {"command": digest(asdict(row))})


def verify_books(tx: Connection, desk: Desk) -> int:
    """How many commands hold: each as the journal has it, and the trades on record those that the books make again.

    Raises AuditBroken.
    """
    signed = {each.subject: journal.body_of(each)["command"] for each in journal.entries(tx, COMMAND)}
    rows = order_commands.between(tx, desk.market, 0, LAST_SLOT)
    for row in rows:
        if signed.pop(_subject(row), None) != digest(asdict(row)):
            raise AuditBroken(f"command {_subject(row)}: it is not the one that was signed")
    if signed:
        raise AuditBroken(f"command {min(signed)} was signed and is gone")
    by_slot: dict[int, list[OrderCommand]] = {}
    for row in rows:
        by_slot.setdefault(row.slot, []).append(row)
    made = {each for slot, commands in by_slot.items() for each in all_trades(desk, slot, commands)}
    kept = {each for each in trades.between(tx, 0, LAST_SLOT) if each.market is Venue.CONTINUOUS}
    if made != kept:
        raise AuditBroken(f"trade {min(each.id for each in made ^ kept)}: the book, replayed, says otherwise")
    return len(rows)


def _subject(row: OrderCommand) -> str:
    return f"{row.market}:{row.slot}:{row.seq}"
