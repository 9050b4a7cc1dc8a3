"""What is on record about people, over the API: their own doing, their own to read, and erased by two."""

from pathlib import Path
from typing import Any

import pytest
from street import NOW, Street, build, days, reading, sealed

from domain.account import AccountRole
from gateways.evidence.manual import ManualMethod
from identity.access import grant_defaults
from identity.action import SCOPES
from identity.token import token_hash
from identity.wire import to_wire
from memory import alarms
from memory.access import accounts
from memory.access.accounts import RoleRow
from memory.database import Database
from services.access.accounts import register
from services.access.api_keys import adopt_key
from services.devices.intake import CONFLICT

API = "/api/v1/parties"
TEXT = {"version": "2", "sha256": "a" * 64}
WHY = {"reason": "asked for by her letter of the first of May"}
STAFF = {"boss": AccountRole.ADMIN, "sato": AccountRole.LEGAL, "sage": AccountRole.MEDIATOR}


@pytest.fixture
def street(database: Database, tmp_path: Path) -> Street:
    built = build(database, tmp_path)
    with database.begin() as tx:
        grant_defaults(tx)
        for name, role in STAFF.items():
            register(tx, built.reception, "test", name, name)
            accounts.give_role(tx, RoleRow(name, role, NOW, "test"))
        for name in (*STAFF, "P1", "P2"):
            adopt_key(tx, built.reception, "test", name, token_hash(f"{name}-all"), sorted(SCOPES), NOW + days(1))
    from dataclasses import replace

    from starlette.testclient import TestClient

    app = built.app(lambda doors: replace(doors, method=lambda name: ManualMethod()))
    built.client = TestClient(app, raise_server_exceptions=False)
    return built


def call(street: Street, method: str, who: str, path: str, body: Any = None, key: str = "k") -> Any:
    headers = {"Authorization": f"Bearer {who}-all", "Idempotency-Key": key}
    return street.client.request(method, f"{API}/{path}", json=body, headers=headers)


def test_consents_are_given_and_withdrawn_by_their_person(street: Street) -> None:
    """The same again is one record; nobody consents for somebody else, and what is withdrawn stays on record."""
    given = [call(street, "PUT", "P1", "P1/consents/notice", TEXT) for _ in range(2)]
    assert [(each.status_code, each.json()) for each in given] == [(200, {"number": 1})] * 2
    assert call(street, "PUT", "P2", "P1/consents/notice", TEXT).status_code == 403
    assert call(street, "DELETE", "P1", "P1/consents/notice").status_code == 204
    assert call(street, "DELETE", "P1", "P1/consents/notice").status_code == 404
    (kept,) = call(street, "GET", "P1", "P1/records").json()["items"]
    assert (kept["body"], kept["withdrawn_by"]) == ({"name": "notice", **TEXT}, "P1")


def test_an_agreement_is_written_down_once_under_its_key(street: Street) -> None:
    """Sent again it is answered again; another text under the same key is refused."""
    text = {"name": "membership", **TEXT}
    first, again = (call(street, "POST", "P1", "P1/agreements", text) for _ in range(2))
    assert (first.status_code, first.json()) == (201, again.json())
    assert call(street, "POST", "P1", "P1/agreements", text | {"version": "3"}).status_code == 409
    (kept,) = call(street, "GET", "sato", "P1/records").json()["items"]
    assert (kept["kind"], kept["keep_until"]) == ("agreement", "2036-12-31")


def test_papers_are_seen_by_somebody_else(street: Street) -> None:
    """An admin says which were seen; a member cannot say so of itself."""
    papers = {"method": "manual", "document": "driving licence"}
    assert call(street, "POST", "P1", "P1/evidence", papers).status_code == 403
    first, again = (call(street, "POST", "boss", "P1/evidence", papers) for _ in range(2))
    assert (first.status_code, first.json(), again.json()["level"]) == (201, again.json(), "papers")
    (kept,) = call(street, "GET", "P1", "P1/records").json()["items"]
    assert (kept["by"], kept["body"]["document"], "subject_hash" in kept["body"]) == ("boss", "driving licence", False)
    assert "gridpact-identity-1" in call(street, "GET", "P1", "P1/challenge").json()["sign"]


def test_a_person_exports_what_is_its_own_and_nobody_elses(street: Street) -> None:
    """Every table that names it; neither a neighbour nor an admin gets it."""
    call(street, "PUT", "P1", "P1/consents/notice", TEXT)
    exported = call(street, "GET", "P1", "P1/export").json()
    assert {"party", "person_record", "site"} <= set(exported["tables"])
    assert [call(street, "GET", who, "P1/export").status_code for who in ("P2", "boss")] == [403, 403]


def test_two_people_in_two_roles_erase(street: Street) -> None:
    """One word twice under one key is one word; the second is somebody else's."""
    words = [call(street, "POST", "sato", "P1/erasure", WHY) for _ in range(2)]
    assert [(each.status_code, each.json()["done"]) for each in words] == [(200, False)] * 2
    assert call(street, "POST", "sato", "P1/erasure", WHY, key="other").status_code == 403
    assert call(street, "POST", "P1", "P1/erasure", WHY).status_code == 403
    done = call(street, "POST", "boss", "P1/erasure", WHY).json()
    assert (done["role"], done["done"]) == ("admin", True)
    assert street.client.get(f"{API}/P1", headers={"Authorization": "Bearer P1-all"}).status_code == 401


def test_a_score_has_reasons_and_is_contested_before_a_mediator(street: Street) -> None:
    """Its own party sees and contests it, under a key once; a stranger does neither."""
    street.client.post("/api/v1/readings", json=to_wire(sealed(reading())))
    found = call(street, "GET", "P1", "P1/reputation").json()
    assert [part["name"] for part in found["parts"]] == ["payment", "delivery", "data", "disputes"]
    assert all(part["reason"] for part in found["parts"])
    assert call(street, "GET", "P2", "P1/reputation").status_code == 404
    with street.database.begin() as tx:
        for place in range(12):
            alarms.sound(tx, NOW, CONFLICT, "M1", {"place": place})
    said = {"part": "data", "says": "the meter was out for repair that week"}
    first, again = (call(street, "POST", "P1", "P1/reputation/contests", said) for _ in range(2))
    assert (first.status_code, first.json()) == (201, again.json())
    assert call(street, "POST", "P1", "P1/reputation/contests", said, key="k2").status_code == 422
    assert call(street, "POST", "P2", "P1/reputation/contests", said).status_code == 403
    wrong = call(street, "POST", "P1", "P1/reputation/contests", said | {"part": "charm"}, key="k3")
    assert [each["code"] for each in wrong.json()["faults"]] == ["unknown_part"]
