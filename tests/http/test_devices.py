"""Meters' keys and equipment's certificates over their life, through the doors and the command line."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import OKPKey
from street import AUDIENCE, MARKET, NOW, SLOT, Street, build, reading

from domain.case import CaseState
from domain.contract import ContractState
from domain.errors import InputRefused, RuleBroken, TransitionRefused
from domain.site import Certification, Device, DeviceKind
from gridpact.cli import main
from gridpact.clock import HandClock
from identity.asking import ask, ask_to_wire
from identity.equipment import LIST_TYPE, certificate_of, signed_token
from identity.keys import key_id, seeded_key
from identity.signatures import seal
from identity.status_list import list_claims
from identity.wire import to_wire
from memory import alarms, cases, registry
from memory.database import Database
from memory.devices import mqtt_credentials
from memory.devices.mqtt_credentials import Guest
from memory.trading import contracts
from memory.trading.contracts import ContractRow
from services.cases.case_records import records_of
from services.devices.device_keys import rotate, stop_key
from services.devices.device_registry import add_device
from services.devices.mqtt_access import admit

OLD, NEW, NEWEST = (seeded_key(1, name) for name in ("M1", "M1 again", "M1 once more"))
DAY = timedelta(days=1)
URI = "https://dso.example/status/1"


class Life:
    """A street whose clock moves, and what its first meter sends under which key."""

    def __init__(self, street: Street) -> None:
        self.clock = HandClock(NOW)
        street.steps = replace(street.steps, clock=self.clock)
        self.street, self.counter = street, SLOT
        self.client = street.__class__(street.database, street.steps).client

    def send(self, key: Any, slot: int = SLOT) -> str:
        """How the door answers a new reading: accepted, or the code of the refusal."""
        self.counter += 1
        one = replace(reading("M1", slot), counter=self.counter)
        envelope = seal(key, [one], created_at=self.clock(), audience=AUDIENCE)
        (item,) = self.client.post("/api/v1/readings", json=to_wire(envelope)).json()["items"]
        return ",".join(fault["code"] for fault in item["faults"]) or str(item["status"])

    def asks(self, key: Any) -> int:
        question = ask_to_wire(ask(key, "M1", self.clock(), AUDIENCE))
        return int(self.client.post("/api/v1/setpoints", json=question).status_code)


@pytest.fixture
def life(database: Database, tmp_path: Path) -> Life:
    return Life(build(database, tmp_path))


def public(key: Any) -> bytes:
    return bytes(key.public_key().public_bytes_raw())


def test_an_old_key_is_good_for_its_overlap_and_no_longer(life: Life) -> None:
    """Both keys count in between; then the old one is refused by name, in readings and in a hub's questions."""
    steps = life.street.steps
    rotate(steps, "M1", public(NEW), DAY, "test")
    assert (life.send(OLD), life.send(NEW), life.asks(OLD), life.asks(NEW)) == ("accepted", "accepted", 200, 200)
    life.clock.moment += DAY
    assert (life.send(OLD), life.send(NEW), life.asks(OLD), life.asks(NEW)) == ("key_retired", "accepted", 422, 200)
    assert life.send(NEWEST) == "wrong_key"


def test_a_key_serves_one_meter_once(life: Life) -> None:
    """Neither its own earlier key nor a neighbour's, nothing that is no key, no overlap without end."""
    steps = life.street.steps
    rotate(steps, "M1", public(NEW), DAY, "test")
    for key, overlap in ((public(OLD), DAY), (public(seeded_key(1, "M2")), DAY), (b"short", DAY)):
        with pytest.raises(InputRefused):
            rotate(steps, "M1", key, overlap, "test")
    with pytest.raises(InputRefused, match="30 days"):
        rotate(steps, "M1", public(NEWEST), timedelta(days=31), "test")
    with pytest.raises(RuleBroken, match="no meter has the id"):
        rotate(steps, "M9", public(NEWEST), DAY, "test")


def contract(digest: str, slot: int, seller: str, buyer: str) -> ContractRow:
    terms = {"value_ujpy": 1}
    state = ContractState.DRAFTED
    return ContractRow(digest, slot, f"t{digest}", None, seller, buyer, 500, 12_000, True, state, terms)


def test_a_stolen_key_is_stopped_at_once_and_what_rests_on_it_is_listed(life: Life) -> None:
    """From the next request on: readings, a hub's questions, the broker's credential. An expert is asked."""
    steps, now = life.street.steps, MARKET.at(NOW)
    admit(steps, Guest.METER, "M1", "a hash")
    with life.street.database.begin() as tx:
        every = [contract("a", SLOT - 3, "S1", "S2"), contract("b", SLOT, "S2", "S1"), contract("c", SLOT, "S2", "S3")]
        contracts.save(tx, [*every, contract("d", now + 4, "S1", "S2")])
    life.clock.moment += timedelta(hours=1)
    since = life.clock()
    assert life.send(OLD) == "accepted"
    rotate(steps, "M1", public(NEW), DAY, "test")
    stopped = stop_key(steps, MARKET, "M1", "the meter was opened", since, "test")
    assert (life.send(OLD), life.send(NEW)) == ("key_stopped", "key_stopped")
    assert (life.asks(OLD), life.asks(NEW)) == (422, 422)
    assert [each.digest for each in stopped.contracts] == ["b", "d"]
    assert stopped.had_credential
    with life.street.database.read() as tx:
        assert mqtt_credentials.find(tx, Guest.METER, "M1") is None
        case = cases.get(tx, stopped.case_id)
        (record,) = records_of(tx, [case])
        assert "device.key.stopped" in {each.kind for each in alarms.in_order(tx)}
    assert (case.state, list(case.roles), record.owners) == (CaseState.OPEN, ["legal"], frozenset({"P1"}))
    assert [each["contract"] for each in case.evidence["contracts"]] == ["b", "d"]


def test_a_stopped_key_never_comes_back(life: Life) -> None:
    """Not by stopping it again, rotating to it, or registering the device anew; a new key goes on."""
    steps, street = life.street.steps, life.street
    stop_key(steps, MARKET, "M1", "lost", life.clock(), "test")
    with pytest.raises(TransitionRefused, match="was stopped at"):
        stop_key(steps, MARKET, "M1", "lost", life.clock(), "test")
    with pytest.raises(InputRefused):
        rotate(steps, "M1", public(OLD), DAY, "test")
    with street.database.begin() as tx:
        registry.save_device(tx, Device("M1", "S1", DeviceKind.METER, 0, public_key=public(OLD)))
    assert life.send(OLD) == "key_stopped"
    rotate(steps, "M1", public(NEW), DAY, "test")
    assert (life.send(OLD), life.send(NEW)) == ("key_stopped", "accepted")
    with pytest.raises(InputRefused, match="lies ahead"):
        stop_key(steps, MARKET, "M1", "lost", life.clock() + DAY, "test")


@pytest.mark.parametrize(
    ("device", "codes"),
    [
        (Device("M3", "S1", DeviceKind.METER, 0, public_key=public(NEW)), {"second_meter"}),
        (Device("M1", "S9", DeviceKind.METER, 0, public_key=b""), {"known_device", "unknown_site", "wrong_key"}),
        (Device("a b", "S1", DeviceKind.PV, 0), {"wrong_form", "wrong_value"}),
        (Device("pv", "S1", DeviceKind.PV, 400, public_key=public(NEW)), {"wrong_value"}),
    ],
)
def test_a_device_that_cannot_be_is_refused_with_every_fault(life: Life, device: Device, codes: set[str]) -> None:
    """Nothing of it is kept."""
    with pytest.raises(InputRefused) as refused:
        add_device(life.street.steps, device, "test")
    assert {fault.code for fault in refused.value.faults} == codes


class Console:
    """The command line on one world."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.capsys = folder, capsys

    def run(self, *words: str) -> Any:
        """What it prints as JSON; its complaint when it refuses."""
        status = main(["devices", *words, "--json", "--data", str(self.folder)])
        said = self.capsys.readouterr()
        return json.loads(said.out) if status == 0 else said.err

    def file(self, name: str, text: str) -> str:
        (self.folder / name).write_text(text)
        return str(self.folder / name)


@pytest.fixture
def console(life: Life, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Console:
    monkeypatch.setenv("GRIDPACT_DATABASE_URL", life.street.database.url)
    return Console(tmp_path, capsys)


def test_a_newcomer_brings_a_meter_and_loses_its_key(console: Console, database: Database) -> None:
    """Added, listed, rotated, stopped: each verb says what it did; what is wrong is one line."""
    with database.begin() as tx:
        registry.save_site(tx, replace(registry.sites(tx)[0], id="S3", party_id="P3"))
    added = console.run("add", "hub-3", "--site", "S3", "--public-key", public(NEW).hex())
    assert added == [{"added": "hub-3", "site": "S3", "kind": "meter"}]
    rotated = console.run("rotate", "hub-3", public(NEWEST).hex(), "--overlap-h", "2")
    assert rotated[0]["before"] == key_id(public(NEW))
    (listed,) = console.run("list", "--site", "S3")
    assert (listed["key"], listed["stopped"]) == (key_id(public(NEWEST)), None)
    (stopped,) = console.run("stop-key", "hub-3", "--reason", "stolen", "--since", "2026-05-20T00:00:00Z")
    assert (stopped["stopped"], stopped["contracts"], stopped["broker_credential"]) == (listed["key"], 0, "none")
    assert console.run("list", "--site", "S3")[0]["stopped"] == "yes"
    assert "64 hex digits" in console.run("add", "x", "--site", "S3", "--public-key", "zz")


def test_equipment_is_certified_and_its_certificate_taken_back(console: Console, database: Database) -> None:
    """The facts come from the certificate; the list that takes it back takes the mark too, and never comes again."""
    private: dict[str, Any] = OKPKey.generate_key("Ed25519").as_dict(private=True)
    jwk = {name: value for name, value in private.items() if name != "d"}
    at, far = 1_700_000_000, 4_000_000_000
    place = {"status_list": {"idx": 0, "uri": URI}}
    claims = {"iss": "dso", "sub": "pv-1", "site": "S1", "kind": "pv", "power_w": 4_000, "installer": "f", "exp": far}
    text = certificate_of(private, claims | {"status": place, "serial": "X"}, lambda: "salt", ["serial"])
    certificate = console.file("pv.sd-jwt", text)
    lists = [
        signed_token(private, LIST_TYPE, {"iss": "dso", "sub": URI, "iat": at + n, "status_list": list_claims([n])})
        for n in (0, 1)
    ]
    good, taken_back = (console.file(f"list-{n}.jwt", each) for n, each in enumerate(lists))
    assert "no issuer 'dso' is registered" in console.run("certify", certificate)
    assert "private key" in console.run("issuer", "dso", console.file("k", json.dumps(private)), "--kind", "operator")
    console.run("issuer", "dso", console.file("jwk", json.dumps(jwk)), "--kind", "operator")
    assert "status list" in console.run("certify", certificate)
    assert console.run("status", good) == []
    assert console.run("certify", certificate) == [{"certified": "pv-1", "site": "S1", "kind": "pv", "power_w": 4_000}]
    moved = certificate_of(private, claims | {"status": place, "site": "S2"}, lambda: "salt")
    assert "not a pv at S2" in console.run("certify", console.file("moved", moved))
    assert console.run("status", taken_back) == [{"refused": "pv-1"}]
    assert "newer list" in console.run("status", good)
    with database.read() as tx:
        (plant,) = [each for each in registry.devices(tx) if each.id == "pv-1"]
        assert {each.kind for each in alarms.in_order(tx)} == {"device.certificate.refused"}
    assert (plant.power_w, plant.certification) == (4_000, Certification.KNOWN)
    assert [each["certificate"] for each in console.run("list") if each["device"] == "pv-1"] == ["revoked"]
