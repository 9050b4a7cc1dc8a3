"""What every adapter of a home's devices owes its hub: one suite for ECHONET Lite and SunSpec, each on real peers."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from home_market import METER, SITE, Clock, HomeMarket
from household import household
from test_sunspec_units import BATTERY, HOUSE, INVERTER
from units import points, served

from domain.errors import DeviceDown
from gateways.echonet.battery import Mode
from gateways.echonet.controller import Controller
from gateways.echonet.devices import EchonetHousehold
from gateways.hub.household import Household
from gateways.hub.hub import SLOT_MIN, Clocks, Hub
from gateways.hub.hub_settings import MarketSettings
from gateways.hub.spool import Spool
from gateways.hub.steering import Orders
from gateways.sunspec.bus import Bus
from gateways.sunspec.household import SunSpecHousehold
from memory.database import Database

NOON = datetime(2026, 5, 20, 12)  # noqa: DTZ001 -- a meter's own clock
Work = Callable[[Household], Coroutine[Any, Any, None]]


@dataclass
class Adapter:
    """One adapter on its peer. limit: what the panels were told last, percent, as the peer has it. vanish: the peer
    answers no more."""

    run: Callable[[Work], None]
    limit: Callable[[], int | None]
    charges: Callable[[], bool]
    vanish: Callable[[], None]


@contextmanager
def over_echonet() -> Iterator[Adapter]:
    with household() as peer:

        def run(work: Work) -> None:
            async def done() -> None:
                controller = Controller(peer.network)
                await controller.open()
                try:
                    await work(EchonetHousehold(controller, ["127.0.0.1"], Mode.AUTOMATIC))
                finally:
                    controller.close()

            asyncio.run(done())

        def last(eoj: str, epc: str) -> int | None:
            found = [value for each, code, value in peer.sets() if (each, code) == (eoj, epc)]
            return int(found[-1], 16) if found else None

        yield Adapter(
            run, lambda: last("027901", "a0"), lambda: last("027d01", "da") == Mode.CHARGE, lambda: peer.tell("mute")
        )


@contextmanager
def over_sunspec() -> Iterator[Adapter]:
    with served(HOUSE) as peer:

        def run(work: Work) -> None:
            async def done() -> None:
                buses = [Bus("127.0.0.1", peer.port, unit, 1.0) for unit in HOUSE]
                home = SunSpecHousehold(buses, 300, 100, asyncio.get_running_loop().time)
                try:
                    await work(home)
                finally:
                    home.close()

            asyncio.run(done())

        def limit() -> int | None:
            controls = peer.read(INVERTER, 123)
            return int(controls.WMaxLimPct.value) if controls.WMaxLim_Ena.value else 100

        def charges() -> bool:
            battery = peer.read(BATTERY, 704)
            return bool(battery.WSetEna.value and battery.WSet.value < 0)

        yield Adapter(run, limit, charges, peer.process.kill)


@pytest.fixture(params=[over_echonet, over_sunspec], ids=["echonet", "sunspec"])
def adapter(request: pytest.FixtureRequest) -> Iterator[Adapter]:
    with request.param() as made:
        yield made


def test_nothing_is_known_before_looking_and_all_of_it_afterwards(adapter: Adapter) -> None:
    """A home that was not looked for has no meter, no battery, and nothing behind; then each says what it can."""

    async def looked(home: Household) -> None:
        with pytest.raises(DeviceDown):
            await home.fixed(NOON)
        assert await home.battery() is None
        assert await home.net_w() is None
        assert (await home.behind()).generated_wh == 0
        assert await home.find()
        assert await home.takes_power()
        assert isinstance(await home.net_w(), int)
        assert (await home.scale()).energy_wh(0, 10) > 0
        behind = await home.behind()
        assert None not in (behind.generated_wh, behind.charged_wh, behind.discharged_wh, behind.stored_wh)
        battery = await home.battery()
        assert battery is not None
        assert (battery.capacity_wh, bool(battery.charge_max_w)) == (10_000, True)

    adapter.run(looked)


def test_orders_arrive_and_safety_is_told_anew(adapter: Adapter) -> None:
    """Limit and power reach the devices; the safe state is told even to who was told it before."""

    async def told(home: Household) -> None:
        assert await home.find()
        await home.tell(Orders(40, 1_000, 500))
        await home.tell(Orders(40, 1_000, 500))

    adapter.run(told)
    assert adapter.limit() == 40

    async def safe(home: Household) -> None:
        assert await home.find()
        await home.tell(Orders(40, 1_000, 500))
        await home.tell(Orders(100), anew=True)

    adapter.run(safe)
    assert adapter.limit() == 100
    assert not adapter.charges()


def test_a_home_that_falls_silent_is_down_and_stays_known(adapter: Adapter) -> None:
    """The meter's silence and an order that nobody takes are failures that may pass; the rest is unknown."""

    async def silenced(home: Household) -> None:
        assert await home.find()
        await asyncio.to_thread(adapter.vanish)
        with pytest.raises(DeviceDown):
            await home.fixed(NOON)
        assert (await home.behind()).generated_wh is None
        assert await home.net_w() is None
        assert not await home.find()
        with pytest.raises(DeviceDown):
            await home.tell(Orders(30), anew=True)

    adapter.run(silenced)


def test_a_sunspec_home_sends_its_half_hour_and_obeys_a_set_point(database: Database, tmp_path: Path) -> None:
    """The same hub as over ECHONET Lite: two marks are one signed reading, in the market's own books."""
    market = HomeMarket(database, tmp_path, Clock(), Ed25519PrivateKey.generate())
    meter_at, inverter_at = 40_000 + 2 + 68, 2 + 68
    settings = MarketSettings.model_validate({"market_url": "http://127.0.0.1:1", "device": METER})
    slot = market.clock.now().timestamp() // (SLOT_MIN * 60)
    market.ask_for(int(slot) + 1, {SITE: (500, 0)})

    with served(HOUSE) as peer, closing(Spool(tmp_path / "spool.sqlite", METER, market.clock.now())) as spool:

        async def kept() -> None:
            buses = [Bus("127.0.0.1", peer.port, unit, 2.0) for unit in HOUSE]
            home = SunSpecHousehold(buses, 300, 100, market.clock.seconds)
            hub = Hub(settings, home, spool, market.link(), Clocks(market.clock.now, market.clock.seconds))
            assert await hub.read_meter() == 0
            imported, generated = points(203)["TotWhImp"][0], points(103)["WH"][0]
            peer.put(1, {meter_at + imported: 0, meter_at + imported + 1: 50_000 + 3_000})
            peer.put(2, {inverter_at + generated: 0xFFFF, inverter_at + generated + 1: 0xFFFF})
            market.clock.moment = datetime.fromtimestamp((slot + 1) * SLOT_MIN * 60 + 20, ZoneInfo("UTC"))
            assert await hub.read_meter() == 1
            assert await hub.send() == 1
            await hub.ask_market()
            holds = await hub.steer()
            assert holds.battery_w is not None
            assert holds.battery_w > 0
            home.close()

        asyncio.run(kept())
        assert peer.read(BATTERY, 704).WSet.value < 0
    found = market.kept(int(slot), int(slot))
    assert (found["import_wh"], found["export_wh"], found["generation_wh"]) == ([300], [0], [40])
