"""The homes' door: the meter's own key opens it, for its own site, now and here only."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from home_market import AUDIENCE, METER, Clock, HomeMarket
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import OutsideFailed
from domain.grid_signal import SignalKind
from domain.slot import Slot
from gateways.hub.market_link import Answer, MarketLink
from gateways.hub.steering import Setpoint
from identity.asking import Ask, ask, ask_from_wire, ask_to_wire
from memory.database import Database

PATH = "/api/v1/setpoints"
UNASKED = {"vehicle_charge_wh": None, "vehicle_discharge_wh": 0}
VEHICLE = b'{"slot_min": 30, "lease_s": 9, "items": [{"slot": 1, "charge_wh": 0, "discharge_wh": 0, %s}]}'
JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner, max_size=3))


@pytest.fixture
def market(database: Database, tmp_path: Path) -> HomeMarket:
    return HomeMarket(database, tmp_path, Clock(), Ed25519PrivateKey.generate())


def asked(market: HomeMarket, question: Ask) -> tuple[int, dict[str, Any]]:
    answered = market.client.post(PATH, json=ask_to_wire(question))
    return answered.status_code, answered.json()


def test_a_home_hears_its_own_set_points_only(market: HomeMarket) -> None:
    """From the slot that runs on, with the lease; nothing of a neighbour's, nothing of the past."""
    slot = Slot.at(market.clock.moment).index
    for at in (slot - 1, slot, slot + 1):
        market.ask_for(at, {"S1": (at - slot + 5, 0), "S2": (900, 0)})
    status, body = asked(market, ask(market.key, METER, market.clock.moment, AUDIENCE))
    assert (status, body["slot_min"], body["lease_s"]) == (200, 30, 300)
    assert body["items"] == [
        {"slot": slot, "charge_wh": 5, "discharge_wh": 0, "pv_limit_percent": 100} | UNASKED,
        {"slot": slot + 1, "charge_wh": 6, "discharge_wh": 0, "pv_limit_percent": 100} | UNASKED,
    ]


def test_a_limit_that_arrives_while_the_slot_runs_is_in_the_next_answer_until_it_expires(market: HomeMarket) -> None:
    """The battery keeps to it, the panels to what the battery leaves of 4,000 W, rounded down; then nothing is left."""
    slot = Slot.at(market.clock.moment).index
    market.ask_for(slot, {"S1": (0, 600)})
    market.limit(SignalKind.EXPORT_LIMIT, 1_500, timedelta(minutes=10))
    market.limit(SignalKind.EXPORT_LIMIT, 1_999, timedelta(minutes=5))
    _, body = asked(market, ask(market.key, METER, market.clock.moment, AUDIENCE))
    assert body["items"] == [{"slot": slot, "charge_wh": 0, "discharge_wh": 600, "pv_limit_percent": 7} | UNASKED]
    market.clock.moment += timedelta(minutes=10)
    _, body = asked(market, ask(market.key, METER, market.clock.moment, AUDIENCE))
    assert body["items"] == [{"slot": slot, "charge_wh": 0, "discharge_wh": 600, "pv_limit_percent": 100} | UNASKED]


def test_whoever_is_not_the_meter_now_and_here_is_refused(market: HomeMarket) -> None:
    """Another key, another market, another time, a changed question: each with its word."""
    now, key = market.clock.moment, market.key
    good = ask(key, METER, now, AUDIENCE)
    wrong = {
        "unknown_device": ask(key, "M9", now, AUDIENCE),
        "wrong_key": ask(Ed25519PrivateKey.generate(), METER, now, AUDIENCE),
        "wrong_signature": replace(good, created_at=now + timedelta(seconds=1)),
        "wrong_audience": ask(key, METER, now, "elsewhere"),
        "wrong_time": ask(key, METER, now - timedelta(minutes=6), AUDIENCE),
    }
    for code, question in wrong.items():
        status, body = asked(market, question)
        assert (status, [fault["code"] for fault in body["faults"]]) == (422, [code])


@given(st.dictionaries(st.sampled_from(["device_id", "key_id", "created_at", "audience", "signature"]), JSON) | JSON)
def test_any_json_is_a_question_or_faults(record: Any) -> None:
    """Nothing raises."""
    found = ask_from_wire(record)
    assert isinstance(found, Ask) or found


def test_a_time_without_its_zone_is_refused(market: HomeMarket) -> None:
    """Two readers would understand it differently."""
    record = ask_to_wire(ask(market.key, METER, market.clock.moment, AUDIENCE))
    assert isinstance(ask_from_wire(record), Ask)
    assert isinstance(ask_from_wire(record | {"created_at": "2026-05-20T03:00:00"}), list)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (503, b"{}"),
        (200, b"rubbish"),
        (200, b"[" * 100_000),
        (200, b"[]"),
        (422, b'{"detail": "no meter of that id"}'),
        (200, b'{"slot_min": 15, "lease_s": 300, "items": []}'),
        (200, b'{"slot_min": 30, "lease_s": "long", "items": []}'),
        (200, b'{"slot_min": 30, "lease_s": 300, "items": [7]}'),
        (200, b'{"slot_min": 30, "lease_s": 300, "items": [{"slot": 1, "charge_wh": -1, "discharge_wh": 0}]}'),
        (200, b'{"slot_min": 30, "lease_s": 300, "items": [{"slot": 1, "charge_wh": true, "discharge_wh": 0}]}'),
        (200, b'{"slot_min": 30, "lease_s": 9, "items": [{"slot": 1, "charge_wh": 0, "discharge_wh": 10000000}]}'),
        (200, VEHICLE % b'"vehicle_charge_wh": -1'),
        (200, VEHICLE % b'"vehicle_charge_wh": true'),
        (200, VEHICLE % b'"vehicle_discharge_wh": null'),
    ],
)
def test_a_market_out_of_form_is_not_obeyed(status: int, body: bytes) -> None:
    """What came before holds until its lease ends, and the hub says why."""
    link = MarketLink(lambda path, sent: Answer(status, body), Ed25519PrivateKey.generate(), METER, AUDIENCE)
    with pytest.raises(OutsideFailed):
        link.plan(Clock().moment, 30)


def test_no_lease_is_longer_than_five_minutes() -> None:
    """Whatever the market says; a limit on the panels comes the same way."""
    item = b'{"slot": 1, "charge_wh": 0, "discharge_wh": 7, "pv_limit_percent": 30}'
    body = b'{"slot_min": 30, "lease_s": 99999, "items": [' + item + b"]}"
    link = MarketLink(lambda path, sent: Answer(200, body), Ed25519PrivateKey.generate(), METER, AUDIENCE)
    plan = link.plan(Clock().moment, 30)
    assert (plan.lease_s, plan.points) == (300, {1: Setpoint(0, 7, 30)})
