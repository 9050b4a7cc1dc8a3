"""The smaller tables: what is put in comes back, twice is once, and what is missing is named."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Connection, text

from domain.errors import Conflict, OutsideFailed, RuleBroken
from domain.order import Order, Side
from domain.party import Expertise, Licence, Mandate, Party, Role
from domain.site import Certification, Device, DeviceKind, Site
from memory import alarms, registry, world
from memory.books import chain_records, outbox, settlements, steps
from memory.books.chain_records import ChainRecord
from memory.books.settlements import SettlementRow
from memory.devices import setpoints
from memory.trading import clearings, forecasts, orders, prices, proposals, trades
from memory.trading.clearings import ClearingRow
from memory.trading.proposals import ProposalRow
from memory.trading.trades import TradeRow

AT = datetime(2026, 5, 20, tzinfo=UTC)
ORDER = Order("10:S1:standard", 10, "S1", Side.SELL, 9_000, 500, 0)
TRADE = TradeRow("10:0000", 10, "a", "b", "S1", "S2", 500, 12_000)
CLEARING = ClearingRow(10, 12_000, 500, 1_000, 800, {"interval": [1, 2]})
SETTLED = SettlementRow(10, "S1", 1, 2, 3, 4, 5, 6, -7, None)


def test_facts_of_the_world_are_replaced(tx: Connection) -> None:
    """A later fact counts."""
    world.put(tx, "seed", 1)
    world.put(tx, "seed", {"a": [1, None]})
    assert world.get(tx, "seed") == {"a": [1, None]}
    assert world.get(tx, "nothing", 5) == 5


def test_the_register_gives_back_what_it_was_given_in_order_of_ids(tx: Connection) -> None:
    """A later registration replaces an earlier one, save for mandates, which have versions."""
    parties = [Party("p1", "青木", Role.MEMBER), Party("p2", "B", Role.EXPERT, Expertise.LEGAL)]
    sites = [Site("S1", "p1", "tokyo", "bus 1", "shop", "G1", "PV1"), Site("S2", "p1", "tokyo")]
    devices = [
        Device("S1-m", "S1", DeviceKind.METER, 0, public_key=bytes(range(32))),
        Device("S1-v", "S1", DeviceKind.EV_CHARGER, 6_000, 40_000, 950, Certification.FIRST_OF_KIND),
    ]
    licence = Licence("retailer", "小売電気事業者登録", "A0000", "R", date(2027, 3, 31))
    registry.save_party(tx, *reversed(parties))
    registry.save_site(tx, *reversed(sites))
    registry.save_device(tx, *reversed(devices))
    registry.save_licence(tx, Licence("retailer", "小売電気事業者登録", "A0000", "R", date(2026, 3, 31)))
    registry.save_licence(tx, licence)
    assert registry.parties(tx) == parties
    assert registry.sites(tx) == sites
    assert registry.devices(tx) == devices
    assert registry.licences(tx) == [licence]


def test_the_latest_mandate_is_in_force_and_no_version_changes(tx: Connection) -> None:
    """Orders of the past were bound by the version of their time."""
    first, second = Mandate("S1", 1, 8_500, 20_000, 0, 9_000), Mandate("S1", 2, 9_000, 20_000, 0, 9_000, False)
    registry.save_mandate(tx, second, first)
    assert registry.mandates(tx) == {"S1": second}
    with pytest.raises(Conflict, match="mandate"):
        registry.save_mandate(tx, Mandate("S1", 1, 1, 20_000, 0, 9_000))


def test_a_missing_price_is_named(tx: Connection) -> None:
    """Nothing is settled on a guess, and no price is overwritten."""
    prices.put(tx, 10, "wholesale", "tokyo", 9_440, "simulation:1")
    prices.put(tx, 11, "wholesale", "tokyo", -1, "simulation:1")
    prices.put(tx, 10, "imbalance", "tokyo", 5, "s")
    assert prices.get(tx, 10, "wholesale", "tokyo") == 9_440
    assert prices.between(tx, 10, 12, "wholesale", "tokyo") == {10: 9_440, 11: -1}
    with pytest.raises(OutsideFailed, match="imbalance price of slot 11 in tokyo"):
        prices.get(tx, 11, "imbalance", "tokyo")
    with pytest.raises(Conflict):
        prices.put(tx, 10, "wholesale", "tokyo", 1, "simulation:1")


def test_a_step_is_written_once(tx: Connection) -> None:
    """A second run finds the first one's output; another output is refused. Times add up."""
    assert steps.find(tx, "slot:10", "clear") is None
    steps.add(tx, "slot:10", "clear", {"trades": 3}, AT)
    steps.add(tx, "slot:10", "clear", {"trades": 3}, AT + timedelta(seconds=1))
    with pytest.raises(Conflict):
        steps.add(tx, "slot:10", "clear", {"trades": 4}, AT)
    steps.add_time(tx, "slot:10", "clear", 0.25)
    steps.add_time(tx, "slot:10", "clear", 0.5)
    assert steps.find(tx, "slot:10", "clear") == {"trades": 3}
    assert steps.count(tx, "clear") == 1
    assert steps.times(tx) == {("slot:10", "clear"): 0.75}


def test_what_is_owed_is_due_until_it_is_done(tx: Connection) -> None:
    """Oldest first; a failure stays owed with its error; the first receipt counts."""
    outbox.owe(tx, "b", "root", {"slot": 1}, AT)
    outbox.owe(tx, "a", "root", {"slot": 2}, AT)
    outbox.owe(tx, "c", "episode", {}, AT - timedelta(seconds=1))
    assert [effect.key for effect in outbox.due(tx)] == ["c", "a", "b"]
    assert [effect.key for effect in outbox.due(tx, "root")] == ["a", "b"]
    outbox.failed(tx, "a", "the chain does not answer")
    assert next((effect.attempts, effect.last_error) for effect in outbox.due(tx, "root")) == (
        1,
        "the chain does not answer",
    )
    outbox.done(tx, "a", {"tx": "1"})
    outbox.done(tx, "a", {"tx": "2"})
    outbox.failed(tx, "a", "too late")
    outbox.failed(tx, "b", "no such slot", for_good=True)
    assert [effect.key for effect in outbox.due(tx)] == ["c"]
    done = tx.execute(text("SELECT state, receipt, attempts, last_error FROM effect WHERE key = 'a'")).one()
    assert tuple(done) == ("done", {"tx": "1"}, 2, None)


def test_owing_the_same_again_is_harmless_and_owing_something_else_is_refused(tx: Connection) -> None:
    """Also after it was done: an effect counts once for ever."""
    outbox.owe(tx, "a", "root", {"slot": 1}, AT)
    outbox.done(tx, "a", {})
    outbox.owe(tx, "a", "root", {"slot": 1}, AT + timedelta(hours=1))
    assert outbox.due(tx) == []
    with pytest.raises(Conflict):
        outbox.owe(tx, "a", "root", {"slot": 2}, AT)
    with pytest.raises(RuleBroken, match="nobody owes"):
        outbox.done(tx, "no", {})
    with pytest.raises(RuleBroken, match="nobody owes"):
        outbox.failed(tx, "no", "x")


def test_refused_orders_keep_their_reason(tx: Connection) -> None:
    """The rest is admitted; saving again does not lose a reason."""
    other = Order("10:S2:firm", 10, "S2", Side.BUY, 9_000, 500, 1, True)
    orders.save(tx, [other, ORDER], {})
    orders.refuse(tx, {other.id: "outside_mandate"})
    orders.save(tx, [other, ORDER], {})
    assert orders.of_slot(tx, 10) == [ORDER, other]
    assert orders.admitted_of_slot(tx, 10) == [ORDER]
    refused = tx.execute(text("SELECT id, refused FROM orders WHERE refused IS NOT NULL"))
    assert [tuple(row) for row in refused] == [(other.id, "outside_mandate")]


def test_what_a_slot_leaves_comes_back_as_it_was(tx: Connection) -> None:
    """Clearing, trades, settlement, set-points."""
    clearings.save(tx, CLEARING)
    clearings.save(tx, ClearingRow(11, None, 0, 0, 0, {}))
    trades.save(tx, [TRADE])
    settlements.save(tx, [SETTLED])
    setpoints.put(tx, 10, DeviceKind.BATTERY, {"S1": (0, 300), "S2": (5, 0)})
    setpoints.put(tx, 11, DeviceKind.BATTERY, {})
    assert [clearings.get(tx, 10), clearings.get(tx, 12)] == [CLEARING, None]
    assert [each.slot for each in clearings.between(tx, 10, 20)] == [10, 11]
    assert trades.of_slot(tx, 10) == [TRADE]
    assert settlements.of_slots(tx, 10, 11) == [SETTLED]
    assert setpoints.of_slots(tx, DeviceKind.BATTERY, 0, 20) == {10: {"S1": (0, 300), "S2": (5, 0)}}


def test_set_points_that_were_given_up_move_nobody(tx: Connection) -> None:
    """No home heard of them: planning and billing look at what homes were told."""
    for slot in (10, 11):
        setpoints.put(tx, slot, DeviceKind.BATTERY, {"S1": (0, 300)})
        outbox.owe(tx, f"{setpoints.TOPIC}:{slot}", setpoints.TOPIC, {"slot": slot}, AT)
    outbox.failed(tx, f"{setpoints.TOPIC}:10", "too late", for_good=True)
    outbox.failed(tx, f"{setpoints.TOPIC}:11", "the hub is away")
    assert setpoints.of_slots(tx, DeviceKind.BATTERY, 0, 20) == {11: {"S1": (0, 300)}}


@pytest.mark.parametrize(
    ("save", "first", "other"),
    [
        (clearings.save, CLEARING, ClearingRow(10, 1, 1, 1, 1, {})),
        (trades.save, [TRADE], [TradeRow("10:0000", 10, "a", "b", "S1", "S2", 501, 12_000)]),
        (settlements.save, [SETTLED], [SettlementRow(10, "S1", 1, 2, 3, 4, 5, 6, -8, None)]),
        (proposals.save, [ProposalRow("p", 10, {"a": 1})], [ProposalRow("p", 10, {"a": 2})]),
    ],
)
def test_a_slots_facts_are_written_once(tx: Connection, save: Callable[..., None], first: Any, other: Any) -> None:
    """The same again is harmless, other content is refused."""
    save(tx, first)
    save(tx, first)
    with pytest.raises(Conflict):
        save(tx, other)


def test_proposals_wait_for_their_slot_and_are_drafted_once(tx: Connection) -> None:
    """Due are those filed until now; what was drafted is not due again."""
    filed = [ProposalRow("p1", 10, {"a": 1}, "planted-E01-1"), ProposalRow("p2", 11, {}), ProposalRow("p3", 20, {})]
    proposals.save(tx, filed)
    assert proposals.due(tx, 11) == filed[:2]
    proposals.mark_drafted(tx, ["p1"])
    proposals.save(tx, filed)
    assert [each.id for each in proposals.due(tx, 11)] == ["p2"]
    assert [each.state for each in proposals.all(tx)] == ["drafted", "filed", "filed"]


def test_a_chain_record_gets_its_receipt_once(tx: Connection) -> None:
    """The first answer counts; a different one is refused. An approval has no leaves."""
    chain_records.put(tx, "slot:10", "ab", ["d1", "d2"])
    chain_records.receipt(tx, "slot:10", {"tx": "1"})
    chain_records.receipt(tx, "slot:10", {"tx": "1"})
    chain_records.receipt(tx, "approval:d3", {"tx": "3"})
    chain_records.put(tx, "slot:10", "ab", ["d1", "d2"])
    assert chain_records.all(tx) == [
        ChainRecord("approval:d3", "", [], {"tx": "3"}),
        ChainRecord("slot:10", "ab", ["d1", "d2"], {"tx": "1"}),
    ]
    with pytest.raises(Conflict):
        chain_records.receipt(tx, "slot:10", {"tx": "2"})
    with pytest.raises(Conflict):
        chain_records.put(tx, "slot:10", "cd", ["d1"])
    with pytest.raises(RuleBroken, match="slot:11"):
        chain_records.get(tx, "slot:11")


def test_forecasts_come_back_in_columns(tx: Connection) -> None:
    """Sites in the order asked; -1 where nothing was forecast; written once."""
    columns = {name: np.array([place, place + 100]) for place, name in enumerate(forecasts.FIGURES)}
    forecasts.save(tx, 10, ["S1", "S2"], columns)
    forecasts.save(tx, 10, ["S1", "S2"], columns)
    found = forecasts.of_slots(tx, 9, 10, ["S2", "S1", "S3"])
    assert found["load_p50"].tolist() == [[-1, 101], [-1, 1], [-1, -1]]
    assert set(found) == set(forecasts.FIGURES)
    with pytest.raises(Conflict):
        forecasts.save(tx, 10, ["S2"], {name: np.array([0]) for name in forecasts.FIGURES})


def test_the_same_alarm_sounds_once(tx: Connection) -> None:
    """At its first moment, however often it is repeated."""
    assert alarms.sound(tx, AT, "conflict", "M1", {"slot": 10})
    assert not alarms.sound(tx, AT + timedelta(hours=1), "conflict", "M1", {"slot": 10})
    alarms.sound(tx, AT + timedelta(hours=2), "conflict", "M1", {"slot": 11})
    kept = tx.execute(text("SELECT at, body FROM alarm ORDER BY at"))
    assert [tuple(row) for row in kept] == [(AT, {"slot": 10}), (AT + timedelta(hours=2), {"slot": 11})]
