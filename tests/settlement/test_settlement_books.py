"""What may be booked, against TigerBeetle's semantics said once more, more simply (benchmarks.floors.plain_books)."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from benchmarks.floors.plain_books import PlainBooks
from domain.errors import RuleBroken
from settlement.books import INT64_MAX, Booking, Books, Refusal, Why
from settlement.ledger import Account, Limit, Transfer, TransferState, Unit, expire, post, void

PENDING, EXPIRED = TransferState.PENDING, TransferState.EXPIRED
NAMES = [f"{unit}:{number}" for unit in (Unit.UJPY, Unit.WH) for number in range(3)]
IDS = st.integers(0, 25).map(lambda number: f"t{number}")
AMOUNTS = st.integers(0, 20) | st.sampled_from([INT64_MAX - 5, INT64_MAX, INT64_MAX + 1])


@st.composite
def transfers(draw: st.DrawFn) -> Transfer:
    """Any transfer that can be said, mostly between accounts of one unit; reservations expire, ends name moments."""
    debit, credit = draw(st.lists(st.sampled_from(NAMES), min_size=2, max_size=2, unique=True))
    state = draw(st.sampled_from(TransferState))
    gives_up = state in (TransferState.VOID, EXPIRED)
    ends = state is not PENDING and (gives_up or draw(st.booleans()))
    return Transfer(
        draw(IDS),
        debit,
        credit,
        0 if gives_up else draw(AMOUNTS),
        draw(st.sampled_from("kl")),
        draw(st.integers(0, 2)),
        state,
        draw(IDS) if ends else "",
        draw(st.sampled_from([Unit(debit.split(":")[0])] * 5 + [Unit.TSL])),
        draw(st.integers(0, 3)) if state is PENDING else 0,
        draw(st.integers(0, 4)) if ends else 0,
    )


class SameAnswers(RuleBasedStateMachine):
    """Both books are asked the same; their answers and what they then hold never differ."""

    def __init__(self) -> None:
        super().__init__()
        self.books, self.plain, self.head = Books(), PlainBooks(), Booking()

    @rule(name=st.sampled_from(NAMES), limit=st.sampled_from(Limit))
    def open(self, name: str, limit: Limit) -> None:
        account = Account(name, Unit(name.split(":")[0]), limit)
        assert (self.books.open(account) is None) == self.plain.open(account)

    @rule(chain=st.lists(transfers(), max_size=4))
    def add(self, chain: list[Transfer]) -> None:
        assert (self.books.add(chain) is None) == self.plain.add(chain)

    @rule(data=st.data())
    def repeat(self, data: st.DataObject) -> None:
        """What is on record may come again, in any order, and moves nothing."""
        if self.books.new:
            before = self.books.balances()
            assert self.books.add(data.draw(st.lists(st.sampled_from(self.books.new), max_size=5))) is None
            assert self.books.balances() == before

    @rule(data=st.data(), at_s=st.integers(0, 4), amount=st.integers(0, 20))
    def end(self, data: st.DataObject, at_s: int, amount: int) -> None:
        """Open reservations are ended in every way, also too late and too early."""
        waiting = [each for each in self.books.new if each.state is PENDING]
        if waiting:
            held = data.draw(st.sampled_from(waiting))
            ends = [
                post(held, min(amount, held.amount), f"{held.id}:end", at_s),
                void(held, f"{held.id}:end", at_s),
                Transfer(
                    f"{held.id}:end",
                    held.debit,
                    held.credit,
                    0,
                    held.kind,
                    held.slot,
                    EXPIRED,
                    held.id,
                    held.unit,
                    0,
                    at_s,
                ),
            ]
            chain = [data.draw(st.sampled_from(ends))]
            assert (self.books.add(chain) is None) == self.plain.add(chain)

    @invariant()
    def both_hold_the_same(self) -> None:
        assert self.books.new == self.plain.transfers
        assert self.books.accounts == self.plain.accounts
        for name, balance in self.books.balances().items():
            assert (balance.debits_posted, balance.debits_pending) == self.plain.debits(name)
            assert (balance.credits_posted, balance.credits_pending) == self.plain.credits(name)

    @invariant()
    def every_unit_adds_up_to_zero(self) -> None:
        found = self.books.balances().values()
        for unit in Unit:
            assert sum(each.net for each in found if each.unit is unit) == 0 == self.plain.sum(unit)
            assert sum(each.debits_pending - each.credits_pending for each in found if each.unit is unit) == 0

    @invariant()
    def limits_hold(self) -> None:
        for name, balance in self.books.balances().items():
            if self.books.accounts[name].limit is Limit.DEBITS_WITHIN_CREDITS:
                assert balance.debits_posted + balance.debits_pending <= balance.credits_posted
            if self.books.accounts[name].limit is Limit.CREDITS_WITHIN_DEBITS:
                assert balance.credits_posted + balance.credits_pending <= balance.debits_posted


TestSameAnswers = SameAnswers.TestCase
TestSameAnswers.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)


def paid(transfer_id: str, amount: int, debit: str = "a", credit: str = "b", unit: Unit = Unit.UJPY) -> Transfer:
    return Transfer(transfer_id, debit, credit, amount, "k", 1, unit=unit)


def test_of_a_chain_that_falls_nothing_is_left() -> None:
    """Neither transfers nor accounts nor what was released; another chain of the same call stands."""
    books = Books()
    held = Transfer("h", "a", "b", 5, "k", 1, PENDING)
    assert books.add([held]) is None
    before = books.balances()
    assert books.add([post(held, 5, "h:end"), paid("x", 1, "a", "new"), paid("x", 2, "a", "new")]) == (
        Refusal("x", Why.OTHER_CONTENT)
    )
    assert (books.balances(), books.new, books.ended) == (before, [held], {})
    assert books.add([post(held, 5, "h:end")]) is None


def test_units_never_mix() -> None:
    """A transfer between accounts of two units, or in a third one, is refused whichever account differs."""
    books = Books()
    assert books.add([paid("m", 5), paid("e", 5, "c", "d", Unit.WH)]) is None
    for bad in (paid("x", 1, "a", "d"), paid("x", 1, "d", "a"), paid("x", 1, unit=Unit.WATT)):
        assert books.add([bad]) == Refusal("x", Why.OTHER_UNIT)
    with pytest.raises(AssertionError, match="counts Wh"):
        _ = paid("x", 1, unit=Unit.WH).amount_ujpy


def test_a_deposit_is_spent_once() -> None:
    """Reservations count against the limit before they are posted, and what is given up is free again."""
    books = Books()
    books.open(Account("deposit", limit=Limit.DEBITS_WITHIN_CREDITS))
    held = Transfer("h", "deposit", "shop", 7, "k", 1, PENDING)
    assert books.add([paid("in", 10, "bank", "deposit"), held]) is None
    assert books.add([paid("y", 4, "deposit", "shop")]) == Refusal("y", Why.OVER_LIMIT)
    assert books.add([void(held, "h:end"), paid("y", 4, "deposit", "shop")]) is None


def test_only_the_callers_moment_lets_a_reservation_expire() -> None:
    """Before it, it is posted or void and never expired; from it on, it is expired and nothing else."""
    held = Transfer("h", "a", "b", 5, "k", 1, PENDING, expires_at_s=100)
    with pytest.raises(RuleBroken, match="has not expired at 99"):
        expire(held, "end", 99)
    for end, why in (
        (Transfer("end", "a", "b", 0, "k", 1, EXPIRED, "h", at_s=99), Why.TOO_EARLY),
        (post(held, 5, "end", 100), Why.TOO_LATE),
        (void(held, "end"), Why.TOO_LATE),
        (post(held, 5, "end", 99), None),
        (expire(held, "end", 100), None),
    ):
        books = Books()
        assert books.add([held, end]) == (why and Refusal("end", why))


def test_every_part_of_a_booking_is_in_its_hash() -> None:
    """Another order, amount, account or past gives another hash."""
    first, second = paid("a", 1), paid("b", 2)
    hashes = {
        Booking(0, 0, before).next(accounts, chain).hash
        for before in ("", "0")
        for accounts in ([], [Account("a")], [Account("a", limit=Limit.DEBITS_WITHIN_CREDITS)])
        for chain in ([], [first], [first, second], [second, first], [paid("a", 2)])
    }
    assert len(hashes) == 30
