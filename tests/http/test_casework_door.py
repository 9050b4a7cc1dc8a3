"""Casework's door: who sees the queue, and that each act is done once and by whoever may."""

from datetime import timedelta
from pathlib import Path

import pytest
from street import NOW, TOKEN, Street, build

from domain.canonical import digest
from memory import cases
from memory.cases import CaseRow
from memory.database import Database

AUTH = {"Authorization": f"Bearer {TOKEN}"}
MEMBER = {"Authorization": "Bearer P1"}
WHY = "who washes the panels in winter, and at whose cost?"


@pytest.fixture
def street(database: Database, tmp_path: Path) -> Street:
    built = build(database, tmp_path)
    evidence: dict[str, object] = {"site": "S1", "trade": None, "pieces": []}
    with database.begin() as tx:
        for number in range(1, 4):
            deadline = NOW + timedelta(hours=number)
            found = [{"trigger": "E13", "text": "a clause"}]
            row = CaseRow(f"C-{number}", "", "t", NOW, deadline, ["legal"], 1, found, evidence, digest(evidence))
            cases.open(tx, row)
    return built


def test_the_queue_comes_in_parts_with_who_has_what(street: Street) -> None:
    """Every open case once, filtered as asked; members do not see it."""
    assert street.client.put("/api/v1/cases/C-2/claim", headers=AUTH).json()["account_id"] == "E-legal"
    seen, after = [], ""
    while after is not None:
        answered = street.client.get(f"/api/v1/cases/queue?limit=2&cursor={after}", headers=AUTH).json()
        seen += [(each["case"]["id"], each["claim"] is not None) for each in answered["items"]]
        after = answered["next"]
    assert seen == [("C-1", False), ("C-2", True), ("C-3", False)]
    assert street.client.get("/api/v1/cases/queue?trigger=E01", headers=AUTH).json()["items"] == []
    assert street.client.get("/api/v1/cases/load", headers=AUTH).json() == {
        "waiting": 3,
        "order": "deadline",
        "held": {"E-legal": 1},
    }
    assert street.client.get("/api/v1/cases/queue", headers=MEMBER).status_code == 403


def test_each_act_is_done_once_and_stands_in_the_file(street: Street) -> None:
    """A question sent again is the same question; further expertise shows in the case; the trail has all of it."""
    for _ in range(2):
        asked = street.client.post(
            "/api/v1/cases/C-1/questions", json={"party_id": "P1", "question": WHY}, headers=AUTH
        )
        assert (asked.status_code, asked.json()["number"]) == (201, 1)
    more = street.client.put("/api/v1/cases/C-1/roles/grid", json={"reason": WHY}, headers=AUTH)
    assert more.json() == {"case_id": "C-1", "roles": ["grid", "legal"]}
    assert street.client.put("/api/v1/cases/C-1/claim", headers=AUTH).status_code == 200
    assert street.client.delete("/api/v1/cases/C-1/claim", headers=AUTH).status_code == 204
    assert street.client.delete("/api/v1/cases/C-1/claim", headers=AUTH).status_code == 409
    file = street.client.get("/api/v1/cases/C-1/file", headers=AUTH).json()
    assert [each["kind"] for each in file["trail"]] == [
        "case.asked",
        "case.escalated",
        "case.claimed",
        "case.released",
    ]


def test_other_terms_are_for_deals_beside_the_auction_only(street: Street) -> None:
    """A case about a key has no terms; 409 says so."""
    sent = {"energy_wh": 5, "reason": WHY}
    assert street.client.post("/api/v1/cases/C-1/amendments", json=sent, headers=AUTH).status_code == 409
    assert street.client.put("/api/v1/cases/C-1/amendments/A-9/consent", headers=AUTH).status_code == 404


@pytest.mark.parametrize("path", ["C-9/file", "C-9/claim"])
def test_what_there_is_not_and_what_one_may_not_see_look_alike(street: Street, path: str) -> None:
    """404 for an unknown case, and for a key that may not see cases."""
    ask = street.client.put if path.endswith("claim") else street.client.get
    assert ask(f"/api/v1/cases/{path}", headers=AUTH).status_code == 404
    assert ask(f"/api/v1/cases/{path.replace('9', '1')}", headers=MEMBER).status_code == 404
