"""A day-ahead order's journey: filed over HTTP, cleared at its book's close, drafted, settled in its slot."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from inside import REDUCED_DAY, admit, prepared
from starlette.testclient import TestClient
from worlds import Worlds

from domain.contract import ContractState
from domain.slot import Slot
from domain.trade import Venue
from gateways.http.app import create_app
from gridpact.door import doors
from gridpact.live import live_tick
from memory.books import ledger, outbox, steps
from memory.trading import contracts, day_ahead, trades
from services.figures.audit import audit
from simulation.flexible import extra_load_wh, flexible_uses

DAY = date(2026, 5, 20)
TOKENS = {"seller": "token-of-the-seller", "buyer": "token-of-the-buyer"}
LIMIT = {"sell": 11_000, "buy": 12_000}


def order(site: str, side: str, time: str, energy_wh: int) -> dict[str, object]:
    """A simple order as it is sent."""
    limit = LIMIT[side]
    return {"key": "night", "site": site, "kind": "simple", "side": side, "limit_mjpy_per_kwh": limit,
            "slots": [time], "energy_wh": [energy_wh]}  # fmt: skip


def test_an_order_filed_over_http_is_settled_in_its_slot_at_the_sessions_price(worlds: Worlds) -> None:
    """Both members file with their own tokens; the session's trade becomes a contract of the slot at its price, the
    audit holds, the books sum to zero, and holding sessions again on every tick made nothing twice."""
    world = worlds.fresh()
    plan = replace(REDUCED_DAY, slots=1, planted=False)
    with prepared(world, plan) as (run, clock):
        clock.moment = datetime(2026, 5, 19, 0, 30, tzinfo=UTC)
        admit(run, {TOKENS["seller"]: "M001", TOKENS["buyer"]: "M002"})
        with TestClient(create_app(doors(run.house))) as client:
            sell, buy = order("S001", "sell", "00:00", 400), order("S002", "buy", "00:00", 300)
            for who, sent in (("seller", sell), ("buyer", buy)):
                head = {"Authorization": f"Bearer {TOKENS[who]}"}
                assert client.post(f"/api/v1/day-ahead/{DAY}/orders", json=[sent], headers=head).status_code == 201
            clock.moment += timedelta(minutes=30)
            run.scheduler.hold_sessions()
            shown = client.get(f"/api/v1/day-ahead/{DAY}/orders", headers=head).json()["items"]
        assert [each["state"] for each in shown] == ["traded"]
        slot = run.traded[0]
        for tick in range(run.first_tick, run.last_tick + 1):
            clock.moment = Slot(tick).start
            live_tick(run, tick)
        with run.house.database.read() as tx:
            (trade,) = [each for each in trades.of_slot(tx, slot) if each.market is Venue.DAY_AHEAD]
            session = day_ahead.session(tx, DAY)
            made = next(each for each in contracts.of_slot(tx, slot) if each.trade_id == trade.id)
            assert steps.find(tx, run.ctx.thread(slot), "settle") is not None
            assert ledger.sum_ujpy(tx) == 0
            audit(tx, run.ctx)
    assert session is not None
    assert (trade.energy_wh, trade.price_mjpy_per_kwh) == (300, session.price_mjpy_per_kwh[slot])
    assert (made.energy_wh, made.price_mjpy_per_kwh) == (300, trade.price_mjpy_per_kwh)
    assert made.state is ContractState.SETTLED
    assert made.delivered_wh is not None


def test_a_placed_load_runs_in_its_slots_and_uses_what_it_always_used(worlds: Worlds) -> None:
    """The homes hear of a placement once and for good; the use of the day stays the same, only its hours move."""
    with prepared(worlds.fresh(), replace(REDUCED_DAY, slots=1, planted=False)) as (run, _):
        slots = list(range(run.traded[0], run.traded[0] + 48))
        uses = flexible_uses(run.community, slots, 12_000)
        use = next(each for each in uses if each.order.kind == "load")
        placed = {use.order.id: {slots[20]: 600, slots[21]: 300}}
        run.world.homes_told.place_loads(slots[0], placed)
        run.world.homes_told.place_loads(slots[0], placed)
        told = type(run.world.homes_told)(run.world.homes_told.path)
        with run.house.database.read() as tx:
            assert not outbox.undone(tx)
    ids = run.community.ids
    habit_wh, moved_wh = (extra_load_wh(uses, each, ids, slots[0], slots[-1] + 1) for each in ({}, told.placed))
    row = ids.index(use.order.site_id)
    assert (habit_wh.sum(axis=1) == moved_wh.sum(axis=1)).all()
    assert moved_wh[row, 20:22].tolist() == [600, 300]
    assert habit_wh[row, 20:22].tolist() == [0, 0]
