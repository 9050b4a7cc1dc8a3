"""The meters' door: what is good is kept once, what is bad is refused with every reason, and nothing is lost."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient
from street import METERS, NOW, SLOT, Street, build, days, reading, resigned, sealed

from domain.slot import Slot
from gateways.strict_json import parse
from identity.signatures import Envelope
from identity.wire import from_wire, to_wire
from memory.books import journal
from memory.database import Database
from memory.devices import readings

PATH = "/api/v1/readings"


@pytest.fixture
def street(database: Database, tmp_path: Path) -> Street:
    return build(database, tmp_path)


def post(street: Street, *envelopes: Envelope) -> tuple[int, dict[str, Any]]:
    response = street.client.post(PATH, json=[to_wire(each) for each in envelopes])
    return response.status_code, response.json()


def entries(street: Street) -> int:
    """How many entries the journal has, all of them verified."""
    with street.database.read() as tx:
        return journal.verify(tx, street.steps.keys.publics())


def kept(street: Street) -> int:
    with street.database.read() as tx:
        return readings.count(tx)


def test_a_signed_reading_is_kept(street: Street) -> None:
    """The journey of a trade begins here."""
    status, body = post(street, sealed(reading()))
    assert (status, body["accepted"], body["readings"]) == (200, 1, 1)
    with street.database.read() as tx:
        assert readings.history(tx, ["S1", "S2"], SLOT, SLOT)["import_wh"].tolist() == [[120], [-1]]


def test_one_envelope_needs_no_list(street: Street) -> None:
    """A single meter sends a single envelope."""
    assert street.client.post(PATH, json=to_wire(sealed(reading()))).json()["accepted"] == 1


def test_the_same_envelope_again_counts_once(street: Street) -> None:
    """A meter that hears no answer sends again, and is told that all is well."""
    post(street, sealed(reading()))
    status, body = post(street, sealed(reading()), sealed(reading("M2")))
    assert (status, body["duplicate"], body["accepted"]) == (200, 1, 1)
    assert [item["status"] for item in body["items"]] == ["duplicate", "accepted"]
    assert kept(street) == 2


def test_the_same_envelope_twice_in_one_request_counts_once(street: Street) -> None:
    """A concentrator may repeat itself."""
    status, body = post(street, sealed(reading()), sealed(reading()))
    assert (status, [item["status"] for item in body["items"]]) == (200, ["accepted", "duplicate"])


def test_other_content_under_a_known_counter_is_refused_and_alarmed(street: Street) -> None:
    """A meter that contradicts itself changes nothing, and somebody hears of it in a signed entry."""
    post(street, sealed(reading()))
    before = entries(street)
    status, body = post(street, sealed(reading(import_wh=1)))
    assert (status, body["type"], body["conflict"]) == (409, "urn:gridpact:problem:conflict", 1)
    assert body["faults"][0]["code"] == "other_content"
    with street.database.read() as tx:
        assert readings.history(tx, ["S1"], SLOT, SLOT)["import_wh"].tolist() == [[120]]
        assert list(tx.execute(text("SELECT subject FROM alarm")).scalars()) == ["M1"]
    assert entries(street) == before + 1


def test_the_good_readings_beside_a_contradiction_are_kept(street: Street) -> None:
    """Each reading stands for itself."""
    post(street, sealed(reading()))
    _, body = post(street, sealed(reading(import_wh=1), reading(slot=SLOT + 1)))
    assert (body["items"][0]["status"], body["items"][0]["readings"]) == ("conflict", 1)
    assert kept(street) == 2


def broken() -> Iterator[tuple[str, Envelope]]:
    """Each way in which an envelope can be wrong, with the word for it."""
    good = sealed(reading())
    ahead = Slot.at(NOW).index + 4
    long_ago = Slot.at(NOW - days(60)).index
    unit = b'[{"import_wh":1,"slot":%d,"unit":"kWh"}]' % SLOT
    yes = b'[{"import_wh":true,"slot":%d,"unit":"Wh"}]' % SLOT
    below = b'[{"import_wh":-1,"slot":%d,"unit":"Wh"}]' % SLOT
    yield "unknown_device", sealed(reading("M9"))
    yield "wrong_signature", replace(good, signature=bytes(64))
    yield "wrong_signature", replace(good, payload=good.payload.replace(b"120", b"999"))
    yield "wrong_key", replace(good, key_id="0" * 16)
    yield "wrong_audience", sealed(reading(), audience="elsewhere")
    yield "future_time", sealed(reading(), created_at=NOW + days(1))
    yield "stale_time", sealed(reading(), created_at=NOW - days(60))
    yield "future_slot", sealed(reading(slot=ahead))
    yield "stale_slot", sealed(reading(slot=long_ago))
    yield "wrong_unit", resigned(good, unit)
    yield "wrong_type", resigned(good, yes)
    yield "negative", resigned(good, below)
    yield "wrong_form", resigned(good, b"[]")
    yield "negative_load", sealed(replace(reading(), export_wh=500))


@pytest.mark.parametrize(("code", "envelope"), [pytest.param(*each, id=each[0]) for each in broken()])
def test_a_bad_envelope_is_refused_and_its_neighbour_is_kept(code: str, envelope: Envelope, street: Street) -> None:
    """Bad input gets a clear reason and loses nothing that was good."""
    status, body = post(street, envelope, sealed(reading("M2")))
    refused, good = body["items"]
    assert (status, refused["status"], good["status"]) == (207, "refused", "accepted")
    assert code in [fault["code"] for fault in refused["faults"]]
    assert kept(street) == 1


def test_every_fault_of_every_envelope_comes_at_once(street: Street) -> None:
    """Who mends a meter's program sees everything that is wrong."""
    wrong = sealed(reading(slot=SLOT + 9), audience="elsewhere")
    half = {"device_id": "M1", "boot": True}
    response = street.client.post(PATH, json=[to_wire(wrong), half, 7])
    codes = [[fault["code"] for fault in item["faults"]] for item in response.json()["items"]]
    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"
    assert {"wrong_audience", "future_slot"} <= set(codes[0])
    assert codes[1] == ["missing"] * 6
    assert codes[2] == ["wrong_form"]


def test_old_readings_come_in_as_a_backfill(street: Street) -> None:
    """A community joins with its past; the age of a reading is then no fault."""
    old = sealed(*(reading(slot=Slot.at(NOW - days(60)).index + place) for place in range(48)))
    assert street.client.post(PATH, json=to_wire(old)).status_code == 422
    body = street.client.post(f"{PATH}?backfill=true", json=to_wire(old)).json()
    assert (body["accepted"], body["readings"]) == (1, 48)


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b'{"boot": NaN}', "application/json", 400),
        (b'{"boot": 1, "boot": 2}', "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b'{"boot": ' + b"9" * 10_000 + b"}", "application/json", 400),
        (b"[]", "application/json", 422),
        (b"[]", "text/plain", 415),
        (b"", "", 415),
    ],
)
def test_a_body_that_is_not_plain_json_is_refused(content: bytes, kind: str, status: int, street: Street) -> None:
    """Two readers of one body must not understand it differently."""
    response = street.client.post(PATH, content=content, headers={"content-type": kind})
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"


def test_nesting_is_refused_where_python_would_recurse_to_death(street: Street) -> None:
    """The EVM raises Python's recursion limit for the whole process; under it such a body ended the process."""
    import eth  # noqa: F401

    response = street.client.post(PATH, content=b"[" * 100_000, headers={"content-type": "application/json"})
    assert response.status_code == 400
    signed = resigned(sealed(reading()), b"[" * 100_000)
    assert street.client.post(PATH, json=to_wire(signed)).status_code == 422


def test_a_body_of_countless_small_lists_is_refused_before_it_is_parsed(street: Street) -> None:
    """Each takes thirty times its text in memory."""
    content = b"[" + b"[]," * 200_000 + b"[]]"
    response = street.client.post(PATH, content=content, headers={"content-type": "application/json"})
    assert response.status_code == 400
    assert "lists and objects" in response.json()["detail"]


def test_a_long_body_is_understood_beside_the_loop(street: Street, monkeypatch: pytest.MonkeyPatch) -> None:
    """Parsing and looking at envelopes happen in threads, so that nobody else waits; the answer is the same."""
    loops: list[bool] = []

    def noted(work: Callable[..., Any]) -> Callable[..., Any]:
        def done(*given: Any) -> Any:
            try:
                asyncio.get_running_loop()
            except RuntimeError:
                loops.append(False)
            else:
                loops.append(True)
            return work(*given)

        return done

    monkeypatch.setattr("gateways.http.body.parse", noted(parse))
    monkeypatch.setattr("gateways.http.readings.from_wire", noted(from_wire))
    response = street.client.post(PATH, json=[to_wire(sealed(reading()))] * 400)
    assert (response.status_code, response.json()["accepted"], response.json()["duplicate"]) == (200, 1, 399)
    assert loops == [False] * 401


def test_a_flood_is_refused_while_it_arrives(street: Street) -> None:
    """A request has a bound, whatever it claims of its own length."""
    client = TestClient(street.app(lambda doors: replace(doors, bytes_max=1_000, envelopes_max=2)))
    stream = (b"x" * 100 for _ in range(50))
    assert client.post(PATH, content=stream, headers={"content-type": "application/json"}).status_code == 413
    assert client.post(PATH, json=[1, 2, 3]).status_code == 413


def test_a_database_that_is_gone_is_said_so_and_nothing_is_lost(street: Street) -> None:
    """503 with a time to wait; the same envelope counts when the database is back."""
    gone = replace(street.steps, database=Database("postgresql://nobody@127.0.0.1:1/none"))
    client = TestClient(street.app(lambda doors: replace(doors, steps=gone)), raise_server_exceptions=False)
    response = client.post(PATH, json=to_wire(sealed(reading())))
    assert (response.status_code, response.headers["retry-after"]) == (503, "5")
    assert client.get("/healthz").status_code == 503
    assert post(street, sealed(reading()))[0] == 200


def test_a_slot_of_many_meters_is_one_transaction(street: Street) -> None:
    """Either the whole request is kept or nothing of it: the commit hook is told once."""
    told: list[str] = []
    hooked = Database(street.database.url, on_commit=told.append)
    steps = replace(street.steps, database=hooked)
    client = TestClient(street.app(lambda doors: replace(doors, steps=steps)))
    client.post(PATH, json=[to_wire(sealed(reading(meter))) for meter in METERS])
    hooked.close()
    assert told == ["intake:before", "intake:after"]
