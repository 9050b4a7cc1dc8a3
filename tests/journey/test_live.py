"""The market in real time survives: killed while it trades and started again later, it finds every slot."""

import multiprocessing
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from inside import REDUCED_DAY, prepared
from sqlalchemy import select
from worlds import World, Worlds

from domain.case import CaseState
from domain.contract import ContractState
from domain.errors import RuleBroken
from domain.slot import Slot
from gridpact.clock import HandClock
from gridpact.demo import Run
from gridpact.live import keep_trading, live_tick
from identity import access
from memory import cases, tables
from memory import world as facts
from memory.books import ledger, settlements, steps
from memory.trading import contracts
from services.money.closing import close_day
from services.orders.market_view import alternatives, fix_alternatives

PLAN = replace(REDUCED_DAY, experts="human", planted=False)
# Commit moments of a process that trades its first slot.
WHILE_TRADING = ("open:before", "book:after")
RECORDED = "record:after"
LATE = timedelta(milliseconds=1)
CANCELLED = {ContractState.CANCELLED}


@dataclass(slots=True)
class Patience:
    """Sleeping until just after the next half hour takes no time: the clock's hand is moved there."""

    clock: HandClock

    def __call__(self, seconds: float) -> None:
        self.clock.moment = Slot.at(self.clock.moment).end + LATE


@pytest.fixture(scope="module")
def begun(worlds: Worlds) -> World:
    """A live market that has its history and has not traded yet."""
    world = worlds.fresh()
    with prepared(world, PLAN):
        pass
    return world


def trade_until_killed(world: World, moment: str) -> None:
    """The first tick, in a process that kills itself on the way."""
    with prepared(world, PLAN, GRIDPACT_CRASH_AT=moment) as (run, _):
        live_tick(run, run.first_tick)


def killed_at(world: World, moment: str) -> None:
    """Trade in a process of its own, which ``kill -9`` ends."""
    process = multiprocessing.get_context("spawn").Process(target=trade_until_killed, args=(world, moment))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL


@contextmanager
def started_again(world: World, away: timedelta) -> Iterator[tuple[Run, HandClock]]:
    """The same world ``away`` after its first tick."""
    with prepared(world, PLAN) as (run, clock):
        clock.moment += away
        yield run, clock


def step_of(run: Run, slot: int, node: str) -> dict[str, Any] | None:
    with run.house.database.read() as tx:
        return steps.find(tx, run.ctx.thread(slot), node)


@pytest.mark.parametrize("moment", WHILE_TRADING)
def test_a_slot_killed_while_trading_goes_on_when_its_gate_is_open(
    worlds: Worlds, begun: World, capfd: pytest.CaptureFixture[str], moment: str
) -> None:
    """Twenty minutes later it is continued at once, bound in time, and settled like any other."""
    world = worlds.copy(begun)
    killed_at(world, moment)
    assert f"killed at {moment}" in capfd.readouterr().err
    with started_again(world, timedelta(minutes=20)) as (run, clock):
        slot = run.traded[0]
        keep_trading(run, slot + run.time.behind - run.first_tick, clock, Patience(clock))
        _require_settled_as_contracted(run, slot)


@pytest.mark.parametrize("moment", WHILE_TRADING)
def test_slots_whose_gate_closed_meanwhile_are_stopped_and_their_energy_is_settled(
    worlds: Worlds, begun: World, capfd: pytest.CaptureFixture[str], moment: str
) -> None:
    """The slot that was killed and those that nobody began: no contract binds, the utility's terms settle the meters.

    The first slot whose gate is still open is traded.
    """
    world = worlds.copy(begun)
    killed_at(world, moment)
    assert f"killed at {moment}" in capfd.readouterr().err
    with started_again(world, timedelta(minutes=130)) as (run, clock):
        missed, open_slot = run.traded[:3], run.traded[3]
        keep_trading(run, run.time.behind + 2, clock, Patience(clock))
        for slot in missed:
            _require_stopped_and_settled(run, slot)
        assert step_of(run, open_slot, "stopped") is None
        assert step_of(run, open_slot, "record") is not None
        assert run.scheduler.waiting(missed[-1]) == {}


def test_what_was_recorded_in_time_stands_however_late_the_market_returns(
    worlds: Worlds, begun: World, capfd: pytest.CaptureFixture[str]
) -> None:
    """The contracts bind from their record on: they are delivered and settled, not stopped."""
    world = worlds.copy(begun)
    killed_at(world, RECORDED)
    assert f"killed at {RECORDED}" in capfd.readouterr().err
    with started_again(world, timedelta(minutes=130)) as (run, clock):
        keep_trading(run, run.time.behind, clock, Patience(clock))
        _require_settled_as_contracted(run, run.traded[0])


def test_a_case_that_nobody_can_prepare_is_rejected_at_its_deadline(worlds: Worlds) -> None:
    """The agent that words cases has lost its grant: an alarm says so, and silence rejects all the same."""
    with prepared(worlds.fresh(), replace(PLAN, planted=True)) as (run, clock):
        with run.house.database.begin() as tx:
            access.revoke(tx, "runtime", "summarise")
        run.scheduler.trade(run.traded[0])
        held = {case.id for case in run.scheduler.open_cases()}
        clock.moment += timedelta(days=30)
        run.scheduler.attend_cases()
        with run.house.database.read() as tx:
            states = {case.state for case in cases.all(tx) if case.id in held}
            alarmed = set(
                tx.execute(select(tables.alarm.c.subject).where(tables.alarm.c.kind == "case.held")).scalars()
            )
    assert held
    assert alarmed == held
    assert states == {CaseState.EXPIRED}


def test_the_marginal_tier_of_a_day_is_what_was_written_down_when_it_opened(worlds: Worlds, begun: World) -> None:
    """A reading corrected later changes nobody's tariff of the day, so all its slots are billed alike."""
    with prepared(worlds.copy(begun), PLAN) as (run, _):
        day, key = run.plan.first_day, f"alternatives:{run.plan.first_day}"
        run.scheduler.trade(run.traded[0])
        with run.house.database.begin() as tx:
            written = facts.get(tx, key)
            facts.put(tx, key, {site: price + 1 for site, price in written.items()})
            fix_alternatives(tx, run.ctx, day)
        assert alternatives(run.ctx, day).tolist() == [written[site] + 1 for site in run.ctx.roster.ids]


def test_a_day_is_not_closed_while_one_of_its_slots_waits_to_be_settled(worlds: Worlds, begun: World) -> None:
    """Its pool result is not whole yet; the slot that waits is named."""
    with prepared(worlds.copy(begun), PLAN) as (run, _):
        late, last = run.traded[0], run.traded[0] + run.time.per_day - 1
        run.scheduler.trade(late)
        with pytest.raises(RuleBroken, match=f"when slot {late} is settled"):
            close_day(run.ctx, last)
        assert step_of(run, last, "close") is None


def _require_settled_as_contracted(run: Run, slot: int) -> None:
    assert step_of(run, slot, "stopped") is None
    with run.house.database.read() as tx:
        made = contracts.of_slot(tx, slot)
        assert ledger.pending_of(tx, slot) == []
        assert ledger.sum_ujpy(tx) == 0
    assert made
    assert {each.state for each in made} == {ContractState.SETTLED}
    assert run.scheduler.waiting(slot) == {}


def _require_stopped_and_settled(run: Run, slot: int) -> None:
    stopped = step_of(run, slot, "stopped")
    assert stopped is not None
    assert stopped["reason"].startswith("closed meanwhile")
    with run.house.database.read() as tx:
        rows = settlements.of_slots(tx, slot, slot)
        assert {each.state for each in contracts.of_slot(tx, slot)} <= CANCELLED
        assert ledger.pending_of(tx, slot) == []
        assert ledger.sum_ujpy(tx) == 0
    assert len(rows) == len(run.ctx.roster.ids)
    assert [row.net_ujpy for row in rows] == [row.no_trade_ujpy for row in rows]
