"""A market with one metered home, over a real database, as that home's hub reaches it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from starlette.testclient import TestClient

from domain.connection import without_wires
from domain.errors import OutsideFailed
from domain.grid_signal import Extent, GridSignal, LimitUnit, SignalKind
from domain.site import Device, DeviceKind, Site
from gateways.http.app import create_app
from gateways.http.doors import Doors
from gateways.hub.market_link import Answer, MarketLink
from identity.keys import KeyRing
from identity.passkey import Website
from memory import registry
from memory.database import Database
from memory.devices import readings, setpoints
from memory.grid import grid_signals
from policies.pack import load_pack
from services.access.reception import Reception
from services.market_time import MarketTime
from services.orders.order_book import Desk
from services.roster import load_roster
from services.rules import Rules
from services.steps import Steps

AUDIENCE, METER, SITE = "local", "hub-1", "S1"
PV_W, CHARGER_W = 4_000, 6_000
RULES = Rules(load_pack("jp_demo"), "tokyo")
MARKET = MarketTime(RULES.product, ZoneInfo("Asia/Tokyo"))


@dataclass
class Clock:
    """One moment for the market and the hub, moved by the test."""

    moment: datetime = datetime(2026, 5, 20, 3, 0, 20, tzinfo=UTC)  # 12:00:20 in Japan

    def now(self) -> datetime:
        return self.moment

    def seconds(self) -> float:
        return self.moment.timestamp()


@dataclass
class HomeMarket:
    """The market's door; ``away`` makes it fall silent."""

    database: Database
    folder: Path
    clock: Clock
    key: Ed25519PrivateKey
    away: bool = False
    posted: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        with self.database.begin() as tx:
            public = self.key.public_key().public_bytes_raw()
            registry.save_site(tx, Site(SITE, "P1", "tokyo"))
            registry.save_device(tx, Device(METER, SITE, DeviceKind.METER, 0, public_key=public))
            registry.save_device(tx, Device("pv-1", SITE, DeviceKind.PV, PV_W))
            registry.save_device(tx, Device("ev-1", SITE, DeviceKind.EV_CHARGER, CHARGER_W, capacity_wh=40_000))
        self.steps = Steps(self.database, KeyRing(self.folder / "keys.json", seed=1), self.clock.now)
        reception = Reception(self.steps, os.urandom, Website("http://testserver"))
        self.client = TestClient(
            create_app(Doors(AUDIENCE, MARKET, self.steps, lambda asker, ballot: 1, self.desk, reception, RULES))
        )

    def link(self) -> MarketLink:
        return MarketLink(self.post, self.key, METER, AUDIENCE)

    def post(self, path: str, body: Any) -> Answer:
        self.posted.append(path)
        if self.away:
            raise OutsideFailed("the market is away")
        answered = self.client.post(path, json=body)
        return Answer(answered.status_code, answered.content)

    def ask_for(self, slot: int, moves: Mapping[str, tuple[int, int]]) -> None:
        """Ask homes for something in a slot, as the trading day does."""
        with self.database.begin() as tx:
            setpoints.put(tx, slot, DeviceKind.BATTERY, moves)

    def drive(self, slot: int, move: tuple[int, int]) -> None:
        """Ask the home's charger for something in a slot."""
        with self.database.begin() as tx:
            setpoints.put(tx, slot, DeviceKind.EV_CHARGER, {SITE: move})

    def desk(self) -> Desk:
        with self.database.read() as tx:
            roster = load_roster(tx, MARKET.slot_min)
        rules = Rules(load_pack("jp_demo"), "tokyo")
        return Desk(AUDIENCE, self.steps, rules, roster, without_wires(len(roster.ids)), MARKET)

    def limit(self, kind: SignalKind, value_w: int, lasts: timedelta) -> None:
        """A grid operator bounds the home from now on, as its door would have taken it in."""
        now = self.clock.moment
        signal = GridSignal(
            "dso", f"{kind}-{value_w}", 0, AUDIENCE, kind, Extent.SITE, SITE, value_w, LimitUnit.W, now, now + lasts,
            now + lasts, reason="a warm transformer",
        )  # fmt: skip
        with self.database.begin() as tx:
            grid_signals.add(tx, signal, now)

    def kept(self, first: int, last: int) -> dict[str, list[int]]:
        """What the market has read of the home, by register; -1 where nothing."""
        with self.database.read() as tx:
            found = readings.history(tx, [SITE], first, last)
        return {name: column[0].tolist() for name, column in found.items()}
