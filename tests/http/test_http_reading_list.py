"""Readings are seen by whom they are about, one that counts a slot, and every correction on request."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from morning import morning
from street import SLOT, Street, reading, sealed

from domain.reading import Quality, Reading
from identity.wire import to_wire
from memory.database import Database
from memory.devices import readings

URL = "/api/v1/readings"


def by(name: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {name}"}


@pytest.fixture
def street(database: Database, tmp_path: Path) -> Street:
    return morning(database, tmp_path)


def send(street: Street, *given: Reading) -> None:
    for each in given:
        answer = street.client.post(URL, json=to_wire(sealed(each)))
        assert answer.status_code == 200, answer.text


def said(counter: int, import_wh: int, quality: Quality, slot: int = SLOT, meter: str = "M1") -> Reading:
    return Reading(meter, 1, counter, slot, import_wh=import_wh, export_wh=0, quality=quality)


def items(street: Street, who: str = "P1", **query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor = None
    while True:
        asked = query | ({"cursor": cursor} if cursor else {})
        answer = street.client.get(URL, params=asked, headers=by(who))
        assert answer.status_code == 200, answer.text
        found += answer.json()["items"]
        cursor = answer.json()["next"]
        if cursor is None:
            return found


def test_a_correction_counts_and_what_it_corrects_stays(street: Street) -> None:
    """One item a slot; with ``revised`` and at the slot's own address every revision, the first one first."""
    send(street, said(SLOT, 120, Quality.ESTIMATED), said(SLOT + 1, 130, Quality.CORRECTED))
    send(street, said(SLOT + 2, 125, Quality.MEASURED))
    assert [each["import_wh"] for each in items(street)] == [130]
    every = items(street, revised=True, limit=1)
    told = [(each["revision"], each["import_wh"], each["quality"], each["counts"]) for each in every]
    assert told == [(1, 120, "estimated", False), (2, 125, "measured", False), (3, 130, "corrected", True)]
    at_its_address = street.client.get(f"{URL}/S1/{SLOT}", headers=by("P1"))
    assert at_its_address.json() == {"items": every}
    held = by("P1") | {"If-None-Match": at_its_address.headers["etag"]}
    assert street.client.get(f"{URL}/S1/{SLOT}", headers=held).status_code == 304


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(st.integers(-2, 0), st.sampled_from(list(Quality))), min_size=1, max_size=6), st.data())
def test_what_counts_is_what_trading_reads(
    street: Street, spoken: list[tuple[int, Quality]], data: st.DataObject
) -> None:
    """Whatever was said in whatever order: the columns of the market are the oracle."""
    with street.database.read() as tx:
        base = max(readings.last_counters(tx, ["M1"], [1]).get("M1", 0), SLOT) + 1
    send(street, *(said(base + at, base + at, quality, SLOT + back) for at, (back, quality) in enumerate(spoken)))
    with street.database.read() as tx:
        oracle = readings.history(tx, ["S1"], SLOT - 2, SLOT)["import_wh"][0].tolist()
    shown = {each["slot"]: each["import_wh"] for each in items(street, limit=data.draw(st.integers(1, 4)))}
    assert [shown.get(slot, -1) for slot in range(SLOT - 2, SLOT + 1)] == oracle


def test_readings_are_narrowed_by_site_device_day_and_quality(street: Street) -> None:
    """Each of them takes away, and a name that there is not leaves nothing."""
    send(street, reading("M1"), reading("M2"), said(SLOT - 1, 5, Quality.ESTIMATED, SLOT - 1))
    assert {each["device_id"] for each in items(street, "audit")} == {"M1", "M2"}
    assert {each["site_id"] for each in items(street, "audit", site="S2")} == {"S2"}
    assert {each["device_id"] for each in items(street, "audit", device="M1")} == {"M1"}
    assert [each["import_wh"] for each in items(street, quality="estimated")] == [5]
    assert items(street, "audit", device="M9") == items(street, **{"from": "2026-05-18", "to": "2026-05-19"}) == []
    wrong = street.client.get(URL, params={"from": "2026-05-20", "to": "2026-05-19"}, headers=by("P1"))
    assert (wrong.status_code, wrong.json()["faults"][0]["code"]) == (422, "not_a_span")


def test_nobody_sees_a_neighbours_readings(street: Street) -> None:
    """Neither in the list nor by name, and without a key nothing at all."""
    send(street, reading("M1"), reading("M2"))
    assert {each["site_id"] for each in items(street)} == {"S1"}
    assert items(street, site="S2") == []
    assert street.client.get(f"{URL}/S2/{SLOT}", headers=by("P1")).status_code == 404
    assert street.client.get(URL).status_code == 401
