"""OpenADR 3.1: the market's own prices and limits as VENs read them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from street import NOW, Street, build
from test_openadr_vtn import CLIENTS, ROOT, Peer, event

from domain.grid_signal import Extent, GridSignal, LimitUnit, SignalKind
from gateways.openadr.publishing import publish
from memory.database import Database
from memory.grid import grid_signals
from memory.trading import clearings
from memory.trading.clearings import ClearingRow


@pytest.fixture
def street(database: Database, tmp_path: Path) -> Street:
    return build(database, tmp_path)


@pytest.fixture
def client(street: Street) -> TestClient:
    return TestClient(street.app(lambda doors: replace(doors, openadr=CLIENTS)), raise_server_exceptions=False)


def called(street: Street, slot: int, mjpy: int | None) -> None:
    with street.database.begin() as tx:
        clearings.save(tx, ClearingRow(slot, mjpy, 0, 0, 0, {}))


def limit(**more: Any) -> GridSignal:
    ends = NOW + timedelta(hours=2)
    return GridSignal(
        **{
            "source": "dso",
            "id": "warm",
            "revision": 0,
            "audience": "local",
            "kind": SignalKind.IMPORT_LIMIT,
            "extent": Extent.SITE,
            "target": "S1",
            "value": 2_500,
            "unit": LimitUnit.W,
            "starts": NOW + timedelta(hours=1),
            "ends": ends,
            "expires": ends,
            "priority": 5,
            "reason": "warm transformer",
            **more,
        }
    )


def taken(street: Street, signal: GridSignal) -> None:
    with street.database.begin() as tx:
        grid_signals.add(tx, signal, NOW)


def events(client: TestClient, name: str, program: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = Peer(client, name)("GET", f"/events?programID={program}").json()
    return found


def test_prices_come_as_they_become_known(street: Street, client: TestClient) -> None:
    """One event a day, JPY a kWh exactly, an interval a slot; slots that traded nothing have none; repeats are none."""
    desk, slot = street.desk(), street.desk().time.at(NOW)
    for at, mjpy in enumerate((12_345, None, 8_600)):
        called(street, slot + at, mjpy)
    assert publish(desk) == 3
    assert publish(desk) == 0
    (found,) = events(client, "ven1", "prices")
    assert found["payloadDescriptors"] == [{"payloadType": "PRICE", "units": "KWH", "currency": "JPY"}]
    said = [(each["intervalPeriod"]["start"], each["payloads"][0]["values"]) for each in found["intervals"]]
    assert said == [("2026-05-20T12:00:00Z", [12.345]), ("2026-05-20T13:00:00Z", [8.6])]
    called(street, slot + 3, 9_000)
    assert publish(desk) == 1
    (later,) = events(client, "ven1", "prices")
    assert (later["id"], len(later["intervals"])) == (found["id"], 3)


def test_a_limit_of_another_door_is_read_by_whom_it_means_until_it_ends(street: Street, client: TestClient) -> None:
    """In KW for its site; nobody else sees it; its end deletes it; it does not come back as a signal."""
    desk = street.desk()
    taken(street, limit())
    publish(desk)
    (found,) = events(client, "ven1", "limits")
    (said,) = found["intervals"]
    assert said["payloads"] == [{"type": "IMPORT_CAPACITY_LIMIT", "values": [2.5]}]
    assert said["intervalPeriod"] == {"start": "2026-05-20T13:00:00Z", "duration": "PT3600S"}
    assert (found["targets"], found["priority"]) == (["site:S1"], 250)
    assert events(client, "ven2", "limits") == []
    program = Peer(client, "dso")("POST", "/programs", {"programName": "mine"}).json()["id"]
    assert Peer(client, "dso")("POST", "/events", event(program)).status_code == 201
    with street.database.read() as tx:
        assert {each.source for each in grid_signals.every(tx)} == {"dso", "openadr3:dso"}
    publish(desk)
    assert len(events(client, "ven1", "limits")) == 1
    taken(street, limit(revision=1, kind=SignalKind.END, value=0))
    publish(desk)
    assert events(client, "ven1", "limits") == []


def test_what_the_market_says_is_nobody_elses_to_say_or_change(street: Street, client: TestClient) -> None:
    """Business logic neither adds to these programs nor changes or deletes them."""
    taken(street, limit())
    publish(street.desk())
    dso = Peer(client, "dso")
    (found,) = events(client, "dso", "limits")
    assert dso("POST", "/events", event("prices", "PRICE", 1)).status_code == 403
    assert dso("DELETE", f"/events/{found['id']}").status_code == 403
    assert dso("PUT", "/programs/prices", {"programName": "mine"}).status_code == 403
    assert client.get(f"{ROOT}/events").status_code == 401


def test_a_share_is_said_in_percent(street: Street, client: TestClient) -> None:
    """What is given in permille of what is rated has no KW."""
    taken(street, limit(unit=LimitUnit.PERMILLE, value=333, starts=datetime(2026, 5, 20, 11, tzinfo=UTC)))
    publish(street.desk())
    (found,) = events(client, "ven1", "limits")
    assert found["payloadDescriptors"] == [{"payloadType": "IMPORT_CAPACITY_LIMIT", "units": "PERCENT"}]
    assert found["intervals"][0]["payloads"][0]["values"] == [33.3]
