"""Payments between the community and its parties, once what everybody owes everybody is netted."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Rail(StrEnum):
    """A way of paying: over the retailer's bill, the usual one in Japan, or by one of two kinds of bank file."""

    RETAILER_BILL = "retailer_bill"
    ZENGIN = "zengin"
    PAIN001 = "pain001"

    @property
    def collects(self) -> bool:
        """Whether it takes money from parties too; a bank transfer only pays out."""
        return self is Rail.RETAILER_BILL


class PaymentState(StrEnum):
    """Where a payment stands. An open one holds back what it is about from the next run; the others hold back nothing.

    part: only some of a collection came yet. failed: the bank did not carry it out. returned: it came back later.
    """

    OPEN = "open"
    PART = "part"
    PAID = "paid"
    FAILED = "failed"
    RETURNED = "returned"


@dataclass(frozen=True, slots=True)
class Payment:
    """One payment. amount_jpy: positive is paid to the party, negative collected from it. legs: uJPY by ledger account,
    positive out of it, adding up to the amount."""

    reference: str
    run_id: str
    party_id: str
    amount_jpy: int
    legs: dict[str, int]
    state: PaymentState = PaymentState.OPEN


@dataclass(frozen=True, slots=True)
class BookedEntry:
    """What a bank or the retailer says it booked. amount_jpy: positive came in. reference: of a payment, or empty."""

    rail: str
    id: str
    amount_jpy: int
    reference: str
    booked_on: date
    says: str
