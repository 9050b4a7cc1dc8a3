"""Ledger rows: booked once, balanced always, whatever is repeated."""

from itertools import count
from operator import attrgetter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from domain.errors import AuditBroken, Conflict, RuleBroken
from memory.books import ledger
from memory.database import Database
from settlement import ledger as rules
from settlement.ledger import Balance, Transfer, TransferState, post, void

NUMBERS = count(1)
PENDING = TransferState.PENDING


def pay(transfer_id: str, amount_ujpy: int, state: TransferState = TransferState.POSTED, slot: int = 10) -> Transfer:
    return Transfer(transfer_id, "member:S1", "retailer", amount_ujpy, "p2p", slot, state)


RESERVED = pay("a:reserved", 100, PENDING)


def tamper(tx: Connection, statement: str) -> None:
    """What somebody with the database's own keys could do."""
    tx.execute(text("ALTER TABLE transfer DISABLE TRIGGER only_grows"))
    tx.execute(text(statement))


def test_a_transfer_booked_twice_moves_money_once(tx: Connection) -> None:
    """Ids come from the caller and make repetition harmless."""
    assert ledger.book(tx, [pay("a", 5), pay("b", 7)]) == 2
    assert ledger.book(tx, [pay("a", 5), pay("b", 7), pay("b", 7), pay("c", 1)]) == 1
    assert ledger.balances(tx)["member:S1"] == Balance(debits_posted=13)
    assert ledger.balances(tx)["retailer"] == Balance(credits_posted=13)


def test_the_same_id_with_other_content_is_refused_and_nothing_of_the_call_is_kept(tx: Connection) -> None:
    """The whole call or nothing of it, even when the caller's transaction goes on."""
    ledger.book(tx, [pay("a", 5)])
    for given_ in ([pay("b", 1), pay("a", 6)], [pay("b", 1), pay("b", 2)]):
        with pytest.raises(Conflict):
            ledger.book(tx, given_)
    assert ledger.verify(tx) == 1


def test_a_reservation_is_posted_in_part_and_the_rest_released(tx: Connection) -> None:
    """Two phases: what is metered moves, what is left is given up."""
    ledger.book(tx, [RESERVED])
    assert ledger.balances(tx)["member:S1"] == Balance(debits_pending=100)
    ledger.book(tx, [post(RESERVED, 60, "a")])
    ledger.book(tx, [post(RESERVED, 60, "a")])
    assert ledger.balances(tx)["member:S1"] == Balance(debits_posted=60)
    assert ledger.verify(tx) == 2


def test_a_void_reservation_moves_nothing(tx: Connection) -> None:
    """Repeating the void changes nothing either."""
    ledger.book(tx, [RESERVED])
    ledger.book(tx, [void(RESERVED, "a:void")])
    ledger.book(tx, [void(RESERVED, "a:void")])
    assert ledger.balances(tx)["member:S1"] == Balance()
    assert ledger.verify(tx) == 2


def test_a_reservation_ends_once(tx: Connection) -> None:
    """Posted is not void, and not posted again under another id."""
    ledger.book(tx, [RESERVED])
    ledger.book(tx, [post(RESERVED, 60, "a")])
    with pytest.raises(Conflict):
        ledger.book(tx, [void(RESERVED, "a:void")])
    with pytest.raises(Conflict):
        ledger.book(tx, [post(RESERVED, 60, "again")])
    with pytest.raises(Conflict):
        ledger.book(tx, [post(RESERVED, 1, "x"), void(RESERVED, "y")])
    assert ledger.verify(tx) == 2


def test_what_does_not_fit_its_reservation_is_refused(tx: Connection) -> None:
    """Too much, of other accounts, of no reservation at all."""
    ledger.book(tx, [RESERVED, pay("b", 5)])
    with pytest.raises(RuleBroken, match="more than"):
        ledger.book(tx, [post(RESERVED, 101, "a")])
    other = Transfer("a", "member:S2", "retailer", 5, "p2p", 10, TransferState.POSTED, "a:reserved")
    with pytest.raises(RuleBroken, match="different accounts"):
        ledger.book(tx, [other])
    for unknown in ("b", "nobody"):
        with pytest.raises(RuleBroken, match="no reservation"):
            ledger.book(tx, [Transfer("a", "member:S1", "retailer", 5, "p2p", 10, TransferState.POSTED, unknown)])
    assert ledger.verify(tx) == 2


def test_open_reservations_are_found_by_slot(tx: Connection) -> None:
    """Ended ones and those of other slots are left out."""
    ledger.book(tx, [pay("a", 1, PENDING), pay("b", 2, PENDING), pay("c", 3, PENDING, slot=11)])
    ledger.book(tx, [void(pay("a", 1, PENDING), "a:void")])
    assert ledger.pending_of(tx, 10) == [pay("b", 2, PENDING)]


def test_the_change_of_an_account_over_slots_leaves_reservations_out(tx: Connection) -> None:
    """Received less paid, by slot of the transfer."""
    back = Transfer("d", "retailer", "member:S1", 2, "p2p", 11)
    ledger.book(tx, [pay("a", 1), pay("b", 5, PENDING), back, pay("c", 100, slot=12)])
    assert ledger.change_ujpy(tx, "member:S1", 10, 11) == 1
    assert ledger.change_ujpy(tx, "retailer", 10, 11) == -1
    assert ledger.change_ujpy(tx, "nobody", 10, 11) == 0


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("UPDATE transfer SET amount_ujpy = 6 WHERE id = 'a'", "member:S1"),
        ("DELETE FROM transfer WHERE id = 'a'", "member:S1"),
        ("UPDATE account SET credits_posted = credits_posted + 1 WHERE id = 'retailer'", "retailer"),
        ("INSERT INTO account VALUES ('thief', 0, 5, 0, 0)", "thief"),
        ("UPDATE transfer SET amount_ujpy = 99 WHERE id = 'c'", "transfer c"),
    ],
)
def test_a_balance_that_its_transfers_do_not_explain_is_named(tx: Connection, statement: str, named: str) -> None:
    """Every balance is worked out again from the rows."""
    ledger.book(tx, [pay("a", 5), pay("b", 7, PENDING)])
    ledger.book(tx, [post(pay("b", 7, PENDING), 7, "c")])
    tamper(tx, statement)
    with pytest.raises(AuditBroken, match=named):
        ledger.verify(tx)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_rows_and_pure_rules_agree_on_any_history(database: Database, data: st.DataObject) -> None:
    """Law: balances in the database are those of settlement.ledger, and they add up to zero."""
    prefix = f"{next(NUMBERS)}:"
    transfers: list[Transfer] = []
    for number in range(data.draw(st.integers(1, 8))):
        payer, payee = data.draw(st.permutations(["a", "b", "c"]))[:2]
        amount = data.draw(st.integers(0, 1_000))
        state = data.draw(st.sampled_from([TransferState.POSTED, PENDING]))
        booked = Transfer(f"{prefix}{number}", prefix + payer, prefix + payee, amount, "k", 1, state)
        transfers.append(booked)
        if state is PENDING and data.draw(st.booleans()):
            moved = data.draw(st.integers(0, amount))
            ended = post(booked, moved, f"{booked.id}:end") if moved else void(booked, f"{booked.id}:end")
            transfers.append(ended)
    again = data.draw(st.lists(st.sampled_from(transfers), max_size=4))
    with database.begin() as tx:
        for transfer in [*transfers, *again]:
            ledger.book(tx, [transfer])
        ledger.book(tx, transfers)
        found = {name: balance for name, balance in ledger.balances(tx).items() if name.startswith(prefix)}
        assert found == rules.balances(transfers)
        assert ledger.sum_ujpy(tx) == 0
        mine = [each for each in ledger.of_slots(tx, 1, 1) if each.id.startswith(prefix)]
        assert mine == sorted(transfers, key=attrgetter("id"))


def test_a_days_settlement_is_booked_in_a_moment(database: Database) -> None:
    """One slot of 1,000 sites, 4 transfers each: reservations posted, the rest booked outright."""
    reserved = [Transfer(f"{site}:r", f"member:{site}", "retailer", 100, "k", 1, PENDING) for site in range(1_000)]
    rest = [Transfer(f"{site}:u", "retailer", f"member:{site}", 50, "k", 1) for site in range(1_000)]
    with database.begin() as tx:
        ledger.book(tx, reserved)
        assert ledger.book(tx, [*rest, *(post(each, 40, f"{each.id}:p") for each in reserved)]) == 2_000
        assert ledger.verify(tx) == 3_000
