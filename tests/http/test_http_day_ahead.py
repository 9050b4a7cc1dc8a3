"""The members' door to tomorrow's session."""

from datetime import date
from pathlib import Path

import pytest
from street import Street, build

from domain.party import Licence, Mandate
from domain.site import Site
from identity import access
from memory import registry
from memory.database import Database
from memory.trading import day_ahead
from policies.licences import RETAIL_SUPPLY

DAY = date(2026, 5, 22)
PATH = f"/api/v1/day-ahead/{DAY}"
AUTH = {"Authorization": "Bearer P2"}
WASH = {
    "key": "wash", "site": "S3", "kind": "run", "side": "buy", "limit_mjpy_per_kwh": 14_000,
    "slots": ["09:00", "15:30"], "energy_wh": [400, 700, 300],
}  # fmt: skip


@pytest.fixture
def street(database: Database, tmp_path: Path) -> Street:
    """Site S3 is the token's own."""
    built = build(database, tmp_path)
    with database.begin() as tx:
        access.grant_defaults(tx)
        registry.save_site(tx, Site("S3", "P2", "tokyo"))
        registry.save_mandate(tx, *(Mandate(site, 1, 8_600, 16_000, 0, 3_000) for site in ("S1", "S2", "S3")))
        registry.save_licence(tx, Licence("retailer", RETAIL_SUPPLY, "A1", "retailer", date(2030, 3, 31)))
    return built


def test_an_order_is_filed_once_shown_and_withdrawn(street: Street) -> None:
    """Sending it again is harmless; the owner sees it with words; withdrawn it says so."""
    for _ in range(2):
        filed = street.client.post(f"{PATH}/orders", json=[WASH], headers=AUTH)
        assert (filed.status_code, filed.json()["orders"]) == (201, ["S3/wash"])
    (shown,) = street.client.get(f"{PATH}/orders", headers=AUTH).json()["items"]
    assert (shown["state"], shown["kind"]) == ("stands", "run")
    assert street.client.post(f"{PATH}/withdrawals", json=["S3/wash"], headers=AUTH).status_code == 200
    (shown,) = street.client.get(f"{PATH}/orders?language=ja", headers=AUTH).json()["items"]
    assert "取り消" in shown["words"]
    with street.database.read() as tx:
        assert len(day_ahead.of_day(tx, DAY)) == 1


def test_a_stranger_and_another_members_token_are_refused(street: Street) -> None:
    """Without a token nobody files; with one only for one's own sites, and nobody sees the others' orders."""
    assert street.client.post(f"{PATH}/orders", json=[WASH]).status_code == 401
    refused = street.client.post(f"{PATH}/orders", json=[WASH, {**WASH, "site": "S1"}], headers=AUTH)
    assert refused.status_code == 422
    assert [fault["code"] for fault in refused.json()["faults"]] == ["not_yours"]


def test_every_fault_of_form_is_named_by_number_and_field(street: Street) -> None:
    """Unknown fields with the nearest known one, wrong kinds, times that no slot has: all in one answer."""
    wrong = [{**WASH, "kind": "washing"}, {**WASH, "slot": ["09:00"]}, {**WASH, "slots": ["09:10", "15:30"]}]
    refused = street.client.post(f"{PATH}/orders", json=wrong, headers=AUTH)
    assert refused.status_code == 422
    faults = {fault["where"]: fault["message"] for fault in refused.json()["faults"]}
    assert faults.keys() == {"orders[0].kind", "orders[1].slot", "orders[2].slots"}
    assert "did you mean slots" in faults["orders[1].slot"]


def test_other_content_under_a_known_key_is_a_conflict(street: Street) -> None:
    """409, and what was filed first stands."""
    street.client.post(f"{PATH}/orders", json=[WASH], headers=AUTH)
    again = street.client.post(f"{PATH}/orders", json=[{**WASH, "limit_mjpy_per_kwh": 13_000}], headers=AUTH)
    assert again.status_code == 409


def test_a_key_is_good_for_one_filing(street: Street) -> None:
    """The same request under it is answered again; another one is a conflict, and files nothing."""
    headers = AUTH | {"Idempotency-Key": "monday"}
    answers = [street.client.post(f"{PATH}/orders", json=[WASH], headers=headers) for _ in range(2)]
    assert [each.status_code for each in answers] == [201, 201]
    other = street.client.post(f"{PATH}/orders", json=[WASH | {"key": "dry"}], headers=headers)
    assert (other.status_code, other.json()["type"]) == (409, "urn:gridpact:problem:conflict")
    taken = [street.client.post(f"{PATH}/withdrawals", json=["S3/wash"], headers=headers) for _ in range(2)]
    assert [each.json() for each in taken] == [{"day": str(DAY), "withdrawn": ["S3/wash"]}] * 2
    with street.database.read() as tx:
        assert [row.order.id for row in day_ahead.of_day(tx, DAY)] == ["S3/wash"]
