"""The accepted commands of each slot's continuous book, in their order. The table only grows."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, select, text

from memory import tables
from memory.rows import write_once

BOOK_LOCK = 0x626F6F6B  # "book": whoever changes a slot's book holds it until the commit

DAY_LOCK = 0x64617973  # "days": whoever judges a site's day holds it until the commit

PARTY_LOCK = 0x70617274  # "part": whoever judges a party's credit holds it until the commit


@dataclass(frozen=True, slots=True)
class OrderCommand:
    """One event of a book. seq: its number there, from 0. kind, side, moment, until: as in market.continuous.command,
    moments in seconds since 1970. order_seq: the number of the command that entered the order. person: who said it,
    empty for the market itself.
    """

    market: str
    slot: int
    seq: int
    kind: int
    moment: int
    order_seq: int = 0
    site_id: str = ""
    side: int = 0
    limit_mjpy_per_kwh: int = 0
    energy_wh: int = 0
    until: int = 0
    person: str = ""


def lock_parties(tx: Connection, party_ids: Iterable[str]) -> None:
    """Wait until nobody else judges the credit of these parties, and hold them until this transaction ends.

    Locks are always taken in one order, so that nobody waits in a circle: the day-ahead book, parties, a slot's book,
    sites; parties and sites each in the order of their names.
    """
    # One statement goes through the list in its order; one each would cost a large market longer than its screening.
    wanted = "SELECT pg_advisory_xact_lock(:party, hashtext(name)) FROM unnest(CAST(:names AS text[])) AS name"
    tx.execute(text(wanted), {"party": PARTY_LOCK, "names": sorted(set(party_ids))})


def lock(tx: Connection, slot: int) -> None:
    """Wait until nobody else changes the slot's book, and hold it until this transaction ends."""
    tx.execute(text("SELECT pg_advisory_xact_lock(:book, :slot)"), {"book": BOOK_LOCK, "slot": slot})


def lock_sites(tx: Connection, site_ids: Iterable[str]) -> None:
    """Wait until nobody else orders for these sites, and hold them until this transaction ends. In one order, so that
    two never wait for each other in a circle."""
    for site_id in sorted(site_ids):
        key = {"day": DAY_LOCK, "site": site_id}
        tx.execute(text("SELECT pg_advisory_xact_lock(:day, hashtext(:site))"), key)


def append(tx: Connection, row: OrderCommand) -> None:
    """Write the book's next command. Raises Conflict when its number has other content."""
    write_once(tx, tables.order_command, [asdict(row)])


def of_slot(tx: Connection, market: str, slot: int) -> list[OrderCommand]:
    """The slot's commands in order."""
    return between(tx, market, slot, slot)


def between(tx: Connection, market: str, first_slot: int, last_slot: int) -> list[OrderCommand]:
    """The commands for slots from first to last, by slot, then number."""
    command = tables.order_command.c
    wanted = select(tables.order_command).where(command.market == market, command.slot.between(first_slot, last_slot))
    return [OrderCommand(*row) for row in tx.execute(wanted.order_by(command.slot, command.seq))]
