"""Seeded histories of one ledger: crashes, duplicates, late and early arrivals, corrections; and what must hold after.

A history is made from its number alone. A market day in small: deposits, reservations with and without an end, what
becomes of them, energy that goes from a seller to a buyer and into losses in one chain, corrections that take back a
transfer and book another in one chain, and chains that must fall. The calls arrive out of order and more than once.
The store crashes before any of its writes, or after its commit with the answer lost; who asked asks again until it has
an answer, and gives up only what never can be booked.

``broken`` names what does not hold. The rules under test are settlement.books; the oracle is another book-keeper.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeVar

from benchmarks.floors.plain_books import PlainBooks
from settlement.books import NOTHING, Booking, Books, Refusal, Why
from settlement.ledger import Account, Limit, Transfer, TransferState, Unit, expire, post, void

T = TypeVar("T")
Chain = list[Transfer]
MEMBERS = ("member:1", "member:2", "member:3")
DEPOSIT, ENERGY = Account("deposit", limit=Limit.DEBITS_WITHIN_CREDITS), Account("pool:Wh", Unit.WH)
EXPIRES_AT_S = 100
CRASH = 0.25
MAY_COME_TOO_EARLY = frozenset({Why.NO_RESERVATION, Why.OVER_LIMIT})


class Crash(Exception):
    """The store is gone in the middle of a call; what it has committed stays."""


class Store:
    """Rows as a database keeps them. The writes of a call count together at its commit, or, where ``torn``, one by
    one, which no database of ours may do: that shows whether the checks notice."""

    def __init__(self, chance: random.Random, torn: bool) -> None:
        self.chance, self.torn = chance, torn
        self.accounts: dict[str, Account] = {}
        self.balances: dict[str, list[int]] = {}
        self.transfers: list[Transfer] = []
        self.bookings: list[tuple[Booking, list[Account], list[Transfer]]] = []
        self.head = Booking()
        self.answers: list[tuple[Chain, bool]] = []

    def submit(self, chains: Sequence[Chain]) -> list[Refusal | None]:
        """As memory.books.ledger.submit. Raises Crash, now and then."""
        books = self.books()
        refusals = [books.add(chain) for chain in chains]
        self._commit(books, [(chain, refusal is None) for chain, refusal in zip(chains, refusals, strict=True)])
        return refusals

    def open(self, account: Account) -> None:
        """As memory.books.ledger.open_accounts."""
        books = self.books()
        assert books.open(account) is None
        self._commit(books, [])

    def books(self) -> Books:
        """As the rows have them."""
        books = Books(dict(self.accounts), {name: list(self.balances.get(name, NOTHING)) for name in self.accounts})
        books.written.update((each.id, each) for each in self.transfers)
        books.ended.update((each.pending_id, each.id) for each in self.transfers if each.pending_id)
        return books

    def _commit(self, books: Books, answers: list[tuple[Chain, bool]]) -> None:
        after = self.head.next(books.opened, books.new)
        writes = self._writes(books, after) if books.opened or books.new else []
        crash_at = self.chance.randrange(len(writes) + 1) if self.chance.random() < CRASH else None
        if crash_at is not None and crash_at < len(writes):
            for write in writes[:crash_at] if self.torn else []:
                write()
            raise Crash
        for write in writes:
            write()
        self.answers += answers
        if crash_at is not None:
            raise Crash

    def _writes(self, books: Books, after: Booking) -> list[Callable[[], object]]:
        """Row by row, in the order in which memory.books.ledger writes them."""
        sides = {name: list(each) for name, each in books.sides.items()}
        return [
            *(partial(self.accounts.__setitem__, each.id, each) for each in books.opened),
            *(partial(self.transfers.append, each) for each in books.new),
            partial(self.balances.update, sides),
            partial(self.bookings.append, (after, list(books.opened), list(books.new))),
            partial(setattr, self, "head", after),
        ]


def broken(number: int, *, torn: bool = False) -> list[str]:
    """What does not hold after history ``number``, by name; nothing when all is well."""
    chance = random.Random(number)
    store = Store(chance, torn)
    for account in (DEPOSIT, ENERGY):
        _until_answered(partial(store.open, account))
    calls = list(_calls(chance))
    answered = _deliver(store, chance, calls)
    return sorted(name for name, holds in _laws(store, calls, answered).items() if not holds)


def _calls(chance: random.Random) -> Iterator[Chain]:
    """Chains as they were meant, in order. Ids name what they are for."""
    yield [Transfer("deposit", "bank", "deposit", 1_000, "deposit", 0)]
    for slot in range(1, chance.randrange(3, 7)):
        buyer, seller = chance.sample(MEMBERS, 2)
        expires_at_s = chance.choice((0, EXPIRES_AT_S))
        payer = chance.choice((buyer, "deposit"))
        amount = chance.randrange(700)
        held = Transfer(
            f"{slot}:r", payer, seller, amount, "buy", slot, TransferState.PENDING, expires_at_s=expires_at_s
        )
        yield [held]
        yield from _outcome(chance, held)
        energy_wh = chance.randrange(1, 500)
        lost_wh = energy_wh // 20
        yield [
            Transfer(f"{slot}:sold", f"{seller}:Wh", "pool:Wh", energy_wh, "energy", slot, unit=Unit.WH),
            Transfer(f"{slot}:lost", "pool:Wh", "losses:Wh", lost_wh, "energy", slot, unit=Unit.WH),
            Transfer(f"{slot}:bought", "pool:Wh", f"{buyer}:Wh", energy_wh - lost_wh, "energy", slot, unit=Unit.WH),
        ]
        if chance.random() < 0.3:
            yield _must_fall(chance, slot, held)


def _outcome(chance: random.Random, held: Transfer) -> Iterator[Chain]:
    """Posted in part, with a correction later or without; given up; expired; or left open."""
    at_s, what = EXPIRES_AT_S - 1, chance.choice(("posted", "posted", "void", "expired", "open"))
    if what == "posted":
        moved = post(held, chance.randrange(held.amount + 1), f"{held.slot}:p", at_s)
        yield [moved]
        if chance.random() < 0.5:
            back = replace(moved, id=f"{moved.id}:back", debit=moved.credit, credit=moved.debit, pending_id="", at_s=0)
            yield [
                back,
                replace(back, id=f"{moved.id}:again", debit=moved.debit, credit=moved.credit, amount=held.slot),
            ]
    elif what == "void":
        yield [void(held, f"{held.slot}:v", at_s)]
    elif what == "expired" and held.expires_at_s:
        yield [expire(held, f"{held.slot}:x", EXPIRES_AT_S + chance.randrange(9))]


def _must_fall(chance: random.Random, slot: int, held: Transfer) -> Chain:
    """A good transfer linked to one that nobody may book: of other content, of another unit, over a limit."""
    good = Transfer(f"{slot}:good", MEMBERS[0], MEMBERS[1], 1, "any", slot)
    bad = (
        replace(held, amount=held.amount + 1, slot=99),
        Transfer(f"{slot}:bad", MEMBERS[0], "pool:Wh", 1, "any", slot),
        Transfer(f"{slot}:bad", "deposit", MEMBERS[0], 5_000, "any", slot),
        Transfer(f"{slot}:bad", MEMBERS[0], MEMBERS[1], 1, "any", slot, TransferState.POSTED, "nobody"),
    )
    return [good, chance.choice(bad)]


def _deliver(store: Store, chance: random.Random, calls: list[Chain]) -> list[Chain]:
    """Bring every call to an answer, out of order, some twice, up to three at once; those that stand."""
    waiting = calls + chance.sample(calls, len(calls) // 3)
    waiting.sort(key=lambda chain: calls.index(chain) + chance.randrange(5))
    answered: list[Chain] = []
    for _ in range(4):
        again: list[Chain] = []
        while waiting:
            together = [waiting.pop(0) for _ in range(min(len(waiting), chance.randrange(1, 4)))]
            refusals = _until_answered(partial(store.submit, together))
            for chain, refusal in zip(together, refusals, strict=True):
                if refusal is None:
                    answered.append(chain)
                elif refusal.why in MAY_COME_TOO_EARLY:
                    again.append(chain)
        waiting = again
    return answered


def _until_answered(ask: Callable[[], T]) -> T:
    while True:
        try:
            return ask()
        except Crash:
            continue


def _laws(store: Store, calls: Sequence[Chain], answered: Sequence[Chain]) -> dict[str, bool]:
    """Each law, and whether it holds of the rows."""
    rows, replayed = store.transfers, Books()
    for account in store.accounts.values():
        replayed.open(account)
    stands = replayed.add(rows) is None
    balances, kept = replayed.balances(), set(rows)
    again = store.books()
    return {
        "units balance": all(_sums(store, unit) == (0, 0) for unit in Unit),
        "balances follow from transfers": stands and replayed.sides == store.balances,
        "the oracle answers the same": _agrees(store),
        "limits hold": all(
            _within(account, store.balances.get(account.id, NOTHING)) for account in store.accounts.values()
        ),
        "chains stand or fall whole": all(len(kept.intersection(chain)) in (0, len(chain)) for chain in calls),
        "what was answered is kept": kept.issuperset(each for chain in answered for each in chain),
        "nothing is there twice": len(rows) == len({each.id for each in rows}),
        "a replay changes nothing": all(again.add(chain) is None for chain in answered) and not again.new,
        "bookings are chained": _is_chained(store),
        "bought = sold - lost": "pool:Wh" in balances and balances["pool:Wh"].net == 0,
        "no more is moved than was reserved": _within_reserved(rows),
        "bills = books": all(_bill(rows, name) == balance.net for name, balance in balances.items()),
    }


def _sums(store: Store, unit: Unit) -> tuple[int, int]:
    """What all accounts of a unit have received less paid: posted, reserved."""
    mine: list[Sequence[int]] = [
        store.balances.get(each.id, NOTHING) for each in store.accounts.values() if each.unit is unit
    ]
    return sum(each[1] - each[0] for each in mine), sum(each[3] - each[2] for each in mine)


def _within(account: Account, sides: Sequence[int]) -> bool:
    debits_posted, credits_posted, debits_pending, _ = sides
    return account.limit is not Limit.DEBITS_WITHIN_CREDITS or debits_posted + debits_pending <= credits_posted


def _agrees(store: Store) -> bool:
    """Whether the oracle, asked the same in the order of the commits, gave the same answers and holds the same."""
    plain = PlainBooks()
    for account in (DEPOSIT, ENERGY):
        plain.open(account)
    same = all(plain.add(chain) == stands for chain, stands in store.answers)
    sides = {name: [*_pairs(plain, name)] for name in plain.accounts}
    return same and plain.transfers == store.transfers and sides == store.balances


def _pairs(plain: PlainBooks, account: str) -> Iterator[int]:
    """SIDES in order: debits and credits posted, debits and credits pending."""
    for kind in (0, 1):
        yield plain.debits(account)[kind]
        yield plain.credits(account)[kind]


def _is_chained(store: Store) -> bool:
    before = Booking()
    for booking, opened, new in store.bookings:
        before = before.next(opened, new)
        if before != booking:
            return False
    booked = [each for _, _, new in store.bookings for each in new]
    return before == store.head and booked == store.transfers


def _within_reserved(rows: Sequence[Transfer]) -> bool:
    reserved = {each.id: each.amount for each in rows if each.state is TransferState.PENDING}
    ends = [each for each in rows if each.pending_id]
    once = max(Counter(each.pending_id for each in ends).values(), default=0) <= 1
    return once and all(each.amount <= reserved.get(each.pending_id, -1) for each in ends)


def _bill(rows: Sequence[Transfer], account: str) -> int:
    """Slot by slot, as a statement adds it up."""
    lines: Counter[tuple[int, str]] = Counter()
    for each in rows:
        if each.state is TransferState.POSTED and account in (each.debit, each.credit):
            lines[each.slot, each.kind] += each.amount if each.credit == account else -each.amount
    return sum(lines.values())
