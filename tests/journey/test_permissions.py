"""An agent is more than a wrapper: without its grant the trade fails at its node, with the reason on record."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from inside import REDUCED_DAY, prepared
from processes import killed
from sqlalchemy import Connection, select
from worlds import World, Worlds, document

from domain.contract import ContractState
from domain.slot import Slot
from gridpact.clock import HandClock
from gridpact.demo import Run
from gridpact.live import live_tick
from identity import access
from memory import tables
from memory.books import chain_records, journal, ledger, outbox, settlements, steps
from memory.database import Database
from memory.trading import contracts
from memory.trading.contracts import ContractRow

# One slot for each grant that is taken away, and one more at the end for which everybody has every grant.
BEFORE_DELIVERY = (
    ("gateway", "record"),
    ("runtime", "draft"),
    ("runtime", "clear"),
    ("identity", "screen"),
    ("runtime", "bid"),
    ("runtime", "forecast"),
    ("gateway", "read"),
    ("memory", "recall"),
)
AFTER_DELIVERY = (("gateway", "meter"), ("settlement", "settle"), ("settlement", "close"), ("memory", "learn"))
DISPATCH = ("gateway", "dispatch")
GRANTS = (*BEFORE_DELIVERY, *AFTER_DELIVERY, DISPATCH)
PLAN = replace(REDUCED_DAY, slots=len(GRANTS) + 1, planted=False)
CANCELLED = {ContractState.CANCELLED}


@dataclass(frozen=True, slots=True)
class Aftermath:
    """A finished run in which each slot missed one grant."""

    run: Run
    slot_of: dict[tuple[str, str], int]
    denied_at_dispatch: dict[str, str | None]
    waiting: dict[int, dict[str, str]]

    @property
    def undisturbed_slot(self) -> int:
        return self.run.traded[-1]

    def stopped(self, slot: int) -> dict[str, Any] | None:
        with self.run.house.database.read() as tx:
            return steps.find(tx, self.run.ctx.thread(slot), "stopped")

    def has_run(self, slot: int, node: str) -> bool:
        with self.run.house.database.read() as tx:
            return steps.find(tx, self.run.ctx.thread(slot), node) is not None

    def contracts(self, slot: int) -> list[ContractRow]:
        with self.run.house.database.read() as tx:
            return contracts.of_slot(tx, slot)


@pytest.fixture(scope="module")
def aftermath(worlds: Worlds) -> Iterator[Aftermath]:
    """A slot for each grant, which is taken away when it is needed and given back afterwards, and one more."""
    with prepared(worlds.fresh(), PLAN) as (run, clock):
        yield _traded_without_grants(run, clock)


def _traded_without_grants(run: Run, clock: HandClock) -> Aftermath:
    slot_of = dict(zip(GRANTS, run.traded, strict=False))
    missing = {slot_of[grant] - run.time.ahead: grant for grant in (*BEFORE_DELIVERY, DISPATCH)}
    missing_later = {slot_of[grant] + run.time.behind: grant for grant in AFTER_DELIVERY}
    denied: dict[str, str | None] = {}
    waiting: dict[int, dict[str, str]] = {}
    for tick in range(run.first_tick, run.last_tick + 1):
        clock.moment = Slot(tick).start
        taken = [each[tick] for each in (missing, missing_later) if tick in each]
        with run.house.database.begin("revoke") as tx:
            for grant in taken:
                access.revoke(tx, *grant)
        _tick(run, tick)
        with run.house.database.begin("grant") as tx:
            if DISPATCH in taken:
                denied = {each.key: each.last_error for each in outbox.due(tx)}
            for grant in taken:
                access.grant(tx, *grant)
        if tick in missing_later:
            waiting = run.scheduler.waiting(tick - run.time.behind) | waiting
    return Aftermath(run, slot_of, denied, waiting)


def _tick(run: Run, tick: int) -> None:
    if tick + run.time.ahead <= run.traded[-1]:
        live_tick(run, tick)
        return
    run.world.send(tick - run.time.behind, run.world.live(tick - run.time.behind), run.clock())
    run.scheduler.settle_due(run.clock())


@pytest.mark.parametrize("grant", BEFORE_DELIVERY, ids=":".join)
def test_without_its_grant_the_trade_fails_at_that_agent(aftermath: Aftermath, grant: tuple[str, str]) -> None:
    """The slot stops at the node, the reason names agent and action, and the node left nothing behind."""
    slot, (agent, action) = aftermath.slot_of[grant], grant
    stopped = aftermath.stopped(slot)
    assert stopped is not None
    assert stopped["stopped_at"] == action
    assert f"agent {agent!r} has no grant for {action!r}" in stopped["reason"]
    assert not aftermath.has_run(slot, action)
    assert not aftermath.has_run(slot, "record")


@pytest.mark.parametrize("grant", BEFORE_DELIVERY, ids=":".join)
def test_a_stopped_trade_binds_nobody_and_its_energy_is_still_metered(
    aftermath: Aftermath, grant: tuple[str, str]
) -> None:
    """Contracts are cancelled, reservations void, nothing is owed to the chain; the utility's terms settle the slot."""
    slot = aftermath.slot_of[grant]
    assert {each.state for each in aftermath.contracts(slot)} <= CANCELLED
    with aftermath.run.house.database.read() as tx:
        assert ledger.pending_of(tx, slot) == []
        assert f"slot:{slot}" not in {each.key for each in chain_records.all(tx)}
        rows = settlements.of_slots(tx, slot, slot)
    assert len(rows) == len(aftermath.run.ctx.roster.ids)
    assert sum(row.sold_wh for row in rows) == 0
    assert [row.net_ujpy for row in rows] == [row.no_trade_ujpy for row in rows]


def test_contracts_that_were_ready_to_be_recorded_are_cancelled(aftermath: Aftermath) -> None:
    """The latest stop before delivery: everything was agreed and reserved, and only the record failed."""
    slot = aftermath.slot_of["gateway", "record"]
    assert aftermath.has_run(slot, "book")
    assert {each.state for each in aftermath.contracts(slot)} == CANCELLED
    with aftermath.run.house.database.read() as tx:
        booked = ledger.of_slots(tx, slot, slot)
    assert any(each.id.endswith(":stopped") for each in booked)


@pytest.mark.parametrize("grant", AFTER_DELIVERY, ids=":".join)
def test_a_delivered_slot_that_is_refused_waits_with_the_reason_on_record(
    aftermath: Aftermath, grant: tuple[str, str]
) -> None:
    """An alarm and a signed journal entry name the node, the agent and the action; nobody stops the slot.

    At the next tick another grant is missing, so that a slot may wait again further on: each reason stands once.
    """
    slot, (agent, action) = aftermath.slot_of[grant], grant
    thread = aftermath.run.ctx.thread(slot)
    with aftermath.run.house.database.read() as tx:
        mine = select(tables.alarm.c.body).where(tables.alarm.c.subject == thread)
        sounded = list(tx.execute(mine.order_by(tables.alarm.c.at)).scalars())
        noted = [journal.body_of(each) for each in journal.entries(tx, "slot.waits", thread)]
    assert sounded == noted
    assert noted[0]["waits_at"] == action
    assert len({each["waits_at"] for each in noted}) == len(noted)
    assert f"agent {agent!r} has no grant for {action!r}" in noted[0]["reason"]
    assert aftermath.waiting[slot] == noted[0]
    assert aftermath.stopped(slot) is None


@pytest.mark.parametrize("grant", AFTER_DELIVERY, ids=":".join)
def test_when_the_grant_is_back_the_slot_is_billed_and_learnt_once(
    aftermath: Aftermath, grant: tuple[str, str]
) -> None:
    """Each step of the delivery stands once in the journal, every contract is settled and nothing stays reserved."""
    slot = aftermath.slot_of[grant]
    thread, nodes = aftermath.run.ctx.thread(slot), ("meter", "settle", "close", "learn")
    with aftermath.run.house.database.read() as tx:
        done = {node: len(list(journal.entries(tx, f"step.{node}", thread))) for node in nodes}
        assert ledger.pending_of(tx, slot) == []
        assert len(settlements.of_slots(tx, slot, slot)) == len(aftermath.run.ctx.roster.ids)
    assert done == dict.fromkeys(nodes, 1)
    assert {each.state for each in aftermath.contracts(slot)} == {ContractState.SETTLED}


def test_at_the_end_no_slot_waits(aftermath: Aftermath) -> None:
    """The market's last word on every slot is that it is learnt."""
    assert aftermath.run.scheduler.waiting(aftermath.run.traded[-1]) == {}


def test_what_may_not_be_dispatched_stays_owed_until_the_grant_is_back(aftermath: Aftermath) -> None:
    """The chain does not hear of the slot while the Gateway may not speak to it; nothing is lost meanwhile."""
    slot = aftermath.slot_of[DISPATCH]
    assert "agent 'gateway' has no grant for 'dispatch'" in (aftermath.denied_at_dispatch[f"chain.root:{slot}"] or "")
    assert {each.state for each in aftermath.contracts(slot)} == {ContractState.SETTLED}
    with aftermath.run.house.database.read() as tx:
        assert outbox.due(tx) == []


def test_a_granted_slot_trades_beside_all_that_failed(aftermath: Aftermath) -> None:
    """What is taken away stops what needs it and nothing else."""
    slot = aftermath.undisturbed_slot
    assert aftermath.stopped(slot) is None
    traded = aftermath.contracts(slot)
    assert traded
    assert {each.state for each in traded} == {ContractState.SETTLED}


def test_the_ledger_balances_whatever_was_refused(aftermath: Aftermath) -> None:
    """Every balance follows from its transfers and all of them add up to nothing."""
    with aftermath.run.house.database.read() as tx:
        assert ledger.sum_ujpy(tx) == 0
        assert ledger.verify(tx) > 0


def test_a_run_that_ends_with_a_waiting_slot_says_so_and_resumes_it(worlds: Worlds) -> None:
    """In the table, in the document and by exit status 1; when the grant is back, --resume settles the slot."""
    world = worlds.fresh()
    one_slot = ("--sites", "8", "--slots", "1")
    assert killed(world.demo(*one_slot, GRIDPACT_CRASH_AT="50"))
    _with_database(world, lambda tx: access.revoke(tx, "gateway", "meter"))
    refused = world.demo(*one_slot, "--resume")
    said = world.command("demo", *one_slot, "--resume")
    _with_database(world, lambda tx: access.grant(tx, "gateway", "meter"))
    resumed = world.demo(*one_slot, "--resume")
    (waits,) = document(refused)["waiting"].values()
    assert (refused.returncode, said.returncode, resumed.returncode) == (1, 1, 0)
    assert waits["waits_at"] == "meter"
    assert waits["reason"].startswith("agent 'gateway' has no grant for 'meter'")
    assert "waits at meter: agent 'gateway' has no grant for 'meter'" in said.stdout
    assert document(resumed)["waiting"] == {}
    assert document(resumed)["kpi"]["settlement_completion"] == 1.0


def _with_database(world: World, work: Callable[[Connection], None]) -> None:
    database = Database(world.url)
    with database.begin("test") as tx:
        work(tx)
    database.close()
