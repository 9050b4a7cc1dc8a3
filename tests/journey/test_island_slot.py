"""A slot in which the whole community is an island: it trades, settles inside, and comes back by way of recovery."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from inside import REDUCED_DAY, prepared
from worlds import Worlds

from domain.errors import InputRefused
from domain.grid_signal import Extent, GridSignal, LimitUnit, SignalKind
from domain.grid_state import GridState
from domain.slot import Slot
from gridpact.demo import Run
from gridpact.live import live_tick
from identity.grid_signals import signed_by
from identity.keys import seeded_key
from memory import alarms
from memory.books import ledger, settlements
from memory.grid import grid_signals
from memory.trading import trades
from services.figures.audit import audit
from services.grid.grid_signals import accept
from services.grid.grid_state import grid_state
from services.grid.island import island_plan
from settlement.books import balances
from settlement.ledger import TransferState

KEY = seeded_key(3, "dso")
ISLAND, GRID = 1, 3
POSTED = TransferState.POSTED
PLAN = replace(REDUCED_DAY, slots=4, planted=False)


@pytest.fixture(scope="module")
def run(worlds: Worlds) -> Iterator[Run]:
    """Four slots, the second and third an island by its operator's signed word."""
    with prepared(worlds.fresh(), PLAN) as (run, clock):
        with run.house.database.begin("source") as tx:
            grid_signals.register(tx, "dso", KEY.public_key().public_bytes_raw(), "test", run.clock())
        start = run.time.start(run.traded[ISLAND])
        end = start + timedelta(minutes=60)
        whole = (SignalKind.ISLAND, Extent.FEEDER, "", 0, LimitUnit.W, start, end, end, 0, "the line above is down")
        said = GridSignal("dso", "island", 0, "local", *whole)
        accept(run.ctx.desk, signed_by(said, KEY.sign(said.signed_bytes)))
        for tick in range(run.first_tick, run.last_tick + 1):
            clock.moment = Slot(tick).start
            live_tick(run, tick)
        yield run


def test_an_island_trades_and_settles_inside(run: Run) -> None:
    """There are trades; of the slot's money nothing goes to or comes from the grid, the utility or the market above,
    and as many Wh are paid for as are paid; the slots around it know the grid again. The audit holds."""
    slot = run.traded[ISLAND]
    with run.house.database.read() as tx:
        assert trades.of_slot(tx, slot)
        moved = {at: [each for each in ledger.of_slots(tx, at, at) if each.state is POSTED] for at in run.traded}
        rows = settlements.of_slots(tx, slot, slot)
        assert ledger.pending_of(tx, slot) == []
        audit(tx, run.ctx)
    after = balances(replace(each, pending_id="") for each in moved[slot])
    outside = {name for name, each in after.items() if not name.startswith("member:") and each.ujpy}
    assert outside <= {"congestion"}
    assert sum(each.sold_wh for each in rows) == sum(each.bought_wh for each in rows) > 0
    assert all({"network", "levy"} <= {each.credit for each in moved[at]} for at in (run.traded[0], run.traded[GRID]))


def test_an_alarm_sounds_just_where_an_islands_meters_took_more_than_they_gave(run: Run) -> None:
    """The simulated homes know of no island: what nobody fed in is charged to nobody, and people hear of it."""
    with run.house.database.read() as tx:
        told = {each.subject: each.body for each in alarms.in_order(tx) if each.kind == "island.unbalanced"}
        rows = {slot: settlements.of_slots(tx, slot, slot) for slot in run.traded[ISLAND:GRID]}
    missing_wh = {slot: sum(each.import_wh - each.export_wh for each in found) for slot, found in rows.items()}
    assert told == {run.ctx.thread(slot): {"missing_wh": wh} for slot, wh in missing_wh.items() if wh > 0}


def test_an_island_comes_back_by_way_of_recovery(run: Run) -> None:
    """Island in its slots, recovery for an hour after, then normal."""
    start = run.time.start(run.traded[ISLAND])
    with run.house.database.read() as tx:
        states = [grid_state(tx, start + timedelta(minutes=at)) for at in (0, 59, 60, 119, 120)]
    assert states == [GridState.ISLAND] * 2 + [GridState.RECOVERY] * 2 + [GridState.NORMAL]


def test_a_plan_sheds_the_last_class_before_any_other(run: Run) -> None:
    """At night with one weak battery: it gives all it can and not more is served; whoever is named last gives up first,
    and the critical site lacks nothing while anybody else is served."""
    ids = run.ctx.roster.ids
    weak = {at: replace(each, power_wh_per_slot=0) for at, each in run.ctx.roster.batteries.items()}
    strong = {at: replace(each, power_wh_per_slot=150) for at, each in [*run.ctx.roster.batteries.items()][:1]}
    poor = replace(run.ctx, roster=replace(run.ctx.roster, batteries=weak | strong))
    with run.house.database.read() as tx:
        plan = island_plan(tx, poor, run.traded[ISLAND], ids[:1], ids[-2:])
        with pytest.raises(InputRefused):
            island_plan(tx, run.ctx, run.traded[ISLAND], ["nobody"], [])
    assert sum(each.served_wh for each in plan) == sum(each.discharge_wh for each in plan) == 150
    assert sum(each.shed_wh for each in plan) > 0
    assert all(each.served_wh == 0 for each in plan[-2:])
    assert plan[0].shed_wh == 0 or all(each.served_wh == 0 for each in plan[1:])
