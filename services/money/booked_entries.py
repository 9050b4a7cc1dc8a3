"""What a bank or the retailer says it booked, brought into the ledger: each entry once, whatever file tells it again.

An entry that fits its payment moves money between the party and the account ``bank``. What fits nothing, such as a
payment booked twice or an unknown reference, goes to ``suspense`` until somebody says what it is about. ``bank`` stands
for what banks and the retailer hold for the community: as the other side, it is negative while they hold something.
"""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from domain.errors import RuleBroken
from domain.payment import BookedEntry, Payment, PaymentState
from domain.quantity import UJPY_PER_JPY
from identity.action import Action
from identity.authorisation import Principal, Record, require
from memory.books import ledger, payments
from services.money.paying import booked_ujpy, main_account
from services.opening import RULES
from services.steps import Steps
from settlement.ledger import Transfer

BANK, SUSPENSE = "bank", "suspense"
KIND = "payment"
NO_SLOT = 0
"""A payment is about no delivery slot."""


class Taken(NamedTuple):
    """What became of a file. entries: new ones. known: told before. suspense: new ones that fit nothing."""

    entries: int
    known: int
    suspense: int


class Booking(NamedTuple):
    """What an entry does to one payment. amount_ujpy: of the entry, positive came in. legs: uJPY by account, positive
    out of it. state: where the payment then stands."""

    payment: Payment
    amount_ujpy: int
    legs: dict[str, int]
    state: PaymentState


def take_entries(steps: Steps, asker: Principal, entries: Sequence[BookedEntry]) -> Taken:
    """Book every new entry of a file. Raises PermissionDenied, Conflict when an entry was told before with other
    content; then nothing of the file counts."""
    require(asker, Action.RELEASE_PAYMENT, Record())
    with steps.database.begin("take-entries") as tx:
        payments.lock(tx)
        new = [each for each in entries if payments.take(tx, each)]
        unknown = sum(not _take(tx, steps, each, asker.account) for each in new)
        return Taken(len(new), len(entries) - len(new), unknown)


def assign(steps: Steps, asker: Principal, rail: str, entry_id: str, reference: str) -> PaymentState:
    """Say of which payment an entry in suspense is; where the payment then stands.

    Raises PermissionDenied, RuleBroken when there is no such entry or payment, or the one does not fit the other.
    """
    require(asker, Action.RELEASE_PAYMENT, Record())
    with steps.database.begin("assign-entry") as tx:
        payments.lock(tx)
        waiting = {(entry.rail, entry.id): entry for entry, _ in payments.entries(tx, SUSPENSE)}
        entry, payment = waiting.get((rail, entry_id)), payments.find(tx, reference)
        if entry is None or payment is None or not _released(tx, payment):
            raise RuleBroken(f"no entry {entry_id[:40]} is in suspense, or no payment under way is {reference[:20]}")
        booking = _booking(tx, payment, entry.amount_jpy * UJPY_PER_JPY)
        if booking is None:
            raise RuleBroken(f"{entry.amount_jpy} yen do not fit payment {reference}, which is {payment.state}")
        _book(tx, steps, entry, [booking], SUSPENSE)
        payments.assign(tx, entry, {reference: booking.amount_ujpy})
        steps.note(tx, RULES, "payment.assigned", reference, {"entry": entry_id, "by": asker.account})
        return booking.state


def fail(steps: Steps, asker: Principal, reference: str, because: str) -> None:
    """Say that a bank did not carry a payment out: the next run pays it again. Raises PermissionDenied, RuleBroken when
    it is not under way, or was booked in part."""
    require(asker, Action.RELEASE_PAYMENT, Record())
    with steps.database.begin("fail-payment") as tx:
        payments.lock(tx)
        payment = payments.find(tx, reference)
        if payment is None or payment.state is not PaymentState.OPEN:
            raise RuleBroken(f"payment {reference[:20]} is {payment.state if payment else 'unknown'}, not open")
        payments.move(tx, reference, PaymentState.FAILED)
        steps.note(tx, RULES, "payment.failed", reference, {"because": because[:200], "by": asker.account})


def _take(tx: Connection, steps: Steps, entry: BookedEntry, by: str) -> bool:
    """Book one new entry; whether it fits payments."""
    bookings = _bookings(tx, entry)
    became = {each.payment.reference: each.amount_ujpy for each in bookings}
    if bookings:
        _book(tx, steps, entry, bookings, BANK)
    else:
        became = {SUSPENSE: entry.amount_jpy * UJPY_PER_JPY}
        legs = {SUSPENSE: -entry.amount_jpy * UJPY_PER_JPY}
        ledger.book(tx, _transfers(f"payment:{entry.rail}:{entry.id}", legs, BANK))
    payments.add_entry(tx, entry, became, steps.clock(), by)
    told = {"rail": entry.rail, "amount_jpy": entry.amount_jpy, "became": sorted(became), "by": by}
    steps.note(tx, RULES, "payment.entry", f"{entry.rail}:{entry.id}", told)
    return bool(bookings)


def _bookings(tx: Connection, entry: BookedEntry) -> list[Booking]:
    """What an entry does, by its reference; without one, by being exactly what one run pays out as a lump."""
    if entry.reference:
        payment = payments.find(tx, entry.reference)
        fits = payment and _released(tx, payment) and _booking(tx, payment, entry.amount_jpy * UJPY_PER_JPY)
        return [fits] if fits else []
    lumps = [run.id for run in payments.runs(tx) if run.released_by and run.rail == entry.rail]
    found = [of_run for of_run in (payments.of_run(tx, run_id) for run_id in lumps) if _is_lump(of_run, entry)]
    if len(found) != 1:
        return []
    booked = [_booking(tx, payment, -payment.amount_jpy * UJPY_PER_JPY) for payment in found[0]]
    return [each for each in booked if each is not None]


def _is_lump(of_run: Sequence[Payment], entry: BookedEntry) -> bool:
    all_open = all(each.state is PaymentState.OPEN and each.amount_jpy > 0 for each in of_run)
    return all_open and sum(each.amount_jpy for each in of_run) == -entry.amount_jpy


def _released(tx: Connection, payment: Payment) -> bool:
    return payments.get_run(tx, payment.run_id).released_by is not None


def _booking(tx: Connection, payment: Payment, amount_ujpy: int) -> Booking | None:
    """What an amount does to its payment, None when it does not fit: too much, twice, or the wrong way."""
    moved, whole = booked_ujpy(tx, payment), -payment.amount_jpy * UJPY_PER_JPY
    after, main = moved + amount_ujpy, main_account(payment)
    if payment.state in {PaymentState.FAILED, PaymentState.RETURNED}:
        return None
    if after == whole and payment.state in {PaymentState.OPEN, PaymentState.PART}:
        legs = {account: ujpy + (moved if account == main else 0) for account, ujpy in payment.legs.items()}
        return Booking(payment, amount_ujpy, legs, PaymentState.PAID)
    if moved == whole and after == 0:
        return Booking(payment, amount_ujpy, {main: -amount_ujpy}, PaymentState.RETURNED)
    if whole > 0 and moved < after < whole:
        return Booking(payment, amount_ujpy, {main: -amount_ujpy}, PaymentState.PART)
    return None


def _book(tx: Connection, steps: Steps, entry: BookedEntry, bookings: Sequence[Booking], other: str) -> None:
    """Move what an entry does, between the party and ``other``."""
    for each in bookings:
        name = f"{KIND}:{entry.rail}:{entry.id}:{each.payment.reference}"
        ledger.book(tx, _transfers(name, each.legs, other))
        payments.move(tx, each.payment.reference, each.state)
        steps.note(tx, RULES, f"payment.{each.state}", each.payment.reference, {"entry": entry.id})


def _transfers(name: str, legs: dict[str, int], other: str) -> list[Transfer]:
    """From each leg's account to the other when it is positive, the other way when it is negative."""
    return [
        Transfer(f"{name}:{account}", *((account, other) if ujpy > 0 else (other, account)), abs(ujpy), KIND, NO_SLOT)
        for account, ujpy in sorted(legs.items())
        if ujpy
    ]
