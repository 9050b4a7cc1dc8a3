"""TigerBeetle's semantics once more, as simply as they can be said: a list of transfers, added up at every question.

Written against the published descriptions of accounts, transfers, two phases, linked events and balance limits, not
against settlement.books, whose oracle it is. Slow on purpose: nothing is kept that could be worked out from the list.
"""

from collections.abc import Sequence

from settlement.ledger import Account, Limit, Transfer, TransferState, Unit


class PlainBooks:
    """All accounts and transfers that ever were accepted."""

    def __init__(self) -> None:
        self.accounts: dict[str, Account] = {}
        self.transfers: list[Transfer] = []

    def open(self, account: Account) -> bool:
        """Whether the account now stands open as asked."""
        return self.accounts.setdefault(account.id, account) == account

    def add(self, chain: Sequence[Transfer]) -> bool:
        """Accept all of a chain or nothing of it; whether it stands."""
        accounts, transfers = dict(self.accounts), list(self.transfers)
        if all(self._accept(each) for each in chain):
            return True
        self.accounts, self.transfers = accounts, transfers
        return False

    def debits(self, account: str) -> tuple[int, int]:
        """Posted, pending."""
        return self._side("debit", account)

    def credits(self, account: str) -> tuple[int, int]:
        """Posted, pending."""
        return self._side("credit", account)

    def sum(self, unit: Unit) -> int:
        """Over all accounts of a unit: what was received less what was paid."""
        mine = [each.id for each in self.accounts.values() if each.unit == unit]
        return sum(self.credits(each)[0] - self.debits(each)[0] for each in mine)

    def _side(self, side: str, account: str) -> tuple[int, int]:
        mine = [each for each in self.transfers if getattr(each, side) == account]
        posted = sum(each.amount for each in mine if each.state == TransferState.POSTED)
        return posted, sum(each.amount for each in mine if each.state == TransferState.PENDING and not self._end(each))

    def _end(self, pending: Transfer) -> Transfer | None:
        return next((each for each in self.transfers if each.pending_id == pending.id), None)

    def _find(self, transfer_id: str) -> Transfer | None:
        return next((each for each in self.transfers if each.id == transfer_id), None)

    def _accept(self, transfer: Transfer) -> bool:
        known = self._find(transfer.id)
        if known is not None:
            return known == transfer
        for account in (transfer.debit, transfer.credit):
            if account in self.accounts and self.accounts[account].unit != transfer.unit:
                return False
        good = self._may_end(transfer) if transfer.pending_id else self._may_move(transfer)
        if good:
            for account in (transfer.debit, transfer.credit):
                self.accounts.setdefault(account, Account(account, transfer.unit))
            self.transfers.append(transfer)
        return good

    def _may_move(self, transfer: Transfer) -> bool:
        paid, received = sum(self.debits(transfer.debit)), sum(self.credits(transfer.credit))
        if max(paid, received) + transfer.amount >= 2**63:
            return False
        payer, payee = self.accounts.get(transfer.debit), self.accounts.get(transfer.credit)
        broke = payer and payer.limit == Limit.DEBITS_WITHIN_CREDITS
        full = payee and payee.limit == Limit.CREDITS_WITHIN_DEBITS
        return not (
            (broke and paid + transfer.amount > self.credits(transfer.debit)[0])
            or (full and received + transfer.amount > self.debits(transfer.credit)[0])
        )

    def _may_end(self, transfer: Transfer) -> bool:
        pending = self._find(transfer.pending_id)
        if pending is None or pending.state != TransferState.PENDING or self._end(pending):
            return False
        if (pending.debit, pending.credit) != (transfer.debit, transfer.credit) or transfer.amount > pending.amount:
            return False
        if transfer.state == TransferState.EXPIRED:
            return pending.expires_at_s > 0 and transfer.at_s >= pending.expires_at_s
        return pending.expires_at_s == 0 or 0 < transfer.at_s < pending.expires_at_s
