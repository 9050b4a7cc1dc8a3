"""Double-entry transfers in two phases: their words.

A transfer takes from one account and gives to another, so the sum over all accounts of a unit is zero whatever happens.
A pending transfer reserves; posting it moves at most what it reserved and gives up the rest; voiding gives up all of
it, and so does expiring, once the moment has come that the reservation names. Accounts and transfers are written once
and never change. Ids come from the caller and make a repeated booking harmless. After TigerBeetle's accounts and
transfers; what may be booked: settlement.books.

Accounts are text: ``member:S001``, and one each of ``retailer``, ``platform``, ``pool``, ``network``, ``levy``,
``wholesale``, ``imbalance``, ``congestion``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from domain.errors import RuleBroken
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


class Unit(StrEnum):
    """What amounts count: micro-yen, watt-hours, WATT and TSL tokens. Units never mix: an account has one."""

    UJPY = "uJPY"
    WH = "Wh"
    WATT = "WATT"
    TSL = "TSL"


class Limit(StrEnum):
    """What an account may not do. Reservations count on the limited side, only what is posted on the other."""

    NONE = "none"
    DEBITS_WITHIN_CREDITS = "debits_within_credits"
    CREDITS_WITHIN_DEBITS = "credits_within_debits"


@dataclass(frozen=True, slots=True)
class Account:
    """An account as it was opened. One that nobody opened is opened by its first transfer, in its unit, unlimited."""

    id: str
    unit: Unit = Unit.UJPY
    limit: Limit = Limit.NONE


class TransferState(StrEnum):
    """What a transfer does: reserve, move, or give up a reservation, by will or because its time is over."""

    PENDING = "pending"
    POSTED = "posted"
    VOID = "void"
    EXPIRED = "expired"


GIVES_UP = frozenset({TransferState.VOID, TransferState.EXPIRED})


@dataclass(frozen=True, slots=True)
class Transfer:
    """``amount``, zero or more, in ``unit`` (uJPY, Wh, ...), from the ``debit`` account to the ``credit`` account.

    pending_id: the reservation that this one ends; empty when there is none. expires_at_s: the second since 1970 from
    which on a reservation can only expire, 0 for never. at_s: the second, by the caller, at which it ends such a one.
    """

    id: str
    debit: str
    credit: str
    amount: int
    kind: str
    slot: int
    state: TransferState = TransferState.POSTED
    pending_id: str = ""
    unit: Unit = Unit.UJPY
    expires_at_s: int = 0
    at_s: int = 0

    def __post_init__(self) -> None:
        if type(self.amount) is not int or self.amount < 0:
            raise ValueError(f"transfer {self.id}: an amount is whole, zero or more: {self.amount!r}")
        if self.debit == self.credit:
            raise ValueError(f"transfer {self.id}: takes from {self.debit} and gives to it")
        if self.state is TransferState.PENDING and self.pending_id:
            raise ValueError(f"transfer {self.id}: a reservation ends no other one")
        if self.state in GIVES_UP and not (self.pending_id and self.amount == 0):
            raise ValueError(f"transfer {self.id}: a {self.state} one moves nothing and names its reservation")
        if self.expires_at_s and self.state is not TransferState.PENDING:
            raise ValueError(f"transfer {self.id}: only a reservation expires")

    @property
    def amount_ujpy(self) -> int:
        """The amount of a transfer of money. Asserts that it is one."""
        assert self.unit is Unit.UJPY, f"transfer {self.id} counts {self.unit}"
        return self.amount


@dataclass(frozen=True, slots=True)
class Balance:
    """What an account has taken and given, in its unit, each zero or more."""

    debits_posted: int = 0
    credits_posted: int = 0
    debits_pending: int = 0
    credits_pending: int = 0
    unit: Unit = Unit.UJPY

    @classmethod
    def of(cls, sides: Sequence[int], unit: Unit) -> "Balance":
        """Of the four amounts in the order above."""
        debits_posted, credits_posted, debits_pending, credits_pending = sides
        return cls(debits_posted, credits_posted, debits_pending, credits_pending, unit)

    @property
    def net(self) -> int:
        """Received less paid, in the account's unit. Reservations do not count."""
        return self.credits_posted - self.debits_posted

    @property
    def ujpy(self) -> int:
        """The same of an account of money. Asserts that it is one."""
        assert self.unit is Unit.UJPY, f"the account counts {self.unit}"
        return self.net


def post(pending: Transfer, amount: int, new_id: str, at_s: int = 0) -> Transfer:
    """The transfer that moves part or all of a reservation and gives up the rest. Raises RuleBroken beyond it."""
    if amount > pending.amount:
        raise RuleBroken(f"transfer {new_id}: {amount} {pending.unit} is more than {pending.id} reserved")
    return _ended(pending, new_id, TransferState.POSTED, amount, at_s)


def void(pending: Transfer, new_id: str, at_s: int = 0) -> Transfer:
    """The transfer that gives up a whole reservation."""
    return _ended(pending, new_id, TransferState.VOID, 0, at_s)


def expire(pending: Transfer, new_id: str, at_s: int) -> Transfer:
    """The transfer that gives up a reservation because its time is over at ``at_s``. Raises RuleBroken before that."""
    if not 0 < pending.expires_at_s <= at_s:
        raise RuleBroken(f"transfer {new_id}: {pending.id} has not expired at {at_s}")
    return _ended(pending, new_id, TransferState.EXPIRED, 0, at_s)


def member_column(balances_by_account: Mapping[str, Balance], site_ids: Sequence[str]) -> Column:
    """Each member's balance, zero where nothing was booked. Shape (sites,), int64, uJPY."""
    return np.array([balances_by_account.get(member(site_id), Balance()).ujpy for site_id in site_ids], np.int64)


def _ended(pending: Transfer, new_id: str, state: TransferState, amount: int, at_s: int) -> Transfer:
    if pending.state is not TransferState.PENDING:
        raise RuleBroken(f"transfer {pending.id} is {pending.state}, only a pending one can be ended")
    return replace(pending, id=new_id, amount=amount, state=state, pending_id=pending.id, expires_at_s=0, at_s=at_s)
