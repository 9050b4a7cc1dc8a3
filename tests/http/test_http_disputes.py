"""Disputes' door: whose disputes one sees, and that each is opened once and refused as a list of faults."""

from datetime import timedelta
from pathlib import Path

import pytest
from street import NOW, SLOT, TOKEN, Street, build

from domain.party import Party, Role
from identity.access import grant_defaults
from identity.action import SCOPES
from identity.token import token_hash
from memory import registry
from memory.books import ledger, settlements
from memory.books.settlements import SettlementRow
from memory.database import Database
from services.access.api_keys import adopt_key
from settlement.ledger import RETAILER, Transfer, member

EXPERT = {"Authorization": f"Bearer {TOKEN}"}
MEMBER, OTHER = {"Authorization": "Bearer P1-all"}, {"Authorization": "Bearer P2-all"}
DISPUTES = "/api/v1/disputes"
WHY = "the meter was replaced at noon, see the letter"
BILL = 27_000_000


@pytest.fixture
def street(database: Database, tmp_path: Path) -> Street:
    """S1 paid one bill, of a slot before the last."""
    built, slot = build(database, tmp_path), SLOT - 8
    with database.begin("bill") as tx:
        grant_defaults(tx)
        registry.save_party(tx, Party("R", "R", Role.RETAILER))
        settlements.save(tx, [SettlementRow(slot, "S1", 0, 0, 900, 0, 0, 0, -BILL)])
        bill = Transfer(f"{slot}:utility_purchase:S1", member("S1"), RETAILER, BILL, "utility_purchase", slot)
        ledger.book(tx, [bill])
        for party in ("P1", "P2"):
            key = token_hash(f"{party}-all")
            adopt_key(tx, built.reception, "test", party, key, tuple(sorted(SCOPES)), NOW + timedelta(days=1))
    return built


def asked(**changes: object) -> dict[str, object]:
    said = {"kind": "meter_value", "site_id": "S1", "first_slot": SLOT - 8, "last_slot": SLOT - 8}
    return said | {"disputed_ujpy": 9_000_000, "says": WHY} | changes


def test_a_dispute_is_opened_once_and_seen_by_its_sides(street: Street) -> None:
    """The same again is the same dispute; who stands on neither side sees nothing of it, a lawyer does."""
    first, again = (street.client.post(DISPUTES, json=asked(), headers=MEMBER) for _ in range(2))
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert (first.json()["step"], first.json()["disputed_ujpy"], first.json()["in_question_ujpy"]) == (
        "opened",
        9_000_000,
        BILL,
    )
    place = f"{DISPUTES}/{first.json()['id']}"
    listed = {who["Authorization"]: street.client.get(DISPUTES, headers=who) for who in (MEMBER, OTHER, EXPERT)}
    assert [len(each.json()["items"]) for each in listed.values()] == [1, 0, 1]
    assert street.client.get(place, headers=OTHER).status_code == 404
    assert street.client.get(place, headers=EXPERT).json()["dispute"]["says"] == WHY
    withdrawn = street.client.put(f"{place}/answers/withdraw", json={"reason": WHY}, headers=MEMBER)
    assert (withdrawn.status_code, withdrawn.json()["kind"]) == (200, "withdraw")
    assert street.client.put(f"{place}/answers/accept", json={"reason": WHY}, headers=MEMBER).status_code == 409
    ruling = {"due_ujpy": 1, "body": "EGC", "reason": WHY}
    assert street.client.put(f"{place}/ruling", json=ruling, headers=EXPERT).status_code == 409
    assert street.client.put(f"{place}/ruling", json=ruling, headers=MEMBER).status_code == 403


def test_what_is_wrong_with_a_complaint_comes_as_a_list(street: Street) -> None:
    """And another's bill, or more than was billed, is not disputed."""
    wrong = street.client.post(DISPUTES, json=asked(kind="weather", says="no", last_slot=10**12), headers=MEMBER)
    assert wrong.status_code == 422
    assert {each["code"] for each in wrong.json()["faults"]} == {"unknown_type", "wrong_length", "not_a_span"}
    assert street.client.post(DISPUTES, json=asked(), headers=OTHER).status_code == 403
    assert street.client.post(DISPUTES, json=asked(disputed_ujpy=BILL + 1), headers=MEMBER).status_code == 422
    assert street.client.get(DISPUTES, headers=MEMBER).json() == {"items": [], "next": None}
