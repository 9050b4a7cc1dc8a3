"""Two metered homes, one expert and an application over a real database, for the tests of the HTTP door."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from fastapi import FastAPI
from starlette.testclient import TestClient

from domain.account import AccountRole
from domain.connection import without_wires
from domain.party import Expertise, Party, Role
from domain.reading import Reading
from domain.site import Device, DeviceKind, Site
from domain.slot import Slot
from gateways.http.app import create_app
from gateways.http.doors import Doors
from identity.action import Action
from identity.authorisation import Principal, Record, require
from identity.keys import KeyRing, seeded_key
from identity.passkey import Website
from identity.signatures import Envelope, seal
from identity.token import token_hash
from memory import registry
from memory.access import accounts
from memory.access.accounts import RoleRow
from memory.database import Database
from policies.pack import load_pack
from services.access.accounts import register
from services.access.api_keys import adopt_key
from services.access.reception import Reception
from services.cases.cases import Ballot
from services.market_time import MarketTime
from services.orders.order_book import Desk
from services.roster import load_roster
from services.rules import Rules
from services.steps import Steps

AUDIENCE = "local"
NOW = datetime(2026, 5, 20, 12, 0, tzinfo=UTC)
SLOT = Slot.at(NOW).index - 3
TOKEN = "a-token-of-thirty-two-random-bytes"
ORIGIN = "http://testserver"
METERS = ("M1", "M2")
MEMBERS = ("P1", "P2")
MEMBER_SCOPES = ("home:read", "orders:write")
RULES = Rules(load_pack("jp_demo"), "tokyo")
MARKET = MarketTime(RULES.product, ZoneInfo("Asia/Tokyo"))


@dataclass
class Street:
    """The application and what it was told."""

    database: Database
    steps: Steps
    client: TestClient = field(init=False)
    ballots: list[tuple[str, Ballot]] = field(default_factory=list)
    refusal: Exception | None = None

    def __post_init__(self) -> None:
        self.client = TestClient(self.app(), raise_server_exceptions=False)

    def app(self, change: Callable[[Doors], Doors] = lambda doors: doors) -> FastAPI:
        return create_app(change(self.doors()))

    def doors(self) -> Doors:
        return Doors(AUDIENCE, MARKET, self.steps, self.decide, self.desk, self.reception, RULES)

    def desk(self) -> Desk:
        """The street's order desk, everybody at one busbar."""
        with self.database.read() as tx:
            roster = load_roster(tx, MARKET.slot_min)
        wires = without_wires(len(roster.ids), MARKET.slot_min)
        return Desk(AUDIENCE, self.steps, RULES, roster, wires, MARKET)

    @property
    def reception(self) -> Reception:
        return Reception(self.steps, os.urandom, Website(ORIGIN))

    def decide(self, asker: Principal, ballot: Ballot) -> int:
        if self.refusal:
            raise self.refusal
        require(asker, Action.DECIDE_CASE, Record(asks=frozenset({"legal"})))
        self.ballots.append((asker.party, ballot))
        return len(self.ballots)


def build(database: Database, folder: Path) -> Street:
    """Register the street and open its door."""
    with database.begin() as tx:
        for place, meter in enumerate(METERS, start=1):
            key = seeded_key(1, meter).public_key().public_bytes_raw()
            registry.save_site(tx, Site(f"S{place}", f"P{place}", "tokyo"))
            registry.save_device(tx, Device(meter, f"S{place}", DeviceKind.METER, 0, public_key=key))
    street = Street(database, Steps(database, KeyRing(folder / "keys.json", seed=1), lambda: NOW))
    with database.begin() as tx:
        registry.save_party(
            tx,
            Party("E-legal", "E", Role.EXPERT, Expertise.LEGAL),
            *(Party(name, name, Role.MEMBER) for name in MEMBERS),
        )
        register(tx, street.reception, "test", "E-legal", "E-legal")
        accounts.give_role(tx, RoleRow("E-legal", AccountRole.LEGAL, NOW, "test"))
        scopes = ("cases:decide", "cases:read")
        adopt_key(tx, street.reception, "test", "E-legal", token_hash(TOKEN), scopes, NOW + days(1))
        for name in MEMBERS:
            register(tx, street.reception, "test", name, name)
            accounts.give_role(tx, RoleRow(name, AccountRole.MEMBER, NOW, "test"))
            adopt_key(tx, street.reception, "test", name, token_hash(name), MEMBER_SCOPES, NOW + days(1))
    return street


def reading(meter: str = "M1", slot: int = SLOT, import_wh: int = 120) -> Reading:
    return Reading(meter, 1, slot, slot, import_wh=import_wh, export_wh=0)


def sealed(*given: Reading, created_at: datetime = NOW, audience: str = AUDIENCE) -> Envelope:
    return seal(seeded_key(1, given[0].device_id), given, created_at=created_at, audience=audience)


def resigned(envelope: Envelope, payload: bytes) -> Envelope:
    """Another payload under a good signature: a meter whose program is wrong."""
    changed = replace(envelope, payload=payload)
    return replace(changed, signature=seeded_key(1, envelope.device_id).sign(changed.header))


def days(count: int) -> timedelta:
    return timedelta(days=count)
