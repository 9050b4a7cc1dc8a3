"""The members' door: own orders by bearer token and key, every reason at once, and a book without names."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from street import NOW, Street, build

from domain.party import Licence, Mandate
from domain.slot import Slot
from identity import access
from memory import registry
from memory.database import Database
from policies.licences import RETAIL_SUPPLY

SLOT = Slot.at(NOW).index + 10
ORDERS = "/api/v1/orders"
ASK = {"slot": SLOT, "site": "S1", "side": "sell", "limit_mjpy_per_kwh": 11_000, "energy_wh": 500}
BID = {"slot": SLOT, "site": "S2", "side": "buy", "limit_mjpy_per_kwh": 13_000, "energy_wh": 300}


@pytest.fixture
def street(database: Database, tmp_path: Path) -> Street:
    """The street with two members who have tokens, and a desk."""
    built = build(database, tmp_path)
    with database.begin() as tx:
        access.grant_defaults(tx)
        registry.save_mandate(tx, *(Mandate(site, 1, 8_600, 16_000, 0, 3_000) for site in ("S1", "S2")))
        registry.save_licence(tx, Licence("R", RETAIL_SUPPLY, "A1", "R", date(2027, 3, 31)))
    return built


def by(person: str, key: str) -> dict[str, str]:
    """The headers of a member's request."""
    return {"Authorization": f"Bearer {person}", "Idempotency-Key": key}


def test_two_members_trade_over_http(street: Street) -> None:
    """Placed, traded at the resting limit, seen by its owner, in the open book without a name."""
    placed = street.client.post(ORDERS, json=ASK, headers=by("P1", "a"))
    assert placed.status_code == 201
    traded = street.client.post(ORDERS, json=BID, headers=by("P2", "b")).json()
    assert traded["trades"] == [{"energy_wh": 300, "price_mjpy_per_kwh": 11_000}]
    (own,) = street.client.get(ORDERS, params={"slot": SLOT}, headers=by("P1", "-")).json()["items"]
    assert (own["order"], own["left_wh"], own["traded_wh"]) == (placed.json()["order"], 200, 300)
    assert street.client.get(ORDERS, params={"slot": SLOT}, headers=by("P2", "-")).json()["items"] == []
    book = street.client.get(f"/api/v1/slots/{SLOT}/book").json()
    assert (book["bids"], book["asks"]) == ([], [{"limit_mjpy_per_kwh": 11_000, "energy_wh": 200}])
    assert "S1" not in str(book)
    assert "P1" not in str(book)


def test_a_request_sent_again_is_done_once(street: Street) -> None:
    """The key decides: the same answer for the same request, 409 for another one."""
    answers = [street.client.post(ORDERS, json=ASK, headers=by("P1", "a")).json() for _ in range(2)]
    assert answers[0] == answers[1]
    assert len(street.client.get(ORDERS, params={"slot": SLOT}, headers=by("P1", "-")).json()["items"]) == 1
    assert street.client.post(ORDERS, json=ASK | {"energy_wh": 1}, headers=by("P1", "a")).status_code == 409


def test_an_order_is_amended_and_cancelled_by_its_owner(street: Street) -> None:
    """Others are told that it is not theirs."""
    name = street.client.post(ORDERS, json=ASK, headers=by("P1", "a")).json()["order"]
    amended = {"limit_mjpy_per_kwh": 11_000, "energy_wh": 100}
    assert street.client.patch(f"{ORDERS}/{name}", json=amended, headers=by("P2", "b")).status_code == 403
    assert street.client.patch(f"{ORDERS}/{name}", json=amended, headers=by("P1", "b")).json()["left_wh"] == 100
    assert street.client.delete(f"{ORDERS}/{name}", headers=by("P1", "c")).json()["left_wh"] == 0
    assert street.client.get(f"/api/v1/slots/{SLOT}/book").json()["asks"] == []


def faulty(change: dict[str, Any]) -> Callable[[Street], tuple[int, set[str]]]:
    """Sends a wrong order; returns the status and every code."""

    def send(street: Street) -> tuple[int, set[str]]:
        response = street.client.post(ORDERS, json=ASK | change, headers=by("P1", "a"))
        assert response.headers["content-type"] == "application/problem+json"
        return response.status_code, {fault["code"] for fault in response.json().get("faults", [])}

    return send


@pytest.mark.parametrize(
    ("change", "status", "codes"),
    [
        ({"limit_mjpy_per_kwh": 99_995, "energy_wh": 9_999}, 422, {"outside_corridor", "off_tick", "above_order_max"}),
        ({"slot": SLOT - 8}, 422, {"not_open"}),
        ({"site": "S2"}, 403, set()),
        ({"side": "both"}, 422, {"string_pattern_mismatch"}),
        ({"energy_wh": 1.5}, 422, {"int_type"}),
        ({"person": "P2"}, 422, {"extra_forbidden"}),
    ],
)
def test_a_wrong_order_is_a_problem_document(
    change: dict[str, Any], status: int, codes: set[str], street: Street
) -> None:
    """Every reason at once, as for every other door."""
    assert faulty(change)(street) == (status, codes)


def test_nobody_orders_without_a_token_or_a_key(street: Street) -> None:
    """401 and 422, before anything is asked."""
    assert street.client.post(ORDERS, json=ASK, headers={"Idempotency-Key": "a"}).status_code == 401
    assert street.client.post(ORDERS, json=ASK, headers={"Authorization": "Bearer P1"}).status_code == 422


def test_a_name_that_is_none_is_unknown(street: Street) -> None:
    """However it is written."""
    for name in ("x", f"{SLOT}:own:9", "99999999999999999999:own:000001"):
        assert street.client.delete(f"{ORDERS}/{name}", headers=by("P1", name)).status_code == 422
