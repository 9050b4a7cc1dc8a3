"""The people's door: slots, cases and decisions."""

from datetime import timedelta
from pathlib import Path

import pytest
from street import NOW, SLOT, TOKEN, Street, build

from domain.errors import Conflict, PermissionDenied, TransitionRefused
from identity.keys import KeyRing
from memory import cases
from memory.cases import CaseRow
from memory.database import Database
from memory.trading import clearings
from memory.trading.clearings import ClearingRow
from services.steps import Steps

AUTH = {"Authorization": f"Bearer {TOKEN}"}
BALLOT = {"verdict": "approve", "reason": "the price follows the market", "evidence_hash": "e" * 64}
DECISIONS = "/api/v1/cases/C-1/decisions"


@pytest.fixture
def street(database: Database, tmp_path: Path) -> Street:
    built = build(database, tmp_path)
    with database.begin() as tx:
        for number in range(1, 4):
            deadline = NOW + timedelta(hours=number)
            evidence = {"terms": number}
            case = CaseRow(f"C-{number}", "d", "t", NOW, deadline, ["legal"], 1, [], evidence, "e" * 64)
            cases.open(tx, case)
    return built


@pytest.fixture
def closed_street(tmp_path: Path) -> Street:
    """A street whose database is gone: whatever is refused before it is asked."""
    gone = Database("postgresql://nobody@127.0.0.1:1/none")
    return Street(gone, Steps(gone, KeyRing(tmp_path / "keys.json", seed=1), lambda: NOW))


def test_health_asks_the_database(street: Street) -> None:
    """Healthy means that the database answered, not that a process exists."""
    assert street.client.get("/healthz").json()["status"] == "ok"


def test_a_slot_shows_sums_and_nobody(street: Street) -> None:
    """What one member did is not for everybody."""
    with street.database.begin() as tx:
        clearings.save(tx, ClearingRow(SLOT, 15_250, 812, 99, 1_000, {}))
    body = street.client.get(f"/api/v1/slots/{SLOT}").json()
    assert (body["price_mjpy_per_kwh"], body["volume_wh"], body["start"]) == (15_250, 812, "2026-05-20T19:30:00+09:00")
    assert "site" not in str(body)


@pytest.mark.parametrize(("slot", "status"), [("5", 404), ("-1", 422), ("x", 422), ("99999999999999999999", 422)])
def test_a_slot_that_was_not_cleared_is_not_found(slot: str, status: int, street: Street) -> None:
    """No answer is made up."""
    response = street.client.get(f"/api/v1/slots/{slot}")
    assert (response.status_code, response.headers["content-type"]) == (status, "application/problem+json")


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer guess"}, {"Authorization": TOKEN}])
def test_nobody_sees_or_decides_a_case_without_a_name(header: dict[str, str], street: Street) -> None:
    """Every decision has a person; a key names it and no field of the form can."""
    assert street.client.get("/api/v1/cases", headers=header).status_code == 401
    response = street.client.post(DECISIONS, json=BALLOT, headers=header)
    assert (response.status_code, response.headers["www-authenticate"]) == (401, "Bearer")


def test_cases_come_page_by_page(street: Street) -> None:
    """Following ``next`` shows every case once."""
    seen, after = [], ""
    while after is not None:
        body = street.client.get(f"/api/v1/cases?state=open&limit=2&cursor={after}", headers=AUTH).json()
        seen += [case["id"] for case in body["items"]]
        after = body["next"]
    assert seen == ["C-1", "C-2", "C-3"]
    assert street.client.get("/api/v1/cases?state=approved", headers=AUTH).json()["items"] == []


def test_a_decision_is_taken_in_the_tokens_name(street: Street) -> None:
    """The service gets the person of the token, the verdict and the reason as written."""
    response = street.client.post(DECISIONS, json=BALLOT, headers=AUTH)
    assert (response.status_code, response.json()["stage"]) == (201, 1)
    assert [(b.case_id, person, str(b.verdict), b.reason) for person, b in street.ballots] == [
        ("C-1", "E-legal", "approve", BALLOT["reason"])
    ]


@pytest.mark.parametrize(
    "form",
    [
        {"verdict": "maybe", "reason": "r"},
        {"verdict": True, "reason": "r"},
        {"verdict": "approve"},
        {"verdict": "approve", "reason": "  "},
        {"verdict": "approve", "reason": "a\x00b"},
        {"verdict": "approve", "reason": "x" * 4_001},
        {**BALLOT, "person": "E-grid"},
        [],
    ],
)
def test_a_form_out_of_order_decides_nothing(form: object, street: Street) -> None:
    """Unknown fields, wrong types and empty reasons are refused with their place."""
    response = street.client.post(DECISIONS, json=form, headers=AUTH)
    assert response.status_code == 422
    assert response.json()["faults"]


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b'{"verdict": "approve", "reason": "' + b"x" * 70_000 + b'"}', 413),
        (b'{"verdict": "reject", "verdict": "approve", "reason": "r"}', 400),
        (b'{"verdict": "approve", "reason": "\\ud800"}', 422),
    ],
)
def test_a_form_that_reads_two_ways_decides_nothing(content: bytes, status: int, street: Street) -> None:
    """A verdict is said once, in text that exists, and within bounds."""
    headers = {**AUTH, "content-type": "application/json"}
    assert street.client.post(DECISIONS, content=content, headers=headers).status_code == status


@pytest.mark.parametrize(
    ("refusal", "status"),
    [(Conflict("E-grid decided"), 409), (PermissionDenied("no legal"), 403), (TransitionRefused("closed"), 409)],
)
def test_a_refused_decision_says_why(refusal: Exception, status: int, street: Street) -> None:
    """Whoever comes second learns who decided."""
    street.refusal = refusal
    response = street.client.post(DECISIONS, json=BALLOT, headers=AUTH)
    assert (response.status_code, response.json()["detail"]) == (status, str(refusal))


def test_an_unknown_case_is_not_found(street: Street) -> None:
    """Nothing is decided about what does not exist."""
    assert street.client.post("/api/v1/cases/C-9/decisions", json=BALLOT, headers=AUTH).status_code == 404


def test_unknown_paths_and_methods_are_problems_too(closed_street: Street) -> None:
    """A client's one error reader reads them all."""
    assert closed_street.client.get("/nowhere").json()["type"].startswith("urn:gridpact:problem:")
    assert closed_street.client.delete("/api/v1/cases").status_code == 405


def test_answers_are_not_kept_or_framed(street: Street) -> None:
    """Cases are nobody's cache entry."""
    headers = street.client.get("/healthz").headers
    assert (headers["cache-control"], headers["x-content-type-options"]) == ("no-store", "nosniff")
