"""What may be booked: transfers against the accounts they touch, one after the other, without a database.

A *chain* is a sequence of transfers that stand or fall together; chains stand for themselves. A transfer that is on
record already, with the same content, counts as done and moves nothing again. Every refusal names the transfer and
why, and leaves nothing behind. Only the moments that transfers name count: there is no clock here.

Each call that books something is one *booking*. Its hash covers the one before it, the accounts it opened and its
transfers in order, so that none can be changed, left out or moved without every later hash being another.

Source: TigerBeetle's semantics of accounts and transfers (two phases, linked events, balance limits, ledgers).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from domain.canonical import digest
from domain.errors import Conflict, RuleBroken
from settlement.ledger import Account, Balance, Limit, Transfer, TransferState

INT64_MAX = 2**63 - 1
SIDES = ("debits_posted", "credits_posted", "debits_pending", "credits_pending")
NOTHING = (0, 0, 0, 0)
LIMITS = (Limit.DEBITS_WITHIN_CREDITS, Limit.CREDITS_WITHIN_DEBITS)


class Why(StrEnum):
    """Why a transfer or an account is refused."""

    OTHER_CONTENT = "came before with other content"
    OTHER_UNIT = "counts another unit than its accounts"
    NO_RESERVATION = "ends what is unknown or no reservation"
    ENDED = "ends a reservation that another one has ended"
    OTHER_ACCOUNTS = "and its reservation are of different accounts"
    TOO_MUCH = "is more than was reserved"
    TOO_LATE = "ends a reservation after its time, or without a moment"
    TOO_EARLY = "expires a reservation before its time"
    OVER_LIMIT = "goes over an account's limit"
    TOO_LARGE = "is more than an account can count"


CONFLICTS = frozenset({Why.OTHER_CONTENT, Why.ENDED})


class Refusal(NamedTuple):
    """id: the transfer at which its chain fell, or the account that stands open otherwise."""

    id: str
    why: Why
    noun: str = "transfer"

    def __str__(self) -> str:
        return f"{self.noun} {self.id} {self.why}"

    def raised(self) -> RuleBroken:
        """The error for a caller who wanted all or nothing."""
        broken = Conflict if self.why in CONFLICTS else RuleBroken
        return broken(f"{self}; nothing of the call is kept")


class Booking(NamedTuple):
    """The seq-th call that booked something, counted from 1. last_place: of its last transfer, counted over all."""

    seq: int = 0
    last_place: int = 0
    hash: str = ""

    def next(self, accounts: Iterable[Account], transfers: Sequence[Transfer]) -> "Booking":
        """The booking that follows with these, in this order."""
        opened = [[each.id, str(each.unit), str(each.limit)] for each in accounts]
        record = [self.seq + 1, self.hash, opened, [_record(each) for each in transfers]]
        return Booking(self.seq + 1, self.last_place + len(transfers), digest(record))


@dataclass(frozen=True, slots=True)
class Books:
    """Accounts, balances and transfers, as far as they matter to what is to be added: all, or what it touches.

    sides: by account, SIDES in order. written: transfers by id. ended: by reservation, what ended it. opened, new: what
    was added here, in order.
    """

    accounts: dict[str, Account] = field(default_factory=dict)
    sides: dict[str, list[int]] = field(default_factory=dict)
    written: dict[str, Transfer] = field(default_factory=dict)
    ended: dict[str, str] = field(default_factory=dict)
    opened: list[Account] = field(default_factory=list)
    new: list[Transfer] = field(default_factory=list)

    def open(self, account: Account) -> Refusal | None:
        """Open an account; opening it again in the same way changes nothing."""
        known = self.accounts.get(account.id)
        if known is None:
            self.accounts[account.id], self.sides[account.id] = account, [0, 0, 0, 0]
            self.opened.append(account)
        return None if known in (None, account) else Refusal(account.id, Why.OTHER_CONTENT, "account")

    def add(self, chain: Iterable[Transfer]) -> Refusal | None:
        """Add every transfer of a chain that is not on record yet, or, when one is refused, none of them."""
        new, opened = len(self.new), len(self.opened)
        for transfer in chain:
            known = self.written.get(transfer.id)
            if known is None:
                why = self._why_not(transfer)
            else:
                why = None if known == transfer else Why.OTHER_CONTENT
            if why is not None:
                self._take_back(new, opened)
                return Refusal(transfer.id, why)
            if known is None:
                self._write(transfer)
        return None

    def balances(self) -> dict[str, Balance]:
        """Every account's balance, in order of opening."""
        return {name: Balance.of(self.sides[name], account.unit) for name, account in self.accounts.items()}

    def _why_not(self, transfer: Transfer) -> Why | None:
        payer, payee = self.accounts.get(transfer.debit), self.accounts.get(transfer.credit)
        if (payer and payer.unit is not transfer.unit) or (payee and payee.unit is not transfer.unit):
            return Why.OTHER_UNIT
        if transfer.pending_id:
            return self._why_not_ended(transfer)
        return self._why_over(payer, transfer.amount, 0) or self._why_over(payee, transfer.amount, 1)

    def _why_over(self, account: Account | None, amount: int, side: int) -> Why | None:
        """Whether ``amount`` more is too much on a side, 0 debits, 1 credits. None: an account still to be opened."""
        sides = self.sides[account.id] if account else NOTHING
        total = sides[side] + sides[side + 2] + amount
        if total > INT64_MAX:
            return Why.TOO_LARGE
        over = account is not None and account.limit is LIMITS[side] and total > sides[1 - side]
        return Why.OVER_LIMIT if over else None

    def _why_not_ended(self, transfer: Transfer) -> Why | None:
        pending = self.written.get(transfer.pending_id)
        if pending is None or pending.state is not TransferState.PENDING:
            return Why.NO_RESERVATION
        if pending.id in self.ended:
            return Why.ENDED
        if (pending.debit, pending.credit) != (transfer.debit, transfer.credit):
            return Why.OTHER_ACCOUNTS
        if transfer.amount > pending.amount:
            return Why.TOO_MUCH
        if transfer.state is TransferState.EXPIRED:
            return None if 0 < pending.expires_at_s <= transfer.at_s else Why.TOO_EARLY
        in_time = not pending.expires_at_s or 0 < transfer.at_s < pending.expires_at_s
        return None if in_time else Why.TOO_LATE

    def _write(self, transfer: Transfer) -> None:
        for account in (transfer.debit, transfer.credit):
            if account not in self.accounts:
                self.open(Account(account, transfer.unit))
        self.written[transfer.id] = transfer
        self.new.append(transfer)
        self._move(transfer, 1)
        if transfer.pending_id:
            self.ended[transfer.pending_id] = transfer.id

    def _move(self, transfer: Transfer, sign: int) -> None:
        """Let both accounts feel a transfer, or, with sign -1, let them forget it."""
        payer, payee, amount = self.sides[transfer.debit], self.sides[transfer.credit], sign * transfer.amount
        if transfer.state is TransferState.PENDING:
            payer[2] += amount
            payee[3] += amount
            return
        payer[0] += amount
        payee[1] += amount
        if transfer.pending_id:
            reserved = sign * self.written[transfer.pending_id].amount
            payer[2] -= reserved
            payee[3] -= reserved

    def _take_back(self, new: int, opened: int) -> None:
        """Forget what was added behind these counts, last first."""
        for transfer in reversed(self.new[new:]):
            self._move(transfer, -1)
            del self.written[transfer.id]
            self.ended.pop(transfer.pending_id, None)
        for account in self.opened[opened:]:
            del self.accounts[account.id], self.sides[account.id]
        del self.new[new:], self.opened[opened:]


def balances(transfers: Iterable[Transfer]) -> dict[str, Balance]:
    """Every account's balance after the transfers, in order of first use. The same transfer twice counts once.

    Raises Conflict or RuleBroken at the first transfer that may not be booked.
    """
    books = Books()
    if refusal := books.add(transfers):
        raise refusal.raised()
    return books.balances()


def _record(transfer: Transfer) -> list[str | int]:
    """What the hash covers of a transfer: all of it, as plain values."""
    return [
        transfer.id,
        transfer.slot,
        transfer.debit,
        transfer.credit,
        str(transfer.unit),
        transfer.amount,
        transfer.kind,
        str(transfer.state),
        transfer.pending_id,
        transfer.expires_at_s,
        transfer.at_s,
    ]
