"""The double-entry ledger as rows: accounts, transfers and bookings that are only added, balances beside them.

A reservation (pending transfer) stays as it was written; what ends it is a transfer that names it, and the database
takes only one such. A call takes the ledger's one head, reads what its transfers touch, lets settlement.books decide,
and writes in a few statements all that is new: transfers by COPY, balances at once. So bookings stand in one order,
each chained to the one before, and a call costs by what it holds, not by what is on record.

A transaction that both books and writes into the journal books first: so two of them never wait for each other.
"""

from collections.abc import Collection, Iterator, Sequence
from itertools import groupby, islice
from typing import Any, NamedTuple

from psycopg import sql
from sqlalchemy import Connection, RowMapping, Select, case, exists, func, or_, select, update

from domain.errors import AuditBroken
from memory import tables
from memory.rows import driver
from settlement.books import SIDES, Booking, Books, Refusal
from settlement.ledger import Account, Balance, Limit, Transfer, TransferState, Unit, expire

NAMES = (
    *("id", "slot", "debit", "credit", "amount", "kind", "state", "pending_id"),
    *("unit", "expires_at_s", "at_s", "place"),
)
BATCH_ROWS = 10_000
COPY = sql.SQL("COPY transfer ({}) FROM STDIN").format(sql.SQL(", ").join(map(sql.Identifier, NAMES)))
OPEN = "INSERT INTO account SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::bigint[])"
MOVE = (
    "INSERT INTO balance SELECT * FROM unnest(%s::text[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[]) "
    "ON CONFLICT (id) DO UPDATE SET debits_posted = excluded.debits_posted, credits_posted = excluded.credits_posted, "
    "debits_pending = excluded.debits_pending, credits_pending = excluded.credits_pending"
)


class Submitted(NamedTuple):
    """What became of chains of transfers. new: how many transfers were written. refusals: one a chain, None where it
    stands."""

    new: int
    refusals: list[Refusal | None]


def book(tx: Connection, transfers: Sequence[Transfer]) -> int:
    """Write transfers and move the balances; how many were new.

    A transfer that is written already, with the same content, moves nothing again. Raises Conflict when an id has
    other content or a reservation has ended otherwise, RuleBroken on anything else that settlement.books refuses. Then
    nothing of the call is kept.
    """
    new, (refusal,) = submit(tx, [transfers])
    if refusal:
        raise refusal.raised()
    return new


def submit(tx: Connection, chains: Sequence[Sequence[Transfer]]) -> Submitted:
    """Write every chain of transfers that may be booked, one after the other; of a refused one nothing is kept."""
    touched = [transfer for chain in chains for transfer in chain]
    if not touched:
        return Submitted(0, [None] * len(chains))
    before = _take_head(tx)
    books = _books(tx, touched)
    refusals = [books.add(chain) for chain in chains]
    _write(tx, before, books)
    return Submitted(len(books.new), refusals)


def open_accounts(tx: Connection, accounts: Sequence[Account]) -> int:
    """Open accounts with a unit and a limit; how many were new. Raises Conflict when one stands open otherwise."""
    before = _take_head(tx)
    books = Books()
    _fill_accounts(tx, books, {account.id for account in accounts})
    for account in accounts:
        if refusal := books.open(account):
            raise refusal.raised()
    _write(tx, before, books)
    return len(books.opened)


def expire_due(tx: Connection, at_s: int) -> int:
    """Give up every reservation whose time is over at ``at_s``, seconds since 1970; how many."""
    transfer = tables.transfer.c
    due = _unended().where(transfer.expires_at_s > 0, transfer.expires_at_s <= at_s).order_by(transfer.place)
    pending = [_transfer(row) for row in tx.execute(due).mappings()]
    return book(tx, [expire(each, f"{each.id}:expired", at_s) for each in pending])


def of_slots(tx: Connection, first_slot: int, last_slot: int) -> list[Transfer]:
    """The transfers of slots from first to last, by slot, then id."""
    transfer = tables.transfer.c
    wanted = _all().where(transfer.slot.between(first_slot, last_slot)).order_by(transfer.slot, transfer.id)
    return [_transfer(row) for row in tx.execute(wanted).mappings()]


def pending_of(tx: Connection, slot: int) -> list[Transfer]:
    """The slot's reservations that nothing has ended yet, by id."""
    transfer = tables.transfer.c
    wanted = _unended().where(transfer.slot == slot).order_by(transfer.id)
    return [_transfer(row) for row in tx.execute(wanted).mappings()]


def balances(tx: Connection) -> dict[str, Balance]:
    """Every account's balance, by account."""
    balance, account = tables.balance.c, tables.account.c
    wanted = select(tables.balance, account.unit).join_from(tables.balance, tables.account, balance.id == account.id)
    found = tx.execute(wanted.order_by(balance.id))
    return {name: Balance.of(sides, Unit(unit)) for name, *sides, unit in map(tuple, found)}


def change_ujpy(tx: Connection, account: str, first_slot: int, last_slot: int) -> int:
    """What an account received less what it paid in slots from first to last, uJPY. Reservations do not count."""
    transfer = tables.transfer.c
    signed = case((transfer.credit == account, transfer.amount), else_=-transfer.amount)
    wanted = select(func.coalesce(func.sum(signed), 0)).where(
        transfer.slot.between(first_slot, last_slot),
        transfer.state == str(TransferState.POSTED),
        transfer.unit == str(Unit.UJPY),
        or_(transfer.credit == account, transfer.debit == account),
    )
    return int(tx.execute(wanted).scalar_one())


def sums(tx: Connection) -> dict[Unit, int]:
    """The sum over all accounts of each unit that is in use: zero, always."""
    balance, account = tables.balance.c, tables.account.c
    wanted = select(account.unit, func.sum(balance.credits_posted - balance.debits_posted))
    joined = wanted.join_from(tables.balance, tables.account, balance.id == account.id).group_by(account.unit)
    return {Unit(unit): int(total) for unit, total in tx.execute(joined.order_by(account.unit))}


def sum_ujpy(tx: Connection) -> int:
    """The sum over all accounts of money, uJPY: zero, always."""
    return sums(tx).get(Unit.UJPY, 0)


def head(tx: Connection) -> Booking:
    """The last booking."""
    return Booking(*_head_row(tx, select(tables.ledger_head)))


def bookings(tx: Connection) -> dict[int, str]:
    """The hash of every booking, by its number."""
    return {row.seq: row.hash for row in tx.execute(select(tables.booking).order_by(tables.booking.c.seq))}


def verify(tx: Connection) -> int:
    """Book everything again, in its order, and compare; how many transfers there are.

    Raises AuditBroken naming the first booking whose hash does not follow or whose transfers break a rule, then the
    first account whose balance is not what its transfers say.
    """
    books, last = _replayed(tx)
    if last != head(tx):
        raise AuditBroken(f"the ledger ends with booking {last.seq}, but its head names booking {head(tx).seq}")
    if last.last_place != (stored := tx.execute(select(func.count()).select_from(tables.transfer)).scalar_one()):
        raise AuditBroken(f"{stored} transfers are on record, the bookings count {last.last_place}")
    nobody = select(tables.balance.c.id).where(~exists().where(tables.account.c.id == tables.balance.c.id))
    if (unknown := tx.execute(nobody.limit(1)).scalar()) is not None:
        raise AuditBroken(f"account {unknown} has a balance and was never opened")
    expected, kept = books.balances(), balances(tx)
    for account in sorted(expected.keys() | kept.keys()):
        if expected.get(account) != kept.get(account):
            raise AuditBroken(f"account {account} shows {kept.get(account)}, its transfers say {expected.get(account)}")
    return last.last_place


def in_order(tx: Connection) -> Iterator[Transfer]:
    """Every transfer, in the order in which they were booked."""
    wanted = _all().order_by(tables.transfer.c.place, tables.transfer.c.id)
    for row in tx.execute(wanted, execution_options={"yield_per": BATCH_ROWS}).mappings():
        yield _transfer(row)


def _replayed(tx: Connection) -> tuple[Books, Booking]:
    """The books and the last booking that all rows make, each hash compared on the way."""
    books, before, placed = Books(), Booking(), in_order(tx)
    accounts = select(tables.account).order_by(tables.account.c.booking, tables.account.c.id)
    opened = {seq: list(rows) for seq, rows in groupby(tx.execute(accounts).all(), lambda row: row.booking)}
    for row in tx.execute(select(tables.booking).order_by(tables.booking.c.seq)).all():
        transfers = list(islice(placed, max(row.last_place - before.last_place, 0)))
        before = _replay(books, before, [_account(each) for each in opened.pop(row.seq, [])], transfers)
        if before != Booking(*row):
            raise AuditBroken(f"booking {row.seq} of the ledger was altered: {_named(transfers)}")
    if opened:
        raise AuditBroken(f"account {next(iter(opened.values()))[0].id} was opened in no booking")
    return books, before


def _replay(books: Books, before: Booking, accounts: Sequence[Account], transfers: Sequence[Transfer]) -> Booking:
    refusal = next(filter(None, map(books.open, accounts)), None) or books.add(transfers)
    if refusal:
        raise AuditBroken(f"booking {before.seq + 1} of the ledger breaks a rule: {refusal}")
    return before.next(accounts, transfers)


def _named(transfers: Sequence[Transfer]) -> str:
    return f"transfers {transfers[0].id} to {transfers[-1].id}" if transfers else "it opens accounts"


def _take_head(tx: Connection) -> Booking:
    """The last booking; who holds it until the transaction ends books next."""
    return Booking(*_head_row(tx, select(tables.ledger_head).with_for_update()))


def _head_row(tx: Connection, wanted: "Select[Any]") -> Sequence[Any]:
    row: Sequence[Any] = tx.execute(wanted).one()
    return row[1:]


def _books(tx: Connection, transfers: Sequence[Transfer]) -> Books:
    """What is on record of these transfers, of the reservations that they end, and of all accounts of both."""
    books, ids = Books(), {each.id for each in transfers}
    ends = {each.pending_id for each in transfers if each.pending_id}
    transfer = tables.transfer.c
    known = _all().where(transfer.id == func.any(list(ids | ends)))
    books.written.update((row["id"], _transfer(row)) for row in tx.execute(known).mappings())
    if ends:
        ended = select(transfer.pending_id, transfer.id).where(transfer.pending_id == func.any(list(ends)))
        books.ended.update((row.pending_id, row.id) for row in tx.execute(ended))
    _fill_accounts(tx, books, {account for each in transfers for account in (each.debit, each.credit)})
    return books


def _fill_accounts(tx: Connection, books: Books, ids: Collection[str]) -> None:
    balance, account = tables.balance.c, tables.account.c
    wanted = select(tables.account, *(balance[side] for side in SIDES)).join_from(
        tables.account, tables.balance, balance.id == account.id
    )
    for row in tx.execute(wanted.where(account.id == func.any(list(ids)))):
        books.accounts[row.id] = _account(row)
        books.sides[row.id] = list(row[-len(SIDES) :])


def _write(tx: Connection, before: Booking, books: Books) -> None:
    """All that is new in the books, as the booking after ``before``."""
    opened = sorted(books.opened, key=lambda account: account.id)
    if not (opened or books.new):
        return
    after = before.next(opened, books.new)
    with driver(tx).cursor() as cursor:
        if opened:
            columns = zip(*((each.id, each.unit, each.limit, after.seq) for each in opened), strict=True)
            cursor.execute(OPEN, [list(column) for column in columns])
        with cursor.copy(COPY) as copy:
            for place, transfer in enumerate(books.new, before.last_place + 1):
                copy.write_row(_row(transfer, place))
        moved = sorted({each.id for each in opened}.union(*((each.debit, each.credit) for each in books.new)))
        cursor.execute(MOVE, [moved, *map(list, zip(*(books.sides[each] for each in moved), strict=True))])
    tx.execute(tables.booking.insert().values(after._asdict()))
    tx.execute(update(tables.ledger_head).values(after._asdict()))


def _unended() -> Select[Any]:
    transfer, end = tables.transfer.c, tables.transfer.alias()
    ended = select(end.c.id).where(end.c.pending_id == transfer.id).exists()
    return _all().where(transfer.state == str(TransferState.PENDING), ~ended)


def _all() -> Select[Any]:
    return select(tables.transfer)


def _account(row: Any) -> Account:
    return Account(row.id, Unit(row.unit), Limit(row.balance_limit))


def _row(transfer: Transfer, place: int) -> tuple[Any, ...]:
    return (
        transfer.id,
        transfer.slot,
        transfer.debit,
        transfer.credit,
        transfer.amount,
        transfer.kind,
        transfer.state,
        transfer.pending_id or None,
        transfer.unit,
        transfer.expires_at_s,
        transfer.at_s,
        place,
    )


def _transfer(row: RowMapping) -> Transfer:
    return Transfer(
        row["id"],
        row["debit"],
        row["credit"],
        row["amount"],
        row["kind"],
        row["slot"],
        TransferState(row["state"]),
        row["pending_id"] or "",
        Unit(row["unit"]),
        row["expires_at_s"],
        row["at_s"],
    )
