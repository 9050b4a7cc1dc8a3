"""OpenADR 3.1: an operator's events become grid signals, homes read theirs, and nobody writes what is not theirs."""

import base64
import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient
from street import NOW, Street, build

from domain.grid_signal import Extent, SignalKind
from gateways.openadr.client import OpenAdrClient
from gateways.openadr.publishing import publish
from gateways.openadr.vtn import may_see, sight_of
from memory.database import Database
from memory.grid import grid_signals, grid_tables, openadr_objects
from services.grid.grid_limits import bounds_of
from services.grid.grid_signals import holding

ROOT = "/openadr3/3.1.0"


def secret(name: str) -> str:
    return hashlib.sha256(f"secret of {name}".encode()).hexdigest()


CLIENTS = {
    name: OpenAdrClient(name, role, secret(name), site)
    for name, role, site in (("dso", "bl", ""), ("other", "bl", ""), ("ven1", "ven", "S1"), ("ven2", "ven", "S2"))
}


class Peer:
    """A client with its token."""

    def __init__(self, client: TestClient, name: str) -> None:
        form = {"grant_type": "client_credentials", "client_id": name, "client_secret": f"secret of {name}"}
        self.client, token = client, client.post(f"{ROOT}/auth/token", data=form).json()["access_token"]
        self.headers = {"Authorization": f"Bearer {token}"}

    def __call__(self, method: str, path: str, body: object = None) -> Any:
        return self.client.request(method, f"{ROOT}{path}", json=body, headers=self.headers)


@pytest.fixture
def street(database: Database, tmp_path: Path) -> Street:
    return build(database, tmp_path)


@pytest.fixture
def client(street: Street) -> TestClient:
    return TestClient(street.app(lambda doors: replace(doors, openadr=CLIENTS)), raise_server_exceptions=False)


@pytest.fixture
def program(client: TestClient) -> str:
    made = Peer(client, "dso")("POST", "/programs", {"programName": "limits"})
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


def event(program: str, kind: str = "IMPORT_CAPACITY_LIMIT", *values: object, **more: object) -> dict[str, Any]:
    return {
        "programID": program,
        "eventName": "warm transformer",
        "targets": ["S1"],
        "intervalPeriod": {"start": "2026-05-20T16:00:00Z", "duration": "PT1H"},
        "intervals": [{"id": 0, "payloads": [{"type": kind, "values": list(values) or [2.0015]}]}],
        **more,
    }


def test_an_event_limits_until_it_is_changed_and_taken_back(street: Street, client: TestClient, program: str) -> None:
    """KW become W and Wh of the slot, rounded down; a change counts, a deletion ends, repeats change nothing."""
    dso, desk = Peer(client, "dso"), street.desk()
    slot = street.desk().time.at(NOW) + 8
    made = dso("POST", "/events", event(program)).json()

    def left() -> list[int]:
        with street.database.read() as tx:
            return [each.limit_wh for each in bounds_of(tx, desk, slot).sites.values()]

    assert left() == [1_000]
    for _ in range(2):
        assert dso("PUT", f"/events/{made['id']}", event(program, "IMPORT_CAPACITY_LIMIT", 1)).status_code == 200
        assert left() == [500]
    assert dso("DELETE", f"/events/{made['id']}").status_code == 200
    assert left() == []
    assert dso("GET", f"/events/{made['id']}").status_code == 404


def test_an_emergency_stops_and_its_deletion_resumes_nothing(street: Street, client: TestClient, program: str) -> None:
    """An alert without targets holds the whole market until people resume it."""
    dso = Peer(client, "dso")
    made = dso("POST", "/events", event(program, "ALERT_GRID_EMERGENCY", "now", targets=None)).json()
    dso("DELETE", f"/events/{made['id']}")
    with street.database.read() as tx:
        (stop,) = holding(tx, street.desk(), street.desk().time.at(NOW) + 100)
    assert (stop.extent, stop.kind, stop.reason) == (Extent.FEEDER, SignalKind.STOP, "warm transformer")


def test_only_what_waits_is_said_again(street: Street, client: TestClient, program: str) -> None:
    """An event taken in is not read again until it changes; one that changes waits anew."""
    dso = Peer(client, "dso")
    made = [dso("POST", "/events", event(program, "PRICE", 12.5)).json()["id"] for _ in range(3)]
    with street.database.begin() as tx:
        assert openadr_objects.waiting(tx, "events", "") == []
        known = openadr_objects.get(tx, "events", made[1])
        assert known is not None
        openadr_objects.put(tx, replace(known, revision=1))
        openadr_objects.note_taken(tx, [known])
        assert [each.id for each in openadr_objects.waiting(tx, "events", "")] == [made[1]]


TARGETS = st.none() | st.lists(st.sampled_from(["S1", "site:S1", "S2", "feeder"]), max_size=2)


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    things=st.lists(st.tuples(st.sampled_from(["ven1", "ven2", "dso"]), st.booleans(), TARGETS), max_size=8),
    wanted=st.lists(st.sampled_from(["S1", "S2", "feeder"]), max_size=2),
    kind=st.sampled_from(["events", "programs", "reports", "vens"]),
    place=st.tuples(st.integers(0, 4), st.integers(0, 4)),
)
def test_the_database_shows_what_a_client_may_see(
    street: Street, things: list[tuple[str, bool, list[str] | None]], wanted: list[str], kind: str,
    place: tuple[int, int],
) -> None:  # fmt: skip
    """Page for page the same as judging every object by itself."""
    made = [
        openadr_objects.OpenAdrObject(f"{number:03d}", kind, maker, 0, body(targets), [], gone, NOW, NOW)
        for number, (maker, gone, targets) in enumerate(things)
    ]
    skip, limit = place
    with street.database.begin() as tx:
        tx.execute(grid_tables.openadr_object.delete())
        for each in made:
            openadr_objects.put(tx, each)
        for asker in CLIENTS.values():
            seen = [each for each in made if not each.deleted and may_see(asker, each)]
            seen = [each for each in seen if set(wanted) <= set(each.body.get("targets") or ())]
            found = openadr_objects.page(tx, kind, sight_of(asker), openadr_objects.Wanted({}, wanted), skip, limit)
            assert found == seen[skip : skip + limit]


def body(targets: list[str] | None) -> dict[str, Any]:
    """Nothing said of targets, or null, or names."""
    return {"venName": "x"} if targets == [] else {"venName": "x", "targets": targets}


def test_what_a_crash_left_out_is_made_up(street: Street, client: TestClient, program: str) -> None:
    """The stored event is the truth: the next change of any event says everything again."""
    with street.database.begin() as tx:
        openadr_objects.put(
            tx, openadr_objects.OpenAdrObject("lost", "events", "dso", 0, event(program), ["0/0/S1"], False, NOW, NOW)
        )
    Peer(client, "dso")("POST", "/events", event(program, "PRICE", 12.5))
    with street.database.read() as tx:
        assert "openadr3:dso/lost/0/0/S1/0" in {each.name for each in grid_signals.every(tx)}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"programID": "none"}, "unknown_program"),
        ({"targets": ["nowhere"]}, "unknown_target"),
        ({"intervalPeriod": None}, "no_time"),
        ({"intervals": [{"payloads": [{"type": "IMPORT_CAPACITY_LIMIT", "values": [-1]}]}]}, "wrong_value"),
        ({"intervals": [{"payloads": [{"type": "IMPORT_CAPACITY_LIMIT", "values": [True]}]}]}, "wrong_value"),
        ({"intervals": [{"payloads": [{"type": "DANCE", "values": [1]}]}]}, "unknown_type"),
        ({"targets": "S1"}, "wrong_form"),
    ],
)
def test_an_event_that_cannot_be_followed_is_refused_whole(
    street: Street, client: TestClient, program: str, change: dict[str, Any], code: str
) -> None:
    """The answer is a problem document that names the fault, and neither event nor signal is kept."""
    answer = Peer(client, "dso")("POST", "/events", event(program) | change)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert code in {fault["code"] for fault in answer.json()["faults"]}
    with street.database.read() as tx:
        assert (grid_signals.every(tx), openadr_objects.page(tx, "events", None, openadr_objects.Wanted({}), 0, 9)) == (
            [],
            [],
        )


def test_a_home_reads_its_own_events_and_writes_reports_only(client: TestClient, program: str) -> None:
    """Events for everybody and for its site; another's are not there; events are not a VEN's to make or change."""
    dso, home, neighbour = (Peer(client, name) for name in ("dso", "ven1", "ven2"))
    mine = dso("POST", "/events", event(program)).json()["id"]
    price = dso("POST", "/events", event(program, "PRICE", 12.5, targets=None)).json()["id"]
    assert [each["id"] for each in home("GET", "/events").json()] == [mine, price]
    assert [each["id"] for each in neighbour("GET", "/events").json()] == [price]
    assert neighbour("GET", f"/events/{mine}").status_code == 404
    assert home("POST", "/events", event(program)).status_code == 403
    assert home("DELETE", f"/events/{mine}").status_code == 403
    assert Peer(client, "other")("DELETE", f"/events/{mine}").status_code == 403
    assert home("POST", "/reports", {"eventID": mine, "clientName": "home", "resources": []}).status_code == 201
    assert len(dso("GET", "/reports").json()) == 1
    assert neighbour("GET", "/reports").json() == []


def test_no_change_moves_an_object_to_where_it_could_not_be_made(
    street: Street, client: TestClient, program: str
) -> None:
    """Neither an event into the market's own program or none, nor a report to another home's event."""
    publish(street.desk())
    dso, home = Peer(client, "dso"), Peer(client, "ven1")
    mine = dso("POST", "/events", event(program)).json()["id"]
    theirs = dso("POST", "/events", event(program, targets=["S2"])).json()["id"]
    assert dso("PUT", f"/events/{mine}", event("prices")).status_code == 403
    assert dso("PUT", f"/events/{mine}", event("none")).status_code == 422
    report = home("POST", "/reports", {"eventID": mine, "clientName": "home"}).json()["id"]
    assert home("PUT", f"/reports/{report}", {"eventID": theirs, "clientName": "home"}).status_code == 422
    assert dso("GET", f"/events/{mine}").json()["programID"] == program


def test_one_clients_many_objects_leave_room_for_anothers(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bound is each client's own, by kind; what it deleted no longer counts."""
    monkeypatch.setattr("gateways.openadr.vtn.OBJECTS_MAX", 2)
    home, neighbour = Peer(client, "ven1"), Peer(client, "ven2")
    made = [home("POST", "/vens", {"venName": "home"}) for _ in range(3)]
    assert [each.status_code for each in made] == [201, 201, 409]
    assert neighbour("POST", "/vens", {"venName": "neighbour"}).status_code == 201
    assert home("DELETE", f"/vens/{made[0].json()['id']}").status_code == 200
    assert home("POST", "/vens", {"venName": "home"}).status_code == 201


def test_pages_follow_each_other_without_gap_or_overlap(client: TestClient, program: str) -> None:
    """skip and limit walk through all of a collection; a limit beyond the most is refused."""
    dso = Peer(client, "dso")
    made = [dso("POST", "/events", event(program, "PRICE", at)).json()["id"] for at in range(5)]
    pages = [dso("GET", f"/events?skip={skip}&limit=2").json() for skip in (0, 2, 4, 6)]
    assert [each["id"] for page in pages for each in page] == made
    assert dso("GET", "/events?limit=51").status_code == 422
    assert dso("GET", "/events?targets=S1&targets=S2").json() == []


def test_only_a_known_secret_gets_a_token_and_only_a_fresh_one_counts(client: TestClient) -> None:
    """Form and Basic authentication are the same; wrong, altered and missing tokens are 401."""
    basic = base64.b64encode(b"dso:secret of dso").decode()
    grant = {"grant_type": "client_credentials"}
    found = client.post(f"{ROOT}/auth/token", data=grant, headers={"Authorization": f"Basic {basic}"})
    token = found.json()["access_token"]
    wrong = grant | {"client_id": "dso", "client_secret": "x"}
    assert client.post(f"{ROOT}/auth/token", data=wrong).status_code == 401
    assert client.post(f"{ROOT}/auth/token", data=wrong | {"client_id": "nobody"}).status_code == 401
    assert client.get(f"{ROOT}/auth/server").json()["tokenURL"].endswith(f"{ROOT}/auth/token")
    for bad in ("", "x.y", token[:-8], token.replace(".", ".A", 1), "a" + token):
        assert client.get(f"{ROOT}/programs", headers={"Authorization": f"Bearer {bad}"}).status_code == 401
    assert client.get(f"{ROOT}/programs", headers={"Authorization": f"Bearer {token}"}).status_code == 200
