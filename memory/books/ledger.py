"""The double-entry ledger as rows: transfers that are only added, balances that change in the same transaction.

A reservation (pending transfer) stays as it was written; posting or voiding it adds a transfer that names it, and the
database takes only one such. Rules of two phases: settlement.ledger.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, case, func, or_, select
from sqlalchemy.dialects.postgresql import insert

from domain.errors import AuditBroken, Conflict, OutsideFailed, RuleBroken
from memory import tables
from memory.rows import add_rows, refuse_differing
from settlement.ledger import Balance, Transfer, TransferState
from settlement.ledger import balances as recompute

NAMES = ("id", "slot", "debit", "credit", "amount_ujpy", "kind", "state", "pending_id")
SIDES = ("debits_posted", "credits_posted", "debits_pending", "credits_pending")
BATCH_ROWS = 10_000

Delta = dict[str, list[int]]


def book(tx: Connection, transfers: Sequence[Transfer]) -> int:
    """Write transfers and move the balances; how many were new.

    A transfer that is written already, with the same content, moves nothing again. Raises Conflict when an id has
    other content or a reservation has ended otherwise, RuleBroken when a transfer ends a reservation that is unknown,
    of other accounts or too small. Then nothing of the call is kept.
    """
    with tx.begin_nested():
        new = _not_yet_written(tx, transfers)
        reservations = _reservations(tx, new)
        for transfer in new:
            _require_fits(transfer, reservations)
        rows = [_row(transfer) for transfer in new]
        added = add_rows(tx, tables.transfer, NAMES, rows)
        refuse_differing(tables.transfer, added)
        if added.written != len(new):
            raise OutsideFailed("another transaction booked the same transfers meanwhile: run the same again")
        _move_balances(tx, _deltas(new, reservations))
    return len(new)


def of_slots(tx: Connection, first_slot: int, last_slot: int) -> list[Transfer]:
    """The transfers of slots from first to last, by slot, then id."""
    transfer = tables.transfer.c
    wanted = _all().where(transfer.slot.between(first_slot, last_slot)).order_by(transfer.slot, transfer.id)
    return [_transfer(row) for row in tx.execute(wanted).mappings()]


def pending_of(tx: Connection, slot: int) -> list[Transfer]:
    """The slot's reservations that nothing has ended yet, by id."""
    transfer, end = tables.transfer.c, tables.transfer.alias()
    ended = select(end.c.id).where(end.c.pending_id == transfer.id).exists()
    wanted = _all().where(transfer.slot == slot, transfer.state == str(TransferState.PENDING), ~ended)
    return [_transfer(row) for row in tx.execute(wanted.order_by(transfer.id)).mappings()]


def balances(tx: Connection) -> dict[str, Balance]:
    """Every account's balance, by account."""
    account = tables.account
    return {row.id: Balance(*row[1:]) for row in tx.execute(select(account).order_by(account.c.id))}


def change_ujpy(tx: Connection, account: str, first_slot: int, last_slot: int) -> int:
    """What an account received less what it paid in slots from first to last, uJPY. Reservations do not count."""
    transfer = tables.transfer.c
    signed = case((transfer.credit == account, transfer.amount_ujpy), else_=-transfer.amount_ujpy)
    wanted = select(func.coalesce(func.sum(signed), 0)).where(
        transfer.slot.between(first_slot, last_slot),
        transfer.state == str(TransferState.POSTED),
        or_(transfer.credit == account, transfer.debit == account),
    )
    return int(tx.execute(wanted).scalar_one())


def sum_ujpy(tx: Connection) -> int:
    """The sum over all accounts, uJPY: zero, always."""
    account = tables.account.c
    return int(
        tx.execute(select(func.coalesce(func.sum(account.credits_posted - account.debits_posted), 0))).scalar_one()
    )


def verify(tx: Connection) -> int:
    """Work out every balance again from the transfers; how many transfers there are.

    Raises AuditBroken naming the first account that differs, or when the transfers break the rules of two phases.
    """
    transfers = list(_in_two_phases(tx))
    try:
        expected = recompute(transfers)
    except RuleBroken as broken:
        raise AuditBroken(f"the ledger's transfers contradict each other: {broken}") from broken
    kept = balances(tx)
    for account in sorted(expected.keys() | kept.keys()):
        if expected.get(account, Balance()) != kept.get(account, Balance()):
            raise AuditBroken(f"account {account} shows {kept.get(account)}, its transfers say {expected.get(account)}")
    if total := sum_ujpy(tx):
        raise AuditBroken(f"the accounts add up to {total} uJPY, not to zero")
    return len(transfers)


def _not_yet_written(tx: Connection, transfers: Sequence[Transfer]) -> list[Transfer]:
    """The transfers whose id is new, each once. Raises Conflict when an id has other content."""
    given: dict[str, Transfer] = {}
    for transfer in transfers:
        if given.setdefault(transfer.id, transfer) != transfer:
            raise Conflict(f"transfer {transfer.id} came twice with different content")
    written = _by_id(tx, list(given))
    for transfer_id, kept in written.items():
        if kept != given[transfer_id]:
            raise Conflict(f"transfer {transfer_id} is already written with other content; the first stays")
    return [transfer for transfer_id, transfer in given.items() if transfer_id not in written]


def _reservations(tx: Connection, new: Sequence[Transfer]) -> dict[str, Transfer]:
    """The reservations that new transfers end, wherever they are: written before, or new themselves."""
    here = {transfer.id: transfer for transfer in new if transfer.state is TransferState.PENDING}
    ended = [transfer.pending_id for transfer in new if transfer.pending_id and transfer.pending_id not in here]
    return here | _by_id(tx, ended)


def _by_id(tx: Connection, ids: Sequence[str]) -> dict[str, Transfer]:
    wanted = _all().where(tables.transfer.c.id == func.any(list(ids)))
    return {row["id"]: _transfer(row) for row in tx.execute(wanted).mappings()} if ids else {}


def _require_fits(transfer: Transfer, reservations: Mapping[str, Transfer]) -> None:
    if not transfer.pending_id:
        return
    pending = reservations.get(transfer.pending_id)
    if pending is None or pending.state is not TransferState.PENDING:
        raise RuleBroken(f"transfer {transfer.id} ends {transfer.pending_id}, which is no reservation")
    if (pending.debit, pending.credit) != (transfer.debit, transfer.credit):
        raise RuleBroken(f"transfer {transfer.id} and its reservation {pending.id} are of different accounts")
    if transfer.amount_ujpy > pending.amount_ujpy:
        raise RuleBroken(f"transfer {transfer.id}: {transfer.amount_ujpy} uJPY is more than {pending.id} reserved")


def _deltas(new: Sequence[Transfer], reservations: Mapping[str, Transfer]) -> Delta:
    """What each account's SIDES gain."""
    deltas: Delta = defaultdict(lambda: [0, 0, 0, 0])
    for transfer in new:
        side = 2 if transfer.state is TransferState.PENDING else 0
        deltas[transfer.debit][side] += transfer.amount_ujpy
        deltas[transfer.credit][side + 1] += transfer.amount_ujpy
        if transfer.pending_id:
            released = reservations[transfer.pending_id].amount_ujpy
            deltas[transfer.debit][2] -= released
            deltas[transfer.credit][3] -= released
    return deltas


def _move_balances(tx: Connection, deltas: Delta) -> None:
    """In order of account, so that two bookings never wait for each other in a circle."""
    if not deltas:
        return
    new = insert(tables.account)
    sums = {name: tables.account.c[name] + new.excluded[name] for name in SIDES}
    rows = [{"id": account, **dict(zip(SIDES, delta, strict=True))} for account, delta in sorted(deltas.items())]
    tx.execute(new.on_conflict_do_update(index_elements=["id"], set_=sums), rows)


def _in_two_phases(tx: Connection) -> Iterator[Transfer]:
    """Every transfer, reservations before what ends them."""
    transfer = tables.transfer.c
    wanted = _all().order_by(transfer.pending_id.is_not(None), transfer.id)
    for row in tx.execute(wanted, execution_options={"yield_per": BATCH_ROWS}).mappings():
        yield _transfer(row)


def _all() -> Select[Any]:
    return select(tables.transfer)


def _row(transfer: Transfer) -> tuple[Any, ...]:
    return (
        transfer.id,
        transfer.slot,
        transfer.debit,
        transfer.credit,
        transfer.amount_ujpy,
        transfer.kind,
        str(transfer.state),
        transfer.pending_id or None,
    )


def _transfer(row: RowMapping) -> Transfer:
    return Transfer(
        row["id"],
        row["debit"],
        row["credit"],
        row["amount_ujpy"],
        row["kind"],
        row["slot"],
        TransferState(row["state"]),
        row["pending_id"] or "",
    )
