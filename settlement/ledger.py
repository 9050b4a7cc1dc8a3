"""Double-entry transfers in two phases, as pure rules.

A transfer takes from one account and gives to another, so the sum over all accounts is zero whatever happens. A
pending transfer reserves; posting it moves at most what it reserved and gives up the rest; voiding gives up all of it.
Ids come from the caller and make a repeated booking harmless. After TigerBeetle's two-phase transfers.

Accounts are text: ``member:S001``, and one each of ``retailer``, ``platform``, ``pool``, ``network``, ``levy``,
``wholesale``, ``imbalance``, ``congestion``.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from domain.errors import Conflict, RuleBroken
from domain.order import Column

RETAILER = "retailer"
PLATFORM = "platform"
POOL = "pool"
NETWORK = "network"
LEVY = "levy"
WHOLESALE = "wholesale"
IMBALANCE = "imbalance"
CONGESTION = "congestion"


def member(site_id: str) -> str:
    """The account of the member at one site."""
    return f"member:{site_id}"


class TransferState(StrEnum):
    """What a transfer does: reserve, move, or give up a reservation."""

    PENDING = "pending"
    POSTED = "posted"
    VOID = "void"


@dataclass(frozen=True, slots=True)
class Transfer:
    """``amount_ujpy``, zero or more, from the ``debit`` account to the ``credit`` account.

    pending_id: the reservation that a posted or void transfer ends; empty when there is none.
    """

    id: str
    debit: str
    credit: str
    amount_ujpy: int
    kind: str
    slot: int
    state: TransferState = TransferState.POSTED
    pending_id: str = ""

    def __post_init__(self) -> None:
        if type(self.amount_ujpy) is not int or self.amount_ujpy < 0:
            raise ValueError(f"transfer {self.id}: an amount is whole micro-yen, zero or more: {self.amount_ujpy!r}")
        if self.debit == self.credit:
            raise ValueError(f"transfer {self.id}: takes from {self.debit} and gives to it")
        if self.state is TransferState.PENDING and self.pending_id:
            raise ValueError(f"transfer {self.id}: a reservation ends no other one")
        if self.state is TransferState.VOID and not (self.pending_id and self.amount_ujpy == 0):
            raise ValueError(f"transfer {self.id}: a void one moves nothing and names its reservation")


@dataclass(frozen=True, slots=True)
class Balance:
    """What an account has taken and given, micro-yen, each zero or more."""

    debits_posted: int = 0
    credits_posted: int = 0
    debits_pending: int = 0
    credits_pending: int = 0

    @property
    def ujpy(self) -> int:
        """Received less paid. Reservations do not count."""
        return self.credits_posted - self.debits_posted


def post(pending: Transfer, amount_ujpy: int, new_id: str) -> Transfer:
    """The transfer that moves part or all of a reservation and gives up the rest. Raises RuleBroken beyond it."""
    _require_pending(pending)
    if amount_ujpy > pending.amount_ujpy:
        raise RuleBroken(f"transfer {new_id}: {amount_ujpy} uJPY is more than {pending.id} reserved")
    return replace(pending, id=new_id, amount_ujpy=amount_ujpy, state=TransferState.POSTED, pending_id=pending.id)


def void(pending: Transfer, new_id: str) -> Transfer:
    """The transfer that gives up a whole reservation."""
    _require_pending(pending)
    return replace(pending, id=new_id, amount_ujpy=0, state=TransferState.VOID, pending_id=pending.id)


def balances(transfers: Iterable[Transfer]) -> dict[str, Balance]:
    """Every account's balance after the transfers, in order of first use.

    The same transfer twice counts once. Raises Conflict when an id comes back with other content, RuleBroken when a
    transfer ends a reservation that is unknown, ended already, of other accounts or too small.
    """
    known: dict[str, Transfer] = {}
    ended: dict[str, str] = {}
    result: dict[str, Balance] = {}
    for transfer in transfers:
        if transfer.id in known:
            if known[transfer.id] != transfer:
                raise Conflict(f"transfer {transfer.id} came before with other content")
            continue
        if transfer.pending_id:
            _end_reservation(transfer, known, ended, result)
        known[transfer.id] = transfer
        _move(result, transfer, transfer.amount_ujpy)
    return result


def member_column(balances_by_account: dict[str, Balance], site_ids: Sequence[str]) -> Column:
    """Each member's balance, zero where nothing was booked. Shape (sites,), int64, uJPY."""
    return np.array([balances_by_account.get(member(site_id), Balance()).ujpy for site_id in site_ids], np.int64)


def _require_pending(pending: Transfer) -> None:
    if pending.state is not TransferState.PENDING:
        raise RuleBroken(f"transfer {pending.id} is {pending.state}, only a pending one can be posted or voided")


def _end_reservation(
    transfer: Transfer, known: dict[str, Transfer], ended: dict[str, str], result: dict[str, Balance]
) -> None:
    """Check the reservation a transfer ends, and release it."""
    pending = known.get(transfer.pending_id)
    if pending is None:
        raise RuleBroken(f"transfer {transfer.id} ends {transfer.pending_id}, which is unknown")
    _require_pending(pending)
    if transfer.pending_id in ended:
        raise RuleBroken(f"transfer {transfer.id} ends {pending.id}, which {ended[pending.id]} has ended")
    if (pending.debit, pending.credit) != (transfer.debit, transfer.credit):
        raise RuleBroken(f"transfer {transfer.id} and its reservation {pending.id} are of different accounts")
    if transfer.amount_ujpy > pending.amount_ujpy:
        raise RuleBroken(f"transfer {transfer.id}: {transfer.amount_ujpy} uJPY is more than {pending.id} reserved")
    ended[pending.id] = transfer.id
    _move(result, pending, -pending.amount_ujpy)


def _move(result: dict[str, Balance], transfer: Transfer, amount_ujpy: int) -> None:
    """Add an amount to both accounts, among the pending or the posted ones."""
    payer = result.get(transfer.debit, Balance())
    payee = result.get(transfer.credit, Balance())
    if transfer.state is TransferState.PENDING:
        payer = replace(payer, debits_pending=payer.debits_pending + amount_ujpy)
        payee = replace(payee, credits_pending=payee.credits_pending + amount_ujpy)
    else:
        payer = replace(payer, debits_posted=payer.debits_posted + amount_ujpy)
        payee = replace(payee, credits_posted=payee.credits_posted + amount_ujpy)
    result[transfer.debit], result[transfer.credit] = payer, payee
