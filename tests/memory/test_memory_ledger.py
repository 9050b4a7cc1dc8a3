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
from settlement.books import Refusal, Why, balances
from settlement.ledger import Account, Balance, Limit, Transfer, TransferState, Unit, post, void

NUMBERS = count(1)
PENDING = TransferState.PENDING


def pay(transfer_id: str, amount_ujpy: int, state: TransferState = TransferState.POSTED, slot: int = 10) -> Transfer:
    return Transfer(transfer_id, "member:S1", "retailer", amount_ujpy, "p2p", slot, state)


RESERVED = pay("a:reserved", 100, PENDING)


def tamper(tx: Connection, statement: str) -> None:
    """What somebody with the database's own keys could do."""
    for table in ("transfer", "account", "booking"):
        tx.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER only_grows"))
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
    with pytest.raises(RuleBroken, match="more than a:reserved reserved"):
        ledger.book(tx, [post(RESERVED, 101, "a")])
    other = Transfer("a", "member:S2", "retailer", 5, "p2p", 10, TransferState.POSTED, "a:reserved")
    with pytest.raises(RuleBroken, match="different accounts"):
        ledger.book(tx, [other])
    for unknown in ("b", "nobody"):
        with pytest.raises(RuleBroken, match="no reservation"):
            ledger.book(tx, [Transfer("a", "member:S1", "retailer", 5, "p2p", 10, TransferState.POSTED, unknown)])
    assert ledger.verify(tx) == 2


def test_of_chains_that_come_together_each_stands_for_itself(tx: Connection) -> None:
    """The one that is refused leaves nothing, the others are written, in one booking."""
    chains = [[pay("a", 5), pay("b", 7)], [pay("c", 1), post(RESERVED, 1, "d")], [RESERVED, post(RESERVED, 60, "e")]]
    new, refusals = ledger.submit(tx, chains)
    assert (new, refusals) == (4, [None, Refusal("d", Why.NO_RESERVATION), None])
    assert ledger.submit(tx, chains[:1]) == (0, [None])
    assert ledger.balances(tx)["retailer"] == Balance(credits_posted=72)
    assert (ledger.verify(tx), ledger.head(tx).seq) == (4, 1)


def test_an_account_keeps_its_limit_and_unit_for_good(tx: Connection) -> None:
    """Opened once; opened otherwise is a conflict; what goes over it or is of another unit is refused."""
    deposit = Account("deposit", limit=Limit.DEBITS_WITHIN_CREDITS)
    assert [ledger.open_accounts(tx, [deposit, Account("sun", Unit.WH)]) for _ in range(2)] == [2, 0]
    with pytest.raises(Conflict, match="account deposit"):
        ledger.open_accounts(tx, [Account("deposit")])
    ledger.book(tx, [Transfer("in", "bank", "deposit", 10, "k", 1)])
    with pytest.raises(RuleBroken, match="over an account's limit"):
        ledger.book(tx, [Transfer("out", "deposit", "shop", 11, "k", 1)])
    with pytest.raises(RuleBroken, match="another unit"):
        ledger.book(tx, [Transfer("out", "deposit", "sun", 1, "k", 1)])
    ledger.book(tx, [Transfer("wh", "roof", "sun", 3, "k", 1, unit=Unit.WH)])
    assert ledger.balances(tx)["sun"] == Balance(credits_posted=3, unit=Unit.WH)
    assert ledger.sums(tx) == {Unit.UJPY: 0, Unit.WH: 0}
    assert ledger.verify(tx) == 2


def test_a_reservation_expires_at_the_moment_that_the_caller_gives(tx: Connection) -> None:
    """Those that are due are given up, once; the others stay, and so does what never expires."""
    held = [Transfer(f"h{at_s}", "a", "b", 5, "k", 1, PENDING, expires_at_s=at_s) for at_s in (0, 100, 200)]
    ledger.book(tx, held)
    assert [ledger.expire_due(tx, at_s) for at_s in (99, 100, 150)] == [0, 1, 0]
    assert [each.id for each in ledger.pending_of(tx, 1)] == ["h0", "h200"]
    assert ledger.balances(tx)["a"] == Balance(debits_pending=10)
    assert ledger.verify(tx) == 4


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
        ("UPDATE transfer SET amount = 6 WHERE id = 'a'", "booking 1 of the ledger was altered: transfers a to b"),
        ("UPDATE transfer SET kind = 'other' WHERE id = 'a'", "booking 1 of the ledger was altered"),
        ("UPDATE transfer SET place = 3 - place WHERE place < 3", "booking 1 of the ledger was altered"),
        ("DELETE FROM transfer WHERE id = 'a'", "booking 1 of the ledger was altered: transfers b to c"),
        ("DELETE FROM transfer WHERE id = 'c'", "booking 2 of the ledger was altered"),
        ("DELETE FROM booking WHERE seq = 2", "ends with booking 1, but its head names booking 2"),
        ("UPDATE booking SET hash = 'f' WHERE seq = 1", "booking 1 of the ledger was altered"),
        ("UPDATE account SET balance_limit = 'debits_within_credits'", "booking 1 of the ledger breaks a rule: tran"),
        ("UPDATE balance SET credits_posted = credits_posted + 1 WHERE id = 'retailer'", "account retailer shows"),
        ("INSERT INTO balance VALUES ('thief', 0, 5, 0, 0)", "account thief has a balance and was never opened"),
        ("INSERT INTO account VALUES ('thief', 'uJPY', 'none', 7)", "account thief was opened in no booking"),
        ("UPDATE transfer SET amount = 99 WHERE id = 'c'", "transfer c is more than was reserved"),
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
        assert found == balances(transfers)
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
