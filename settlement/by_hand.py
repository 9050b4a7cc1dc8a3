"""What a slot that people traded by hand moves beside what was booked for it, when it was settled without them.

The slot is settled again with their trades, on the same meters; between each account and the retailer goes what that
makes differently. All accounts' differences add up to zero, so the retailer is left with its own.
"""

from collections.abc import Iterable, Iterator

from settlement.books import balances
from settlement.ledger import RETAILER, Balance, Transfer

BY_HAND = "by_hand"


def corrections(slot: int, wanted: Iterable[Transfer], booked: Iterable[Transfer]) -> Iterator[Transfer]:
    """One transfer for each account whose balance differs, accounts in order. wanted, booked: posted transfers that end
    no reservation."""
    before, after = balances(booked), balances(wanted)
    nothing = Balance()
    for account in sorted((before.keys() | after.keys()) - {RETAILER}):
        change = after.get(account, nothing).ujpy - before.get(account, nothing).ujpy
        debit, credit = (RETAILER, account) if change > 0 else (account, RETAILER)
        if change:
            yield Transfer(f"{slot}:{BY_HAND}:{account}", debit, credit, abs(change), BY_HAND, slot)
