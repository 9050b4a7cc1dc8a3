"""A street of real peers trades through a day: devices, meters, a home hub, a grid operator, and no simulated part."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
from brokers import Street, free_port, until
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from home_assistant import HASS, HomeAssistant, home_assistant
from household import HOST, HUB, household
from real_street import DAY, TOKYO, EchonetHome, price_file, used_wh, write_folder

from domain.contract import ContractState
from domain.errors import OutsideFailed
from domain.reading import Reading
from domain.slot import Slot, slots_of_day
from gateways.echonet.controller import Controller
from gateways.echonet.devices import EchonetHousehold
from gateways.echonet.settings import EchonetSettings
from gateways.files.prices import read_prices
from gateways.hub.hub import Clocks, Hub
from gateways.hub.market_link import Answer, MarketLink
from gateways.hub.spool import Spool
from gridpact.broker import brokered
from gridpact.clock import HandClock
from gridpact.door import listen, served
from gridpact.live import live_tick
from gridpact.neighbourhood import Neighbourhood, open_neighbourhood
from gridpact.places import Places
from gridpact.progress import Progress
from gridpact.settings import Settings
from gridpact.wiring import open_house
from identity.keys import seeded_key
from identity.signatures import Envelope, seal
from identity.wire import to_wire
from memory import registry
from memory.books import ledger, settlements
from memory.devices import readings
from memory.devices.mqtt_credentials import Guest
from memory.grid import grid_signals
from memory.trading import contracts
from services.context import MARKET
from services.devices.mqtt_access import Allowance
from services.money.price_file import take_prices

OPENADR = Path(__file__).parents[2] / ".venv-openadr/bin/python"
SLOTS = [slot.index for slot in slots_of_day(DAY, TOKYO)]
LIMITED = SLOTS[24:26]
RESERVE_AT = SLOTS[12]
LIMIT_KW, LIMIT_WH = 0.2, 100
EVENT = """
import json, sys
from openadr3.api import create_bl_client
base, start, kw = sys.argv[1:]
operator = create_bl_client(base, token="none yet")
operator.fetch_token("dso", "secret of dso")
program = operator.create_program({"programName": "limits"}).json()["id"]
event = {"programID": program, "eventName": "warm transformer", "targets": ["ito"], "priority": 5,
         "intervalPeriod": {"start": start, "duration": "PT1H"},
         "intervals": [{"id": 0, "payloads": [{"type": "EXPORT_CAPACITY_LIMIT", "values": [float(kw)]}]}]}
print(json.dumps(operator.create_event(event).status_code))
"""


@dataclass
class Day:
    """The market, the peers around it, and what was seen on the way."""

    market: Neighbourhood
    clock: HandClock
    street: Street
    home: EchonetHome
    hub: Hub
    hass: HomeAssistant
    runner: asyncio.Runner
    address: str
    seen: dict[str, Any] = field(default_factory=dict)

    def tick(self, tick: int) -> None:
        """Everything that happens at the start of a slot, in the order of the real world."""
        self.clock.moment = Slot(tick).start
        self.runner.run(self._read())
        self._send("sato", tick - 1)
        self._send("tanaka", tick - 1)
        live_tick(self.market, tick)
        self.home.show_needs(tick)
        self.runner.run(self._steer())
        self.home.live(tick)

    async def _read(self) -> None:
        await self.hub.read_meter()
        await self.hub.send()

    async def _steer(self) -> None:
        await self.hub.ask_market()
        await self.hub.steer()

    def _send(self, site: str, slot: int) -> None:
        """One meter speaks MQTT, the other HTTP."""
        wh = used_wh(site, slot)
        reading = Reading(f"{site}-meter", 1, slot, slot, import_wh=wh, export_wh=0)
        key = seeded_key(7, f"{site}-meter")
        envelope = seal(key, [reading], created_at=self.clock(), audience=MARKET)
        if site == "sato":
            self.runner.run(self._publish(envelope))
        else:
            httpx.post(f"{self.address}/api/v1/readings", json=to_wire(envelope)).raise_for_status()

    async def _publish(self, envelope: Envelope) -> None:
        async with self.street.client("meter.sato-meter") as meter:
            await meter.publish("gridpact/v1/sato-meter/readings", json.dumps(to_wire(envelope)).encode(), qos=1)

    def limit(self) -> None:
        """The grid operator's event, by a client of another author."""
        base, start = f"{self.address}/openadr3/3.1.0", f"{Slot(LIMITED[0]).start:%Y-%m-%dT%H:%M:%SZ}"
        words = [str(OPENADR), "-c", EVENT, base, start, str(LIMIT_KW)]
        done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
        assert done.stdout.strip() == "201", done.stderr

    def publish(self, path: Path, kind: str, heading: str, base: float) -> None:
        """Prices of the day before, the day and the next, from a file as the exchange writes it."""
        file = price_file(path, heading, DAY - timedelta(days=1), 3, base)
        with self.market.house.database.begin("prices") as tx:
            take_prices(tx, self.market.house.steps, read_prices(file, kind))


def post_to(address: str) -> Any:
    """The hub's way to the market, over a socket."""

    def post(path: str, body: Any) -> Answer:
        try:
            answer = httpx.post(f"{address}{path}", json=body)
        except httpx.HTTPError as error:
            raise OutsideFailed(str(error)) from error
        return Answer(answer.status_code, answer.content)

    return post


@pytest.fixture(scope="module")
def traded(postgres: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Day]:
    """The whole day, from the folder to the last settled slot."""
    for path, how in ((HASS, "make home-assistant (needs Python 3.13)"), (OPENADR, "make openadr-peer")):
        if not path.exists():
            pytest.skip(f"a peer of the real day is not installed: {how}")
    with ExitStack() as stack:
        day = opened(stack, postgres.url("real_day"), tmp_path_factory.mktemp("real"))
        day.publish(Path(day.seen["folder"]) / "jepx.csv", "wholesale", "エリアプライス東京(円/kWh)", 11.0)
        day.limit()
        day.home.live(SLOTS[0] - 5)
        first, last = SLOTS[0] - day.market.time.ahead, SLOTS[-1] + day.market.time.behind
        for tick in range(first, last + 1):
            day.tick(tick)
            if tick == RESERVE_AT:
                value = {"entity_id": "number.gridpact_ito_battery_reserve", "value": 2500}
                day.hass.ask("/api/services/number/set_value", value)
                until(lambda: reserve_wh(day), lambda found: found == 2_500)
        day.seen["unpriced"] = day.market.scheduler.unpriced(day.clock())
        day.publish(Path(day.seen["folder"]) / "imbalance.csv", "imbalance", "東京", 14.0)
        day.market.scheduler.settle_due(day.clock())
        yield day


def opened(stack: ExitStack, url: str, folder: Path) -> Day:
    """House, doors and peers, at the tick before the first book closes."""
    clock = HandClock(Slot(SLOTS[0] - 5).start)
    settings = Settings.model_validate(
        {
            "database_url": url,
            "http_port": free_port(),
            "mqtt_port": free_port(),
            "openadr_clients": {"dso": {"role": "bl", "secret_sha256": sha256(b"secret of dso").hexdigest()}},
        }
    )
    listener = stack.enter_context(listen(settings))
    house = stack.enter_context(open_house(settings, Places.of(folder / "house"), clock, 7))
    house.database.migrate()
    hub_key = Ed25519PrivateKey.generate()
    keys = {site: seeded_key(7, f"{site}-meter").public_key().public_bytes_raw().hex() for site in ("sato", "tanaka")}
    keys["ito"] = hub_key.public_key().public_bytes_raw().hex()
    path = write_folder(folder / "street", keys)
    first = SLOTS[0]
    market = open_neighbourhood(house, path, first, first - house.time.ahead, Progress(quiet=True))
    stack.enter_context(served(house, listener))
    street = Street(house, stack.enter_context(brokered(house)), {})
    street.admit(Guest.METER, "sato-meter")
    user = street.admit(Guest.HOME, "ito", Allowance(True, 500, 4_000))
    hass = stack.enter_context(home_assistant(folder / "hass"))
    hass.join(street, user)
    home = EchonetHome(stack.enter_context(household()))
    address = f"http://127.0.0.1:{settings.http_port}"
    runner = stack.enter_context(asyncio.Runner())
    hub = runner.run(hub_of(stack, home, address, hub_key, folder, clock))
    day = Day(market, clock, street, home, hub, hass, runner, address)
    day.seen["folder"] = str(folder)
    until(hass.states, lambda found: "number.gridpact_ito_battery_reserve" in found, 60)
    home.live(first - 6)
    runner.run(hub.read_meter())
    return day


async def hub_of(
    stack: ExitStack, home: EchonetHome, address: str, key: Ed25519PrivateKey, folder: Path, clock: HandClock
) -> Hub:
    """The home's hub, its sockets open in the running loop."""
    ports = {"bind": HUB, "port": home.devices.port, "device_port": home.devices.port, "hosts": [HOST]}
    settings = EchonetSettings.model_validate({"market_url": address, "device": "ito-meter", **ports})
    controller = Controller(home.devices.network)
    await controller.open()
    stack.callback(controller.close)
    spool = stack.enter_context(closing(Spool(folder / "spool.sqlite", "ito-meter", clock())))
    link = MarketLink(post_to(address), key, "ito-meter", MARKET)
    home_devices = EchonetHousehold(controller, settings.hosts, settings.self_consumption_mode)
    return Hub(settings, home_devices, spool, link, Clocks(clock, lambda: clock().timestamp()))


def reserve_wh(day: Day) -> int:
    with day.market.house.database.read() as tx:
        return registry.mandates(tx)["ito"].reserve_wh


def sold_wh(day: Day, slot: int) -> int:
    with day.market.house.database.read() as tx:
        held = [each for each in contracts.of_slot(tx, slot) if each.state is ContractState.SETTLED]
    return sum(each.energy_wh for each in held if each.seller_site == "ito")


def test_every_half_hour_of_the_day_came_in_from_its_meter(traded: Day) -> None:
    """Three gateways, no gap, and the registers' sum is what the devices counted to the last ten Wh."""
    with traded.market.house.database.read() as tx:
        found = readings.history(tx, ["ito", "sato", "tanaka"], SLOTS[0], SLOTS[-1])
    assert (found["import_wh"] >= 0).all()
    assert found["import_wh"][1].tolist() == [used_wh("sato", slot) for slot in SLOTS]
    assert found["import_wh"][2].tolist() == [used_wh("tanaka", slot) for slot in SLOTS]
    assert found["generation_wh"][0].sum() > 20_000


def test_the_street_trades_and_its_books_balance(traded: Day) -> None:
    """The sun of the one is used by the others; all slots are settled, nothing waits, money sums to nothing."""
    market = traded.market
    with market.house.database.read() as tx:
        rows = settlements.of_slots(tx, SLOTS[0], SLOTS[-1])
        assert ledger.sum_ujpy(tx) == 0
    assert len(rows) == 3 * len(SLOTS)
    assert market.scheduler.unfinished(SLOTS[-1]) == []
    assert sum(sold_wh(traded, slot) for slot in SLOTS) > 5_000


def test_slots_wait_for_their_prices_and_for_nothing_else(traded: Day) -> None:
    """The imbalance prices came after the day: until then every delivered slot was named as unpriced."""
    assert traded.seen["unpriced"] == SLOTS


def test_the_battery_did_what_the_market_asked_of_its_hub(traded: Day) -> None:
    """In some slots it was told a power by ECHONET Lite; in the others it served its home by itself."""
    assert traded.home.steered
    assert len(traded.home.steered) < len(SLOTS)
    assert 0 < traded.home.stored_wh <= 10_000


def test_the_operators_event_bounds_what_is_sold(traded: Day) -> None:
    """200 W for an hour at noon, by OpenADR, for the home with the panels; before and after it sells more."""
    with traded.market.house.database.read() as tx:
        (signal,) = grid_signals.every(tx)
    assert (signal.target, signal.value) == ("ito", 200)
    assert all(sold_wh(traded, slot) <= LIMIT_WH for slot in LIMITED)
    assert max(sold_wh(traded, slot) for slot in SLOTS[20:32]) > LIMIT_WH


def test_an_unmodified_home_assistant_set_the_reserve_and_shows_the_day(traded: Day) -> None:
    """Discovery brought the entities; the number that was set there is in the mandate."""
    assert reserve_wh(traded) == 2_500
    states = traded.hass.states()
    assert states["number.gridpact_ito_battery_reserve"] == "2500"
    assert states["switch.gridpact_ito_trading"] == "on"


def test_no_simulated_part_stands_in_the_path() -> None:
    """A live market of a folder imports nothing of the simulation."""
    look = (
        "import sys, gridpact.commands.up, gridpact.neighbourhood, gridpact.broker, gridpact.door, gridpact.live;"
        "print([name for name in sys.modules if name.split('.')[0] == 'simulation'])"
    )
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
