"""A member changes its own mandate: the one it has read, as a new version, and nobody else's."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from street import NOW, Street, build

from domain.party import Mandate
from domain.site import Device, DeviceKind
from identity.token import token_hash
from memory import registry
from memory.books import journal
from memory.database import Database
from services.access.api_keys import adopt_key

URL = "/api/v1/mandates/S1"
SIGNER = {"Authorization": "Bearer signer"}
WANTED = {
    "sell_min_mjpy_per_kwh": 9_000, "buy_max_mjpy_per_kwh": 15_000, "reserve_wh": 4_000, "order_max_wh": 2_000,
    "active": True,
    "wishes": {"partner_site": "S2", "source": "solar", "local_first": False, "premium_max_mjpy_per_kwh": 300},
}  # fmt: skip
NO_BOUNDS = dict.fromkeys(("spend_max_ujpy_per_day", "trade_max_wh_per_day", "valid_until"))


@pytest.fixture
def street(database: Database, tmp_path: Path) -> Street:
    """S1 has a battery of 9 kWh and a mandate; its member has a key that signs mandates."""
    built = build(database, tmp_path)
    with database.begin() as tx:
        scopes = ("home:read", "mandate:write")
        adopt_key(tx, built.reception, "test", "P1", token_hash("signer"), scopes, NOW + timedelta(days=1))
        registry.save_device(tx, Device("B1", "S1", DeviceKind.BATTERY, 3_000, 9_000, 950))
        registry.save_mandate(tx, *(Mandate(site, 1, 8_600, 16_000, 0, 3_000) for site in ("S1", "S2")))
    return built


def tag(street: Street, url: str = URL) -> str:
    return str(street.client.get(url, headers={"Authorization": f"Bearer P{url[-1]}"}).headers["etag"])


def put(street: Street, body: Any, **headers: str) -> Any:
    return street.client.put(
        URL, json=body, headers=SIGNER | {name.replace("_", "-"): to for name, to in headers.items()}
    )


def versions(street: Street) -> list[int]:
    with street.database.read() as tx:
        return [each.version for each in registry.mandate_versions(tx, "S1")]


def test_a_mandate_is_changed_as_a_new_version(street: Street) -> None:
    """The answer is what stands there now, under its new tag; the journal names who changed it."""
    before = tag(street)
    changed = put(street, WANTED, If_Match=before)
    assert (changed.status_code, changed.json()) == (
        200,
        WANTED | NO_BOUNDS | {"site_id": "S1", "version": 2},
    )
    assert changed.headers["etag"] == tag(street) != before
    with street.database.read() as tx:
        (noted,) = journal.entries(tx, "mandate.changed", "S1")
    assert journal.body_of(noted)["by"] == "P1"
    assert versions(street) == [1, 2]


def test_a_change_of_what_was_not_read_is_refused(street: Street) -> None:
    """412 for the loser of two who read the same, 428 for whoever read nothing; nothing is written."""
    before = tag(street)
    assert put(street, WANTED, If_Match=before).status_code == 200
    stale = put(street, WANTED | {"active": False}, If_Match=before)
    assert (stale.status_code, stale.json()["type"]) == (412, "urn:gridpact:problem:stale")
    assert put(street, WANTED | {"active": False}).status_code == 428
    assert put(street, WANTED | {"active": False}, If_Match="nothing").status_code == 412
    assert put(street, WANTED | {"active": False}, If_Match=f"W/{tag(street)}").status_code == 412
    assert versions(street) == [1, 2]
    assert put(street, WANTED | {"active": False}, If_Match="*").status_code == 200


def test_a_change_that_changes_nothing_writes_nothing(street: Street) -> None:
    """Sent again under the new tag it is answered again."""
    put(street, WANTED, If_Match=tag(street))
    assert put(street, WANTED, If_Match=tag(street)).json()["version"] == 2
    assert versions(street) == [1, 2]


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        ({"reserve_wh": 9_001, "wishes": {"partner_site": "S1"}}, {"above_capacity", "own_partner"}),
        ({"wishes": {"partner_site": "S9"}}, {"unknown_partner"}),
        ({"wishes": {"premium_max_mjpy_per_kwh": 5}}, {"premium_for_nothing"}),
        ({"order_max_wh": -1, "buy_max_mjpy_per_kwh": 1.5}, {"greater_than_equal", "int_type"}),
        ({"active": 1}, {"bool_type"}),
        ({"version": 7}, {"extra_forbidden"}),
    ],
)
def test_every_fault_of_a_mandate_comes_at_once(change: dict[str, Any], codes: set[str], street: Street) -> None:
    """422 with a place and a code each; the mandate in force stays."""
    refused = put(street, WANTED | change, If_Match=tag(street))
    assert (refused.status_code, {fault["code"] for fault in refused.json()["faults"]}) == (422, codes)
    assert versions(street) == [1]


def test_a_whole_number_may_be_written_with_a_point(street: Street) -> None:
    """As JSON Schema has it: 15000.0 is the integer 15000, and the description says integer."""
    changed = put(street, WANTED | {"buy_max_mjpy_per_kwh": 15_000.0}, If_Match=tag(street))
    assert (changed.status_code, changed.json()["buy_max_mjpy_per_kwh"]) == (200, 15_000)


def test_only_its_member_with_the_scope_changes_a_mandate(street: Street) -> None:
    """Another's is unknown, a key that only reads is refused, and nobody is nobody."""
    foreign = street.client.put("/api/v1/mandates/S2", json=WANTED, headers=SIGNER | {"If-Match": "*"})
    assert foreign.status_code == 404
    reader = {"Authorization": "Bearer P1", "If-Match": "*"}
    assert street.client.put(URL, json=WANTED, headers=reader).status_code == 403
    assert street.client.put(URL, json=WANTED, headers={"If-Match": "*"}).status_code == 401
    assert versions(street) == [1]
