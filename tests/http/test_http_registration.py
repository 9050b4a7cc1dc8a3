"""Devices and parties are registered over the API by whom the page of policies names, once however often asked."""

from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from street import NOW, SLOT, Street, build, days

from domain.account import AccountRole
from domain.contract import ContractState
from domain.site import Site
from identity.action import SCOPES
from identity.keys import seeded_key
from identity.token import token_hash
from memory import registry
from memory.access import accounts
from memory.access.accounts import RoleRow
from memory.books import journal
from memory.database import Database
from memory.trading import contracts
from memory.trading.contracts import ContractRow
from services.access.accounts import register
from services.access.api_keys import adopt_key
from services.devices.key_proof import words

API = "/api/v1"
OLD, NEW = seeded_key(1, "M1"), seeded_key(7, "M1")
BATTERY = {"site": "S1", "kind": "battery", "power_w": 3_000, "capacity_wh": 9_000}
STAFF = {"fitter": AccountRole.INSTALLER, "boss": AccountRole.ADMIN, "guard": AccountRole.OPERATOR}


def by(name: str, **headers: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {name}"} | {name.replace("_", "-"): to for name, to in headers.items()}


def public(key: Ed25519PrivateKey) -> str:
    return key.public_key().public_bytes_raw().hex()


@pytest.fixture
def street(database: Database, tmp_path: Path) -> Street:
    """Two homes, a third without a meter, and an installer, an admin and an operator, each with a key."""
    built = build(database, tmp_path)
    with database.begin() as tx:
        from identity.access import grant_defaults

        grant_defaults(tx)
        registry.save_site(tx, Site("S3", "P2", "tokyo"))
        for name, role in STAFF.items():
            register(tx, built.reception, "test", name, name)
            accounts.give_role(tx, RoleRow(name, role, NOW, "test"))
            adopt_key(tx, built.reception, "test", name, token_hash(name), sorted(SCOPES), NOW + days(1))
        for name in ("P1", "P2"):
            adopt_key(tx, built.reception, "test", name, token_hash(f"{name}-all"), sorted(SCOPES), NOW + days(1))
    return built


def put(street: Street, who: str, path: str, body: Any) -> Any:
    return street.client.put(f"{API}/{path}", json=body, headers=by(who))


def test_a_member_registers_equipment_at_its_own_site_once(street: Street) -> None:
    """201, 200 for the same, 409 for another under the same id; at no site of others, and none that there is not."""
    made = put(street, "P1-all", "devices/B7", BATTERY)
    assert (made.status_code, made.json()["certification"]) == (201, "known_not_certified")
    assert put(street, "P1-all", "devices/B7", BATTERY).status_code == 200
    assert put(street, "P1-all", "devices/B7", BATTERY | {"power_w": 4_000}).status_code == 409
    for site in ("S2", "S9"):
        assert put(street, "P1-all", "devices/B8", BATTERY | {"site": site}).status_code == 403
    assert put(street, "P1", "devices/B8", BATTERY).status_code == 403  # its key has no such scope
    wrong = put(street, "P1-all", "devices/B%209", BATTERY | {"power_w": 0})
    assert (wrong.status_code, {each["code"] for each in wrong.json()["faults"]}) == (
        422,
        {"wrong_form", "wrong_value"},
    )


def test_a_meter_is_registered_by_somebody_else(street: Street) -> None:
    """What it says is paid for: an installer puts it in, not its member."""
    meter = {"site": "S3", "kind": "meter", "public_key": public(NEW)}
    assert put(street, "P2-all", "devices/M3", meter).status_code == 403
    assert put(street, "fitter", "devices/M3", meter).status_code == 201
    assert put(street, "fitter", "devices/M3", meter).status_code == 200
    second = put(street, "fitter", "devices/M4", meter | {"public_key": public(seeded_key(8, "M4"))})
    assert [each["code"] for each in second.json()["faults"]] == ["second_meter"]


def test_the_key_before_says_which_key_follows(street: Street) -> None:
    """By its proof and no other; the same again changes nothing; an installer needs none."""
    path, raw = "devices/M1/key", NEW.public_key().public_bytes_raw()
    said = words("local", "M1", raw)
    asked = {"public_key": public(NEW), "overlap_h": 1}
    for other in (NEW.sign(said), OLD.sign(said + b" "), OLD.sign(words("other", "M1", raw))):
        refused = put(street, "P1-all", path, asked | {"proof": other.hex()})
        assert [each["code"] for each in refused.json()["faults"]] == ["wrong_signature"]
    assert put(street, "P1-all", path, asked).status_code == 403
    assert put(street, "P2-all", path, asked | {"proof": OLD.sign(said).hex()}).status_code == 403
    for _ in range(2):
        changed = put(street, "P1-all", path, asked | {"proof": OLD.sign(said).hex()})
        assert (changed.status_code, changed.json()["public_key"]) == (200, public(NEW))
    with street.database.read() as tx:
        assert len(list(journal.entries(tx, "device.key.rotated", "M1"))) == 1
    assert put(street, "fitter", path, {"public_key": public(seeded_key(9, "M1"))}).status_code == 200


def test_a_stolen_key_is_stopped_and_its_trades_are_told(street: Street) -> None:
    """Once under one key; afterwards the thief cannot say which key follows."""
    with street.database.begin() as tx:
        terms = {"value_ujpy": 1}
        row = ContractRow("a" * 64, SLOT, "t", None, "S1", "S2", 500, 12_000, True, ContractState.DRAFTED, terms)
        contracts.save(tx, [row])
    path, body = f"{API}/devices/M1/key/stop", {"reason": "the meter was opened", "since": "2026-05-20T00:00:00Z"}
    assert street.client.post(path, json=body, headers=by("P2-all", Idempotency_Key="k")).status_code == 403
    first, again = (street.client.post(path, json=body, headers=by("P1-all", Idempotency_Key="k")) for _ in range(2))
    assert (first.status_code, first.json()) == (200, again.json())
    assert first.json()["contracts"] == [{"contract": "a" * 64, "slot": SLOT, "state": "drafted"}]
    assert street.client.post(path, json=body, headers=by("guard", Idempotency_Key="k")).status_code == 409
    proof = OLD.sign(words("local", "M1", NEW.public_key().public_bytes_raw())).hex()
    thief = put(street, "P1-all", "devices/M1/key", {"public_key": public(NEW), "proof": proof})
    assert [each["code"] for each in thief.json()["faults"]] == ["stopped_key"]


def test_a_certificate_is_of_the_device_it_is_presented_for(street: Street) -> None:
    """What no registered issuer signed is refused with its reasons; another's site is nobody's business."""
    bad = put(street, "P1-all", "devices/B7/certificate", {"site": "S1", "certificate": "a.b.c~"})
    assert (bad.status_code, bool(bad.json()["faults"])) == (422, True)
    assert put(street, "P1-all", "devices/B7/certificate", {"site": "S2", "certificate": "a"}).status_code == 403


def test_an_admin_registers_a_party_once(street: Street) -> None:
    """201, 200, 409, and nobody but an admin; its own party is not its to register."""
    hana = {"name": "青木 花", "role": "member"}
    assert put(street, "boss", "parties/aoki", hana).status_code == 201
    assert put(street, "boss", "parties/aoki", hana).status_code == 200
    assert put(street, "boss", "parties/aoki", hana | {"name": "another"}).status_code == 409
    assert put(street, "P1-all", "parties/ito", hana).status_code == 403
    assert put(street, "boss", "parties/boss", hana).status_code == 403
    firm = put(street, "boss", "parties/firm", {"name": "firm", "role": "retailer", "corporate_number": "1" * 13})
    assert firm.status_code == 422
