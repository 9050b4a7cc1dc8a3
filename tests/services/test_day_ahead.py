"""Filing, withdrawing and clearing tomorrow's orders, each exactly once."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from day_ahead_world import (
    CLOSES,
    DAY,
    GATE,
    SLOTS,
    Clock,
    block,
    desk_in,
    load,
    run,
    simple,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from domain.branch import Branch, Node
from domain.connection import Connections
from domain.day_ahead_order import DayAheadOrder
from domain.errors import Conflict, InputRefused
from domain.feeder import feeder_of
from domain.order import Side
from domain.trade import Venue
from identity import access
from memory import alarms, registry
from memory.books import journal, outbox
from memory.database import Database
from memory.trading import day_ahead, trades
from services.orders.day_ahead import file, withdraw
from services.orders.day_ahead_outcome import outcomes
from services.orders.day_ahead_session import hold_due
from services.orders.order_book import Desk

NOON = range(22, 26)
DAY_TRADE = (
    block("sun", "roof", Side.SELL, 9_000, NOON, 500),
    run("wash", "home", 14_000, NOON, 300, 200),
    load("water", "lodge", 14_000, NOON, 1_500, 500),
)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def desk(database: Database, tmp_path: Path, clock: Clock) -> Desk:
    return desk_in(database, tmp_path, clock)


def made_of(tx: Connection) -> list[trades.TradeRow]:
    return trades.between(tx, SLOTS[0], SLOTS[-1])


def test_a_session_is_held_once_and_its_trades_are_early_ones(desk: Desk, clock: Clock) -> None:
    """When the book closes the day is cleared, later ticks change nothing; energies balance at one price a slot."""
    file(desk, DAY, [*DAY_TRADE, simple("rest", "home", Side.BUY, 14_000, 25, 900)])
    hold_due(desk)
    with desk.steps.database.read() as tx:
        assert day_ahead.session(tx, DAY) is None, "not before the book closes"
    for tick in range(5):
        clock.moment = CLOSES + tick * timedelta(hours=1)
        hold_due(desk)
    with desk.steps.database.read() as tx:
        made, session = made_of(tx), day_ahead.session(tx, DAY)
        results = {row.id: row for row in day_ahead.results(tx, DAY, DAY)}
        steps = list(journal.entries(tx, "step.session"))
    assert session is not None
    assert len(steps) == 1
    assert all(each.market is Venue.DAY_AHEAD for each in made)
    assert {each.price_mjpy_per_kwh for each in made} <= set(session.price_mjpy_per_kwh.values())
    assert sum(each.energy_wh for each in made) == session.volume_wh == sum(results["roof/sun"].traded_wh.values())
    assert sum(results["home/wash"].traded_wh.values()) == 500
    assert sum(results["lodge/water"].traded_wh.values()) <= 1_500


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_crash_around_the_commit_changes_nothing_in_the_end(desk: Desk, clock: Clock, when: str) -> None:
    """Killed before the commit the session is held again from the start, killed after it stands; never both."""
    file(desk, DAY, DAY_TRADE)
    clock.moment = CLOSES

    class Killed(BaseException):
        """Nobody catches it."""

    def dies(where: str) -> None:
        if where == f"session:{when}":
            raise Killed

    desk.steps.database.flush()
    broken = Database(desk.steps.database.url, dies)
    with pytest.raises(Killed):
        hold_due(replace(desk, steps=replace(desk.steps, database=broken)))
    broken.close()
    with desk.steps.database.read() as tx:
        assert bool(made_of(tx)) is (when == "after")
    hold_due(desk)
    with desk.steps.database.read() as tx:
        assert sum(each.energy_wh for each in made_of(tx)) == 2_000
        assert day_ahead.days_without_session(tx) == []


def test_filing_again_is_harmless_and_other_content_is_refused(desk: Desk) -> None:
    """A key stands for one content: again counts once, alone or among others; another limit is a conflict."""
    file(desk, DAY, DAY_TRADE)
    file(desk, DAY, DAY_TRADE)
    file(desk, DAY, DAY_TRADE[1:])
    with desk.steps.database.read() as tx:
        assert [row.order.id for row in day_ahead.of_day(tx, DAY)] == [each.id for each in DAY_TRADE]
    with pytest.raises(Conflict):
        file(desk, DAY, [replace(DAY_TRADE[0], limit_mjpy_per_kwh=9_001)])


def test_what_is_wrong_is_told_all_at_once_and_nothing_is_kept(desk: Desk) -> None:
    """Every order's every fault, with a word for programs; the good order beside them is not filed either."""
    wrong = [
        DAY_TRADE[0],
        simple("cheap", "roof", Side.SELL, 8_500, 40, 5_000),
        simple("who", "hom", Side.BUY, 9_000, 40, 10),
        simple("asleep", "paused", Side.BUY, 9_000, 40, 10),
        simple("dear", "lodge", Side.BUY, 17_000, 40, 10),
        simple("against", "roof", Side.BUY, 9_000, 22, 10),
        block("orphan", "shed", Side.SELL, 9_000, NOON, 10, parent="nobody"),
        run("tight", "home", 9_000, range(3, 4), 100, 100),
        replace(load("old", "home", 9_000, NOON, 100, 100), slots=(SLOTS[0] - 9, SLOTS[3])),
    ]
    with pytest.raises(InputRefused) as refused:
        file(desk, DAY, wrong)
    found = {(fault.where, fault.code) for fault in refused.value.faults}
    assert found == {
        ("roof/cheap", "below_sell_min"),
        ("roof/cheap", "above_order_max"),
        ("hom/who", "unknown_site"),
        ("paused/asleep", "paused"),
        ("lodge/dear", "above_buy_max"),
        ("roof/against", "own_other_side"),
        ("shed/orphan", "unknown_parent"),
        ("home/tight", "short_window"),
        ("home/old", "other_day"),
    }
    with desk.steps.database.read() as tx:
        assert day_ahead.of_day(tx, DAY) == []


def test_purchases_beyond_the_members_credit_are_refused(desk: Desk) -> None:
    """What stands uses credit up: the same order again under other keys is refused once the limit is reached."""
    big = [block(f"b{at}", "home", Side.BUY, 16_000, range(48), 3_000) for at in range(30)]
    with pytest.raises(InputRefused) as refused:
        file(desk, DAY, big)
    names = {fault.where for fault in refused.value.faults if fault.code == "credit_exceeded"}
    assert names
    assert "home/b0" not in names


def test_only_a_sites_own_member_trades_for_it(desk: Desk) -> None:
    """The roof's member may neither file nor withdraw for the home."""
    file(desk, DAY, DAY_TRADE[:1], by="party-roof")
    with pytest.raises(InputRefused, match="own member"):
        file(desk, DAY, DAY_TRADE[1:], by="party-roof")
    file(desk, DAY, DAY_TRADE[1:2], by="party-home")
    with pytest.raises(InputRefused, match="own member"):
        withdraw(desk, DAY, ["home/wash"], by="party-roof")


def test_the_book_opens_and_closes_as_the_product_says(desk: Desk, clock: Clock) -> None:
    """Not before two days ahead, not at the closing moment or later; what was filed in time may be sent again."""
    clock.moment = CLOSES - timedelta(days=3)
    with pytest.raises(InputRefused, match="opens at 2026-05-19 00:00"):
        file(desk, DAY, DAY_TRADE)
    clock.moment = CLOSES - timedelta(seconds=1)
    file(desk, DAY, DAY_TRADE[:2])
    clock.moment = CLOSES
    file(desk, DAY, DAY_TRADE[:2])
    with pytest.raises(InputRefused, match="closed at 2026-05-20 10:00"):
        file(desk, DAY, DAY_TRADE)
    with pytest.raises(InputRefused, match="closed"):
        withdraw(desk, DAY, ["roof/sun"])


def test_a_withdrawn_order_stays_out_and_its_key_is_used_up(desk: Desk, clock: Clock) -> None:
    """A parent goes only with its child; what is withdrawn is not cleared, and does not come back."""
    child = block("child", "roof", Side.SELL, 9_000, range(26, 28), 100, parent="sun")
    file(desk, DAY, [*DAY_TRADE, child])
    with pytest.raises(InputRefused, match="leans on"):
        withdraw(desk, DAY, ["roof/sun"])
    with pytest.raises(InputRefused, match="did you mean roof/sun"):
        withdraw(desk, DAY, ["roof/sn"])
    withdraw(desk, DAY, ["roof/sun", "roof/child"])
    withdraw(desk, DAY, ["roof/sun", "roof/child"])
    with pytest.raises(InputRefused, match="new key"):
        file(desk, DAY, [DAY_TRADE[0]])
    clock.moment = CLOSES
    hold_due(desk)
    with desk.steps.database.read() as tx:
        states = {each["id"]: each["state"] for each in outcomes(tx, desk, DAY, "en")}
        assert not made_of(tx)
    assert states["roof/sun"] == "withdrawn"
    assert states["home/wash"] == "out_of_money"


def test_a_session_that_nobody_held_before_the_gate_is_missed(desk: Desk, clock: Clock) -> None:
    """After an absence the orders are told, an alarm sounds, and the day never trades ahead."""
    file(desk, DAY, DAY_TRADE)
    clock.moment = GATE
    hold_due(desk)
    clock.moment = CLOSES
    hold_due(desk)
    with desk.steps.database.read() as tx:
        assert {row.reason for row in day_ahead.results(tx, DAY, DAY)} == {"missed"}
        assert not made_of(tx)
        assert [each.kind for each in alarms.in_order(tx)] == ["day_ahead.missed"]


def test_a_broken_rule_holds_the_session_up_until_it_is_mended(desk: Desk, clock: Clock) -> None:
    """Without its grant the agent clears nothing; an alarm says so; with it the next tick does."""
    file(desk, DAY, DAY_TRADE)
    clock.moment = CLOSES
    with desk.steps.database.begin("revoke") as tx:
        access.revoke(tx, "runtime", "clear")
    hold_due(desk)
    with desk.steps.database.begin("grant") as tx:
        assert [each.kind for each in alarms.in_order(tx)] == ["day_ahead.held_up"]
        assert not made_of(tx)
        access.grant(tx, "runtime", "clear")
    hold_due(desk)
    with desk.steps.database.read() as tx:
        assert made_of(tx)


def test_the_mandate_counts_that_is_in_force_when_the_book_closes(desk: Desk, clock: Clock) -> None:
    """A member that paused since trades nothing, and is told why; nor does what leans on its order."""
    child = block("child", "roof", Side.SELL, 9_000, range(26, 28), 100, parent="sun")
    file(desk, DAY, [*DAY_TRADE, child])
    with desk.steps.database.begin("pause") as tx:
        mandate = registry.mandates(tx)["roof"]
        registry.save_mandate(tx, replace(mandate, version=2, active=False))
    clock.moment = CLOSES
    hold_due(desk)
    with desk.steps.database.read() as tx:
        reasons = {row.id: row.reason for row in day_ahead.results(tx, DAY, DAY)}
        assert not made_of(tx)
    assert reasons["roof/sun"] == "no_longer_admitted"
    assert reasons["roof/child"] in ("no_longer_admitted", "parent_rejected")


def test_paradoxical_blocks_are_told_why_in_both_languages(desk: Desk, clock: Clock) -> None:
    """The example of the products page: whole, the block would push the price below its own limit."""
    bids = [simple(f"d{at}", "home", Side.BUY, 15_000, at, 300) for at in (22, 23)]
    bids += [simple(f"c{at}", "lodge", Side.BUY, 9_000, at, 200) for at in (22, 23)]
    file(desk, DAY, [*bids, block("sun", "roof", Side.SELL, 12_000, range(22, 24), 400)])
    clock.moment = CLOSES
    hold_due(desk)
    with desk.steps.database.read() as tx:
        english = {each["id"]: each for each in outcomes(tx, desk, DAY, "en")}
        japanese = {each["id"]: each for each in outcomes(tx, desk, DAY, "ja")}
    assert english["roof/sun"]["state"] == "paradoxical"
    assert "somebody else lose" in english["roof/sun"]["words"]
    assert "損" in japanese["roof/sun"]["words"]


def test_placed_loads_are_owed_to_the_homes_slot_by_slot(desk: Desk, clock: Clock) -> None:
    """The effect holds exactly what the result says, and only uses, no other purchase."""
    file(desk, DAY, [*DAY_TRADE, simple("rest", "home", Side.BUY, 14_000, 25, 900)])
    clock.moment = CLOSES
    hold_due(desk)
    with desk.steps.database.read() as tx:
        (effect,) = outbox.due(tx)
        results = {row.id: row.traded_wh for row in day_ahead.results(tx, DAY, DAY)}
    told = {name: dict(pairs) for name, pairs in effect.body["placed"].items()}
    assert told == {name: results[name] for name in ("home/wash", "lodge/water") if results[name]}


def line_of(limit_wh: int) -> Connections:
    """Everybody who buys behind one line, the roofs at the root."""
    feeder = feeder_of([Node("root"), Node("far")], [Branch("line", ("root", "far"), limit_wh)], ["root"])
    return Connections(feeder, np.array([feeder.node_of("far")] * 3 + [feeder.node_of("root")] * 2))


def test_what_does_not_fit_the_line_leaves_with_a_reason(database: Database, tmp_path: Path) -> None:
    """The last to arrive of those that load the full line leaves; what trades then keeps to the line."""
    clock = Clock()
    desk = desk_in(database, tmp_path, clock, line_of(700))
    sells = [simple(f"s{at}", "roof", Side.SELL, 9_000, at, 2_000) for at in (22, 23)]
    buys = [simple(f"b{at}", "home", Side.BUY, 14_000, at, 500) for at in (22, 23)]
    file(desk, DAY, [*sells, *buys, run("wash", "lodge", 14_000, range(22, 24), 400, 300)])
    clock.moment = CLOSES
    hold_due(desk)
    with database.read() as tx:
        results = {row.id: row for row in day_ahead.results(tx, DAY, DAY)}
        by_slot = {slot: sum(each.energy_wh for each in made_of(tx) if each.slot == slot) for slot in SLOTS}
        words = {each["id"]: each["words"] for each in outcomes(tx, desk, DAY, "en")}
    assert results["lodge/wash"].reason == "full_branch"
    assert "line would have carried 900 Wh and can carry 700 Wh" in words["lodge/wash"]
    assert max(by_slot.values()) == 500


ORDERS = st.lists(
    st.one_of(
        st.builds(
            lambda site, limit, place, wh: simple(f"s{place}", site, Side.SELL, limit, place, wh),
            st.sampled_from(["roof", "shed"]), st.integers(8_600, 15_000), st.integers(20, 25), st.integers(1, 800),
        ),
        st.builds(
            lambda site, limit, place, wh: simple(f"b{place}", site, Side.BUY, limit, place, wh),
            st.sampled_from(["home", "lodge"]), st.integers(8_600, 15_000), st.integers(20, 25), st.integers(1, 800),
        ),
        st.builds(
            lambda site, limit, first, wh: block(f"k{first}", site, Side.SELL, limit, range(first, first + 2), wh),
            st.sampled_from(["roof", "shed"]), st.integers(8_600, 15_000), st.integers(20, 24), st.integers(1, 800),
        ),
        st.builds(
            lambda limit, wh: load("ev", "home", limit, range(20, 26), wh, 300),
            st.integers(8_600, 15_000), st.integers(1, 1_500),
        ),
    ),
    min_size=1, max_size=8, unique_by=lambda order: order.id,
)  # fmt: skip


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(orders=ORDERS, limit_wh=st.integers(0, 1_500), held_twice=st.booleans())
def test_every_session_balances_keeps_its_limits_and_the_line(
    database: Database, tmp_path: Path, orders: list[DayAheadOrder], limit_wh: int, held_twice: bool
) -> None:
    """Each order trades what its trades add up to, at its limit or better, never beyond it; no line is overloaded."""
    with database.begin("forget") as tx:
        for table in (
            "trade",
            "effect",
            "step",
            "stage_time",
            "day_ahead_order",
            "day_ahead_result",
            "day_ahead_session",
        ):
            tx.exec_driver_sql(f"TRUNCATE {table}")
    clock = Clock()
    desk = desk_in(database, tmp_path, clock, line_of(limit_wh))
    file(desk, DAY, orders)
    clock.moment = CLOSES
    for _ in range(1 + held_twice):
        hold_due(desk)
    with database.read() as tx:
        made = made_of(tx)
        results = {row.id: row for row in day_ahead.results(tx, DAY, DAY)}
    assert results.keys() == {order.id for order in orders}
    for order in orders:
        own = [each for each in made if order.id in (each.sell_order, each.buy_order)]
        by_slot: dict[int, int] = {}
        for each in own:
            by_slot[each.slot] = by_slot.get(each.slot, 0) + each.energy_wh
        assert by_slot == results[order.id].traded_wh
        assert all(wh <= order.slot_wh[slot] for slot, wh in by_slot.items())
        better = order.limit_mjpy_per_kwh * (1 if order.side is Side.SELL else -1)
        gain = sum(each.energy_wh * each.price_mjpy_per_kwh for each in own) * (1 if order.side is Side.SELL else -1)
        assert gain >= better * sum(by_slot.values())
        assert bool(own) == (results[order.id].reason is None)
    for slot in SLOTS:
        assert sum(each.energy_wh for each in made if each.slot == slot) <= limit_wh
