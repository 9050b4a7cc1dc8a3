"""A day under a grid operator: it limits, it stops in the middle, and trading goes on when two people say so."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from inside import REDUCED_DAY, prepared
from worlds import Worlds

from domain.account import AccountRole
from domain.contract import ContractState
from domain.grid_signal import Extent, GridSignal, LimitUnit, SignalKind
from domain.slot import Slot
from gateways.llm.sentences import sentences
from gridpact.demo import Run
from gridpact.live import live_tick
from identity.authorisation import Kind, Principal
from identity.grid_signals import signed_by
from identity.keys import seeded_key
from memory.books import ledger, steps
from memory.grid import grid_signals
from memory.trading import clearings, contracts, orders, trades
from services.grid.grid_signals import accept, resume
from services.telling.explaining import price_facts

KEY = seeded_key(3, "dso")
WHY = "the line was walked and is clear"
ISLANDED, LIMITED, STOPPED, HELD, RESUMED = range(5)
PLAN = replace(REDUCED_DAY, slots=5, planted=False)


@dataclass(frozen=True, slots=True)
class Aftermath:
    """A finished run. site: the one that was limited to nothing. node: the one that was islanded."""

    run: Run
    site: str
    node: str

    def step(self, slot: int, name: str) -> dict[str, Any] | None:
        with self.run.house.database.read() as tx:
            return steps.find(tx, self.run.ctx.thread(self.run.traded[slot]), name)


@pytest.fixture(scope="module")
def aftermath(worlds: Worlds) -> Iterator[Aftermath]:
    """One slot with an island, one with a limited site, one stopped after its call, one held, one after resumption."""
    with prepared(worlds.fresh(), PLAN) as (run, clock):
        feeder, node = run.ctx.connections.feeder, int(run.ctx.connections.node[0])
        done = Aftermath(run, run.ctx.roster.ids[0], feeder.names[node])
        with run.house.database.begin("source") as tx:
            grid_signals.register(tx, "dso", KEY.public_key().public_bytes_raw(), "test", run.clock())
        say(run, ISLANDED, SignalKind.ISLAND, Extent.NODE, done.node)
        for kind in (SignalKind.IMPORT_LIMIT, SignalKind.EXPORT_LIMIT):
            say(run, LIMITED, kind, Extent.SITE, done.site)
        for tick in range(run.first_tick, run.last_tick - run.time.behind + 1):
            clock.moment = Slot(tick).start
            if tick + run.time.ahead == run.traded[RESUMED]:
                for role, account in ((AccountRole.GRID, "Aoi"), (AccountRole.OPERATOR, "Ren")):
                    asker = Principal(Kind.PERSON, account, account, frozenset({role}), fresh=True)
                    resume(run.ctx.desk, asker, "dso/stop-/0", WHY)
            trade(run, tick)
        yield done


def trade(run: Run, tick: int) -> None:
    """A tick at which the stop comes between a slot's call and its record."""
    if tick + run.time.ahead != run.traded[STOPPED]:
        if tick + run.time.ahead <= run.traded[-1]:
            live_tick(run, tick)
        return
    found = run.ctx.steps.run

    def stopping(thread: str, node: str, *rest: Any) -> Any:
        output = found(thread, node, *rest)
        if node == "draft" and thread == run.ctx.thread(run.traded[STOPPED]):
            say(run, STOPPED, SignalKind.STOP, Extent.FEEDER, "")
        return output

    class Stopping:
        """The steps, after one of which a grid operator's stop comes in."""

        run = staticmethod(stopping)

        def __getattr__(self, name: str) -> Any:
            return getattr(steps_of_run, name)

    steps_of_run = run.scheduler.ctx.steps
    whole = run.scheduler.ctx
    run.scheduler.ctx = replace(whole, steps=Stopping())  # type: ignore[arg-type]
    try:
        live_tick(run, tick)
    finally:
        run.scheduler.ctx = whole


def say(run: Run, slot: int, kind: SignalKind, extent: Extent, target: str) -> None:
    start = run.time.start(run.traded[slot])
    end = start + timedelta(minutes=30)
    said = GridSignal(
        "dso", f"{kind}-{target}", 0, "local", kind, extent, target, 0, LimitUnit.W, start, end, end, 0, "wires at work"
    )
    accept(run.ctx.desk, signed_by(said, KEY.sign(said.signed_bytes)))


def words(done: Aftermath, slot: int, language: str) -> str:
    with done.run.house.database.read() as tx:
        return " ".join(sentences(price_facts(tx, done.run.ctx, done.site, done.run.traded[slot]), language))


def test_a_stop_between_call_and_record_binds_nobody(aftermath: Aftermath) -> None:
    """The slot had its call; then contracts are cancelled, reservations void, and the reason is on record."""
    stopped, slot = aftermath.step(STOPPED, "stopped"), aftermath.run.traded[STOPPED]
    assert aftermath.step(STOPPED, "clear") is not None
    assert stopped is not None
    assert "wires at work" in stopped["reason"]
    with aftermath.run.house.database.read() as tx:
        assert {each.state for each in contracts.of_slot(tx, slot)} <= {ContractState.CANCELLED}
        assert ledger.pending_of(tx, slot) == []
    assert "wires at work" in words(aftermath, STOPPED, "en")
    assert "wires at work" in words(aftermath, STOPPED, "ja")


def test_later_slots_are_held_until_two_people_resumed(aftermath: Aftermath) -> None:
    """A slot after the stop's own time does not even open; the first one after the resumption is recorded."""
    assert aftermath.step(HELD, "open") is None
    assert aftermath.step(HELD, "stopped") is not None
    assert aftermath.step(RESUMED, "record") is not None
    assert aftermath.step(RESUMED, "stopped") is None


def test_a_site_that_may_draw_and_feed_nothing_trades_nothing(aftermath: Aftermath) -> None:
    """Its agent's order is cut to nothing, and the explanation names signal and reason in both languages."""
    slot = aftermath.run.traded[LIMITED]
    with aftermath.run.house.database.read() as tx:
        assert aftermath.site not in {each.site_id for each in orders.of_slot(tx, slot)}
    for language in ("en", "ja"):
        told = words(aftermath, LIMITED, language)
        assert "wires at work" in told
        assert f"dso/import_limit-{aftermath.site}/0" in told or f"dso/export_limit-{aftermath.site}/0" in told


def test_nothing_is_traded_into_or_out_of_an_island(aftermath: Aftermath) -> None:
    """The branch over the islanded node carries no trade, and the clearing keeps whose word that was."""
    run, slot = aftermath.run, aftermath.run.traded[ISLANDED]
    feeder, row = run.ctx.connections.feeder, run.ctx.connections.feeder.node_of(aftermath.node)
    inside = {row}
    for at in range(row + 1, len(feeder.parent)):
        inside |= {at} if int(feeder.parent[at]) in inside else set()
    with run.house.database.read() as tx:
        cleared, made = clearings.get(tx, slot), trades.of_slot(tx, slot)
    assert cleared is not None
    assert [each["signal"] for each in cleared.detail["grid"]] == [f"dso/island-{aftermath.node}/0"]
    node_of, position = run.ctx.connections.node, run.ctx.roster.position
    within = [int(node_of[position[each.seller_site]]) in inside for each in made]
    bought = [int(node_of[position[each.buyer_site]]) in inside for each in made]
    assert within == bought
    assert "dso/island" in words(aftermath, ISLANDED, "en")
