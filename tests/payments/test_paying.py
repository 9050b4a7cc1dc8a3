"""Payments from draft to books: drafted over what is left, released by another, each entry booked once."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.account import AccountRole
from domain.bank_account import AccountKind, BankAccount
from domain.errors import Conflict, PermissionDenied, RuleBroken
from domain.party import Party, Role
from domain.payment import BookedEntry, Payment, PaymentState, Rail
from domain.quantity import UJPY_PER_JPY
from domain.site import Site
from gridpact.clock import HandClock
from identity.authorisation import Kind, Principal
from identity.keys import KeyRing
from memory import registry
from memory.books import ledger, payments
from memory.database import Database
from services.money.booked_entries import BANK, SUSPENSE, Taken, assign, fail, take_entries
from services.money.paying import Sheet, available_ujpy, draft, name_account, payee_accounts, release, sheet
from services.steps import Steps
from settlement.dispute import hold
from settlement.ledger import Transfer, member

NOW, DAY = datetime(2026, 11, 22, 12, tzinfo=UTC), date(2026, 11, 30)
RETAILER = Principal(Kind.PERSON, "clerk", "retailer", frozenset({AccountRole.RETAILER}), fresh=True)
FINANCE = Principal(Kind.PERSON, "kato", "party-kato", frozenset({AccountRole.FINANCE}), fresh=True)
OWED = {"S1": 1_200_400_000, "S2": -300_000_000, "S3": -500_900_000, "S4": 999_999}
OWNER = {"S1": "P1", "S2": "P1", "S3": "P3", "S4": "P4"}


@pytest.fixture
def steps(database: Database, tmp_path: Path) -> Steps:
    """Three members with what trading left them."""
    with database.begin("world") as tx:
        for party in sorted(set(OWNER.values())):
            registry.save_party(tx, Party(party, party, Role.MEMBER))
        for site, party in OWNER.items():
            registry.save_site(tx, Site(site, party, "tokyo"))
        ledger.book(
            tx,
            [Transfer(f"t:{site}", *sides(site, ujpy), abs(ujpy), "p2p", 5) for site, ujpy in OWED.items()],
        )
    return Steps(database, KeyRing(tmp_path / "keys.json", seed=1), HandClock(NOW))


def sides(site: str, ujpy: int) -> tuple[str, str]:
    """Who pays, who receives."""
    return ("pool", member(site)) if ujpy > 0 else (member(site), "pool")


def released(steps: Steps, rail: Rail = Rail.RETAILER_BILL) -> dict[str, Payment]:
    """A run by party, drafted by one and released by another."""
    found = release(steps, FINANCE, draft(steps, RETAILER, rail, DAY).run.id)
    return {each.party_id: each for each in found.payments}


def entry(number: str, amount_jpy: int, reference: str = "", rail: str = "retailer_bill") -> BookedEntry:
    return BookedEntry(rail, number, amount_jpy, reference, DAY, "")


def balances(steps: Steps) -> dict[str, int]:
    with steps.database.read() as tx:
        ledger.verify(tx)
        return {account: found.ujpy for account, found in ledger.balances(tx).items()}


def state(steps: Steps, reference: str) -> PaymentState:
    with steps.database.read() as tx:
        found = payments.find(tx, reference)
    assert found is not None
    return found.state


def test_a_run_nets_a_party_over_its_sites_and_leaves_what_is_below_a_yen(steps: Steps) -> None:
    """P1 has 900.4 yen over two sites, P3 owes 500.9, P4 is owed less than a yen."""
    found = draft(steps, RETAILER, Rail.RETAILER_BILL, DAY)
    assert {each.party_id: each.amount_jpy for each in found.payments} == {"P1": 900, "P3": -500}
    with pytest.raises(RuleBroken, match="under way already"):
        draft(steps, RETAILER, Rail.RETAILER_BILL, DAY)


def test_what_is_held_is_neither_paid_nor_collected(steps: Steps) -> None:
    """A dispute holds 100 yen of what P1 is owed and 200 of what P3 owes; the rest goes on."""
    with steps.database.begin("hold") as tx:
        ledger.book(
            tx, [*hold("D1", 5, member("S1"), "retailer", 10**8), *hold("D2", 5, "retailer", member("S3"), 2 * 10**8)]
        )
    found = draft(steps, RETAILER, Rail.RETAILER_BILL, DAY)
    assert {each.party_id: each.amount_jpy for each in found.payments} == {"P1": 800, "P3": -300}


def test_banks_pay_out_and_never_collect(steps: Steps) -> None:
    """Only the retailer's bill takes money in."""
    assert {each.party_id for each in draft(steps, RETAILER, Rail.ZENGIN, DAY).payments} == {"P1"}


def test_whoever_drafts_does_not_release_and_nobody_else_does_either(steps: Steps) -> None:
    """Two people in two roles, each signed in lately; before that there is no file and nothing is booked."""
    run = draft(steps, RETAILER, Rail.RETAILER_BILL, DAY).run
    both = replace(RETAILER, roles=frozenset({AccountRole.RETAILER, AccountRole.FINANCE}))
    for asker in (RETAILER, both, replace(FINANCE, fresh=False)):
        with pytest.raises(PermissionDenied):
            release(steps, asker, run.id)
    with pytest.raises(PermissionDenied):
        draft(steps, FINANCE, Rail.RETAILER_BILL, DAY)
    with steps.database.read() as tx, pytest.raises(RuleBroken, match="waits for somebody else than clerk"):
        sheet(tx, run.id)
    with steps.database.read() as tx:
        reference = payments.of_run(tx, run.id)[0].reference
    assert take_entries(steps, FINANCE, [entry("E1", -900, reference)]) == Taken(1, 0, 1)
    release(steps, FINANCE, run.id)
    with pytest.raises(Conflict):
        release(steps, FINANCE, run.id)


def test_what_is_booked_moves_money_once(steps: Steps) -> None:
    """Told again in another file it changes nothing; told otherwise the file is refused."""
    run = released(steps)
    booked = [entry("E1", -900, run["P1"].reference), entry("E2", 500, run["P3"].reference)]
    assert take_entries(steps, FINANCE, booked) == Taken(2, 0, 0)
    after = balances(steps)
    assert take_entries(steps, FINANCE, [*booked, booked[0]]) == Taken(0, 3, 0)
    assert balances(steps) == after
    assert (after[member("S1")] + after[member("S2")], after[member("S3")]) == (400_000, -900_000)
    assert after[BANK] == 400 * UJPY_PER_JPY
    assert {state(steps, each.reference) for each in run.values()} == {PaymentState.PAID}
    with pytest.raises(Conflict):
        take_entries(steps, FINANCE, [entry("E9", 1), replace(booked[0], amount_jpy=-901)])
    assert balances(steps) == after


def test_what_fits_nothing_waits_in_suspense_until_it_is_assigned(steps: Steps) -> None:
    """A payment booked twice, a wrong amount, an unknown reference; the rest is booked all the same."""
    run = released(steps)
    odd = [entry("E1", -900, run["P1"].reference), entry("E2", -900, run["P1"].reference), entry("E3", 77, "NOBODY")]
    assert take_entries(steps, FINANCE, [*odd, entry("E4", 500)]) == Taken(4, 0, 3)
    assert balances(steps)[SUSPENSE] == (500 + 77 - 900) * UJPY_PER_JPY
    with pytest.raises(RuleBroken, match="do not fit"):
        assign(steps, FINANCE, "retailer_bill", "E3", run["P1"].reference)
    assert assign(steps, FINANCE, "retailer_bill", "E4", run["P3"].reference) is PaymentState.PAID
    assert balances(steps)[SUSPENSE] == (77 - 900) * UJPY_PER_JPY
    with pytest.raises(RuleBroken, match="no entry E4 is in suspense"):
        assign(steps, FINANCE, "retailer_bill", "E4", run["P3"].reference)


def test_a_collection_may_come_in_parts_and_only_the_rest_is_asked_again(steps: Steps) -> None:
    """Late and in two parts; more than is owed is nobody's guess."""
    reference = released(steps)["P3"].reference
    take_entries(steps, FINANCE, [entry("E1", 200, reference)])
    assert state(steps, reference) is PaymentState.PART
    with steps.database.read() as tx:
        assert available_ujpy(tx)["P3"] == {member("S3"): -900_000}
    assert take_entries(steps, FINANCE, [entry("E2", 301, reference)]).suspense == 1
    take_entries(steps, FINANCE, [entry("E3", 300, reference)])
    assert state(steps, reference) is PaymentState.PAID
    assert balances(steps)[member("S3")] == -900_000


def test_what_comes_back_is_owed_again_and_paid_by_the_next_run(steps: Steps) -> None:
    """A transfer that a bank returns, and one that it never made."""
    reference = released(steps, Rail.ZENGIN)["P1"].reference
    take_entries(steps, FINANCE, [entry("E1", -900, reference, "zengin"), entry("E2", 900, reference, "zengin")])
    assert state(steps, reference) is PaymentState.RETURNED
    again = released(steps, Rail.ZENGIN)["P1"]
    assert (again.amount_jpy, again.reference == reference) == (900, False)
    fail(steps, FINANCE, again.reference, "no such account")
    with pytest.raises(RuleBroken, match="is failed, not open"):
        fail(steps, FINANCE, again.reference, "no such account")
    assert released(steps, Rail.ZENGIN)["P1"].amount_jpy == 900


def test_a_lump_without_a_reference_is_the_run_that_it_pays_out(steps: Steps) -> None:
    """Banks in Japan often book a general transfer as one sum; a sum of no run is nobody's guess."""
    reference = released(steps, Rail.ZENGIN)["P1"].reference
    assert take_entries(steps, FINANCE, [entry("E1", -901, "", "zengin")]).suspense == 1
    assert take_entries(steps, FINANCE, [entry("E2", -900, "", "zengin")]).suspense == 0
    assert state(steps, reference) is PaymentState.PAID


def test_where_somebody_is_paid_lies_sealed(steps: Steps) -> None:
    """Neither number nor holder stands in the table; the last word counts."""
    first = BankAccount("0005", "123", AccountKind.ORDINARY, "7654321", "ｽｽﾞｷ ﾊﾅｺ")
    for account in (first, replace(first, number="0000001")):
        name_account(steps, lambda count: b"n" * count, "P1", account, "test")
    with steps.database.read() as tx:
        assert payee_accounts(tx, steps) == {"P1": replace(first, number="0000001")}
        (sealed,) = payments.accounts(tx).values()
    assert b"0000001" not in sealed
    with pytest.raises(RuleBroken, match="no party"):
        name_account(steps, lambda count: b"n" * count, "nobody", first, "test")


amounts = st.sampled_from([-900, -450, -1, 1, 200, 300, 500, 900])


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(["P1", "P3", "?", ""]), amounts), max_size=8), st.data())
def test_whatever_banks_say_nothing_is_lost_or_doubled(
    steps: Steps, told: list[tuple[str, int]], data: st.DataObject
) -> None:
    """In any order, cut into files in any way and told again: the books add up to zero, ``bank`` is what was booked,
    and what a party is owed is what it was less what went out to it."""
    with steps.database.begin("savepoint") as tx:
        known = len(payments.entries(tx))
    before, run = balances(steps), _open_run(steps)
    entries = [
        entry(f"H{known}.{number}", amount_jpy, run[party].reference if party in run else party)
        for number, (party, amount_jpy) in enumerate(told)
    ]
    cut = data.draw(st.integers(0, len(entries)))
    for part in (entries[:cut], entries[: cut + 1], entries[cut:]):
        take_entries(steps, FINANCE, part)
    after = balances(steps)
    assert sum(after.values()) == 0
    moved = -sum(amount_jpy for _, amount_jpy in told) * UJPY_PER_JPY
    assert after.get(BANK, 0) - before.get(BANK, 0) == moved
    members = sum(ujpy for account, ujpy in after.items() if account.startswith("member:") or account == SUSPENSE)
    old = sum(ujpy for account, ujpy in before.items() if account.startswith("member:") or account == SUSPENSE)
    assert members - old == -moved


def _open_run(steps: Steps) -> dict[str, Payment]:
    """A run to say something about: a new one, or the last when nothing is left to pay."""
    try:
        return released(steps)
    except RuleBroken:
        with steps.database.read() as tx:
            found = Sheet(payments.runs(tx)[-1], payments.of_run(tx, payments.runs(tx)[-1].id))
        return {each.party_id: each for each in found.payments}
