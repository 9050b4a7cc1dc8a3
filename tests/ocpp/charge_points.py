"""Charge points of another author, the ``ocpp`` package's own, over a real WebSocket; and a market that hears them."""

import asyncio
import base64
import contextlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from ocpp.routing import on
from ocpp.v16 import ChargePoint as ChargePoint16
from ocpp.v16 import call_result as result16
from ocpp.v201 import ChargePoint as ChargePoint201
from ocpp.v201 import call_result as result201
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from domain.connection import without_wires
from domain.grid_signal import Extent, GridSignal, LimitUnit, SignalKind
from domain.product import Product
from domain.reading import Reading
from domain.site import Device, DeviceKind, Site
from domain.slot import Slot
from gateways.broker.passwords import hashed
from gateways.ocpp.books import Books
from gateways.ocpp.central import Central
from identity.keys import KeyRing
from memory import registry
from memory.database import Database
from memory.devices import readings, setpoints
from memory.devices.mqtt_credentials import Guest
from memory.grid import grid_signals
from policies.pack import load_pack
from services.devices.mqtt_access import admit
from services.market_time import MarketTime
from services.orders.order_book import Desk
from services.roster import load_roster
from services.rules import Rules
from services.steps import Steps

PASSWORD = "twenty-letters-of-it"
NOON = datetime(2026, 5, 20, 3, 0, tzinfo=UTC)
SLOT = Slot.at(NOON).index
POWER_W = 6_000
LOOKS_S = 0.05


@dataclass
class HandClock:
    """A clock that stands until it is moved."""

    moment: datetime = NOON

    def __call__(self) -> datetime:
        return self.moment


@dataclass
class Market:
    """A market with two chargers, CP1 at S1 and CP2 at S2, and its door."""

    database: Database
    steps: Steps
    books: Books
    clock: HandClock
    port: int = 0

    def readings(self, device_id: str = "CP1") -> list[Reading]:
        with self.database.read() as tx:
            found = [each for _, kept in readings.by_envelope(tx) for each in kept if each.device_id == device_id]
        return sorted(found, key=lambda each: each.slot)

    def ask(self, charge_wh: dict[int, int], site: str = "S1") -> None:
        """Let the market's plan say so."""
        with self.database.begin("plan") as tx:
            for slot, wh in charge_wh.items():
                setpoints.put(tx, slot, DeviceKind.EV_CHARGER, {site: (wh, 0)})

    def limit(self, value_w: int, lasts: timedelta, site: str = "S1") -> None:
        """A grid operator bounds what a site draws from now on, as its door would have taken it in."""
        now = self.clock.moment
        signal = GridSignal(
            "dso", f"{site}-{value_w}", 0, "local", SignalKind.IMPORT_LIMIT, Extent.SITE, site, value_w, LimitUnit.W,
            now, now + lasts, now + lasts, reason="a warm transformer",
        )  # fmt: skip
        with self.database.begin("signal") as tx:
            grid_signals.add(tx, signal, now)


def product() -> Product:
    return Rules(load_pack("jp_demo"), "tokyo").product


def market_of(database: Database, folder: Path, **more: Any) -> Market:
    """Chargers registered and admitted, nobody connected yet."""
    clock = HandClock()
    steps = Steps(database, KeyRing(folder / "keys.json", 1), clock)
    with database.begin("chargers") as tx:
        for place in (1, 2):
            registry.save_site(tx, Site(f"S{place}", f"P{place}", "tokyo"))
            registry.save_device(
                tx, Device(f"CP{place}", f"S{place}", DeviceKind.EV_CHARGER, POWER_W, capacity_wh=40_000)
            )
            registry.save_device(tx, Device(f"M{place}", f"S{place}", DeviceKind.METER, 0, public_key=bytes(32)))
    for place in (1, 2):
        admit(steps, Guest.CHARGER, f"CP{place}", hashed(PASSWORD))
    time = MarketTime(product(), ZoneInfo("Asia/Tokyo"))

    def desk() -> Desk:
        with database.read() as tx:
            roster = load_roster(tx, time.slot_min)
        return Desk("local", steps, Rules(load_pack("jp_demo"), "tokyo"), roster, without_wires(len(roster.ids)), time)

    books = Books(steps, "local", time, desk, more.pop("tokens", {}), **more)
    return Market(database, steps, books, clock)


@asynccontextmanager
async def serving(market: Market) -> AsyncIterator[Central]:
    """The market's door on a free port."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as found:
        market.port = int(found.getsockname()[1])
    central = Central(market.books, looks_s=LOOKS_S)
    prepared, stop = asyncio.Event(), asyncio.Event()
    running = asyncio.create_task(central.run("127.0.0.1", market.port, None, prepared.set, stop))
    await asyncio.wait_for(prepared.wait(), 10)
    try:
        yield central
    finally:
        stop.set()
        await asyncio.wait_for(running, 10)


@asynccontextmanager
async def line(
    market: Market,
    device_id: str = "CP1",
    protocol: str = "ocpp1.6",
    *,
    password: str = PASSWORD,
    user: str = "",
    home: str = "127.0.0.1",
) -> AsyncIterator[ClientConnection]:
    """A bare WebSocket under a charge point's password. home: the address from which it comes."""
    secret = base64.b64encode(f"{user or device_id}:{password}".encode()).decode()
    address = f"ws://127.0.0.1:{market.port}/ocpp/{device_id}"
    headers = {"Authorization": f"Basic {secret}"}
    protocols: Sequence[Subprotocol] = [Subprotocol(protocol)]
    async with connect(address, additional_headers=headers, subprotocols=protocols, local_addr=(home, 0)) as found:
        yield found


@dataclass
class Kept:
    """The charging profiles that a charge point holds, by their number, and every one it was ever told."""

    profiles: dict[int, dict[str, Any]] = field(default_factory=dict)
    told: list[dict[str, Any]] = field(default_factory=list)
    settings: dict[str, str] = field(default_factory=dict)
    takes: tuple[str, ...] = ("W", "A")

    def take(self, number: int, profile: dict[str, Any], unit: str) -> str:
        self.told.append(profile)
        if unit not in self.takes:
            return "Rejected"
        self.profiles[number] = profile
        return "Accepted"

    def clear(self, number: int | None) -> str:
        if number not in self.profiles:
            return "Unknown"
        del self.profiles[number]
        return "Accepted"


class Charger16(ChargePoint16):  # type: ignore[misc]
    """A charge point of version 1.6 that keeps what it is told."""

    def __init__(self, device_id: str, connection: ClientConnection, kept: Kept) -> None:
        super().__init__(device_id, connection, response_timeout=10)
        self.kept = kept

    @on("SetChargingProfile")  # type: ignore[untyped-decorator]
    def on_profile(self, connector_id: int, cs_charging_profiles: dict[str, Any]) -> Any:
        number, unit = cs_charging_profiles["charging_profile_id"], cs_charging_profiles["charging_schedule"]
        return result16.SetChargingProfile(self.kept.take(number, cs_charging_profiles, unit["charging_rate_unit"]))

    @on("ClearChargingProfile")  # type: ignore[untyped-decorator]
    def on_clear(self, id: int | None = None, **_: Any) -> Any:  # noqa: A002
        return result16.ClearChargingProfile(self.kept.clear(id))

    @on("ChangeConfiguration")  # type: ignore[untyped-decorator]
    def on_setting(self, key: str, value: str) -> Any:
        self.kept.settings[key] = value
        return result16.ChangeConfiguration("Accepted")


class Charger201(ChargePoint201):  # type: ignore[misc]
    """The same of version 2.0.1."""

    def __init__(self, device_id: str, connection: ClientConnection, kept: Kept) -> None:
        super().__init__(device_id, connection, response_timeout=10)
        self.kept = kept

    @on("SetChargingProfile")  # type: ignore[untyped-decorator]
    def on_profile(self, evse_id: int, charging_profile: dict[str, Any], **_: Any) -> Any:
        unit = charging_profile["charging_schedule"][0]["charging_rate_unit"]
        return result201.SetChargingProfile(self.kept.take(charging_profile["id"], charging_profile, unit))

    @on("ClearChargingProfile")  # type: ignore[untyped-decorator]
    def on_clear(self, charging_profile_id: int | None = None, **_: Any) -> Any:
        return result201.ClearChargingProfile(self.kept.clear(charging_profile_id))

    @on("SetVariables")  # type: ignore[untyped-decorator]
    def on_settings(self, set_variable_data: list[dict[str, Any]], **_: Any) -> Any:
        for each in set_variable_data:
            self.kept.settings[f"{each['component']['name']}.{each['variable']['name']}"] = each["attribute_value"]
        results = [
            {"attribute_status": "Accepted", "component": each["component"], "variable": each["variable"]}
            for each in set_variable_data
        ]
        return result201.SetVariables(results)


@asynccontextmanager
async def charger(
    market: Market, version: str = "1.6", kept: Kept | None = None, device_id: str = "CP1"
) -> AsyncIterator[Any]:
    """A connected charge point of one version, answering by itself."""
    made = Charger16 if version == "1.6" else Charger201
    async with line(market, device_id, f"ocpp{version}") as connection:
        point = made(device_id, connection, kept or Kept())
        answering = asyncio.create_task(point.start())
        try:
            yield point
        finally:
            answering.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await answering


async def closed(connection: ClientConnection) -> bool:
    """Whether the other side ends the connection within ten seconds."""
    await asyncio.wait_for(connection.wait_closed(), 10)
    return connection.close_code is not None


async def until(look: Any, seconds: float = 10) -> None:
    """Wait until something holds; asserts that it came in time."""
    for _ in range(int(seconds / 0.02)):
        if look():
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"not within {seconds} s")


def at(minutes: float) -> str:
    """A moment so many minutes after noon's slot began, as charge points write it."""
    return f"{NOON + timedelta(minutes=minutes):%Y-%m-%dT%H:%M:%SZ}"
