"""The hub between real devices and the real door of the market: readings up, set-points down, safe in silence."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from home_market import METER, Clock, HomeMarket
from household import HOST, HUB, Household, household

from domain.errors import DeviceDown, OutsideFailed
from domain.grid_signal import SignalKind
from domain.slot import Slot
from gateways.echonet.battery import Mode
from gateways.echonet.controller import Controller
from gateways.echonet.devices import EchonetHousehold
from gateways.echonet.settings import EchonetSettings
from gateways.hub.hub import Clocks, Hub
from gateways.hub.spool import Spool
from memory.database import Database

BATTERY, SOLAR, SMART_METER, CHARGER = "027d01", "027901", "028801", "027e01"
JAPAN = timedelta(hours=9)
Work = Callable[[Hub], Awaitable[object]]


@pytest.fixture
def home() -> Iterator[Household]:
    """No vehicle is there unless a test plugs one in."""
    with household() as running:
        running.put(CHARGER, "c7", b"\x30")
        yield running


@pytest.fixture
def market(database: Database, tmp_path: Path) -> HomeMarket:
    return HomeMarket(database, tmp_path, Clock(), Ed25519PrivateKey.generate())


@asynccontextmanager
async def opened(home: Household, market: HomeMarket) -> AsyncIterator[Hub]:
    """A hub as it starts: whatever it knew before is in its spool."""
    ports = {"bind": HUB, "port": home.port, "device_port": home.port, "hosts": [HOST]}
    settings = EchonetSettings.model_validate(
        {"market_url": "http://127.0.0.1", "device": METER, "pv_safe_percent": 40, **ports}
    )
    controller = Controller(home.network)
    await controller.open()
    spool = Spool(market.folder / "spool.sqlite", METER, market.clock.moment)
    try:
        devices = EchonetHousehold(controller, settings.hosts, settings.self_consumption_mode)
        yield Hub(settings, devices, spool, market.link(), Clocks(market.clock.now, market.clock.seconds))
    finally:
        spool.close()
        controller.close()


def with_hub(home: Household, market: HomeMarket, work: Work) -> None:
    """Run work with a hub that starts and ends."""

    async def run() -> None:
        async with opened(home, market) as hub:
            await work(hub)

    asyncio.run(run())


def half_hour(home: Household, clock: Clock, imported: int, exported: int) -> int:
    """The meter writes its registers down for the half hour that began last; returns that slot."""
    slot = Slot.at(clock.moment)
    local = (slot.start + JAPAN).replace(tzinfo=None)
    for epc, count in (("ea", imported), ("eb", exported)):
        home.put(SMART_METER, epc, stamp(local) + count.to_bytes(4))
    return slot.index


def stamp(local: datetime) -> bytes:
    return local.year.to_bytes(2) + bytes([local.month, local.day, local.hour, local.minute, local.second])


def counters(home: Household, generated_wh: int, charged_wh: int, discharged_wh: int, stored_wh: int) -> None:
    """What panels and battery have counted."""
    home.put(SOLAR, "e1", generated_wh.to_bytes(4))
    for epc, amount in (("a8", charged_wh), ("a9", discharged_wh), ("e2", stored_wh)):
        home.put(BATTERY, epc, amount.to_bytes(4))


def test_a_half_hour_of_real_devices_is_a_signed_reading_in_the_market(home: Household, market: HomeMarket) -> None:
    """Registers of 10 Wh a count, past their six digits; the devices' counters beside; once, however often sent."""

    async def work(hub: Hub) -> None:
        half_hour(home, market.clock, 999_990, 200)
        counters(home, 10_000, 500, 700, 4_000)
        assert await hub.read_meter() == 0
        market.clock.moment += timedelta(minutes=30)
        assert await hub.read_meter() == 0  # the meter has not written the half hour down yet
        half_hour(home, market.clock, 20, 250)
        counters(home, 10_900, 700, 700, 4_190)
        assert await hub.read_meter() == 1
        assert await hub.read_meter() == 0
        assert await hub.send() == 1
        assert await hub.send() == 0

    slot = Slot.at(market.clock.moment).index
    with_hub(home, market, work)
    assert market.kept(slot, slot) == {
        "import_wh": [300],
        "export_wh": [500],
        "generation_wh": [900],
        "charge_wh": [200],
        "discharge_wh": [0],
        "stored_wh": [4_190],
        "load_wh": [500],
        "vehicle_charge_wh": [0],
        "vehicle_discharge_wh": [0],
        "vehicle_stored_wh": [0],
    }


def test_nothing_is_lost_while_the_market_is_away_or_the_hub_is_off(home: Household, market: HomeMarket) -> None:
    """Three half hours: one while the market is away, one while the hub is off, read from the meter's own memory."""
    first = half_hour(home, market.clock, 1_000, 0)
    with_hub(home, market, Hub.read_meter)
    market.away = True
    market.clock.moment += timedelta(minutes=30)
    half_hour(home, market.clock, 1_040, 0)

    async def cannot_send(hub: Hub) -> None:
        assert await hub.read_meter() == 1
        with pytest.raises(OutsideFailed):
            await hub.send()

    with_hub(home, market, cannot_send)
    market.clock.moment += timedelta(minutes=60)
    half_hour(home, market.clock, 1_100, 0)
    day = [0xFFFFFFFE] * 48
    day[26] = 1_090  # 13:00, when the hub was off
    home.put(SMART_METER, "e2", b"\0\0" + b"".join(count.to_bytes(4) for count in day))
    home.put(SMART_METER, "e4", b"\0\0" + bytes(4 * 48))
    market.away = False

    async def catches_up(hub: Hub) -> None:
        assert await hub.read_meter() == 2
        assert await hub.send() == 3

    with_hub(home, market, catches_up)
    assert market.kept(first, first + 2)["import_wh"] == [400, 500, 100]


def test_a_reading_whose_answer_was_lost_is_sent_again_and_counts_once(home: Household, market: HomeMarket) -> None:
    """The market kept it and fell silent before saying so."""
    half_hour(home, market.clock, 1_000, 0)

    async def work(hub: Hub) -> None:
        await hub.read_meter()
        market.clock.moment += timedelta(minutes=30)
        half_hour(home, market.clock, 1_010, 0)
        await hub.read_meter()
        (waiting,) = hub._spool.waiting(9)
        market.link().send([waiting], market.clock.moment)
        market.clock.moment += timedelta(seconds=10)
        assert await hub.send() == 1

    with_hub(home, market, work)


def test_a_reading_that_the_market_refuses_is_kept_with_the_reason(home: Household, market: HomeMarket) -> None:
    """A key that is not registered yet: newer readings go first, and it is tried again later."""
    half_hour(home, market.clock, 1_000, 0)
    registered, market.key = market.key, Ed25519PrivateKey.generate()

    async def work(hub: Hub) -> None:
        await hub.read_meter()
        market.clock.moment += timedelta(minutes=30)
        half_hour(home, market.clock, 1_010, 0)
        await hub.read_meter()
        assert await hub.send() == 0
        waiting, refusals = hub._spool.standing()
        assert waiting == 1
        assert "wrong_key" in refusals[0]

    with_hub(home, market, work)
    market.key = registered

    async def later(hub: Hub) -> None:
        assert await hub.send() == 0
        market.clock.moment += timedelta(minutes=11)
        assert await hub.send() == 1

    with_hub(home, market, later)


def test_a_set_point_reaches_the_battery_on_top_of_what_its_home_needs(home: Household, market: HomeMarket) -> None:
    """The home takes 400 W, the market 500 Wh in the half hour: discharge with 1.4 kW, told once; then left alone."""
    slot = Slot.at(market.clock.moment).index
    market.ask_for(slot, {"S1": (0, 500), "S2": (900, 0)})

    async def work(hub: Hub) -> None:
        await hub.ask_market()
        await hub.steer()
        assert home.sets() == [
            (SOLAR, "a0", "64"),
            (BATTERY, "ec", (1_400).to_bytes(4).hex()),
            (BATTERY, "da", "43"),
        ]
        await hub.steer()
        assert home.sets() == []
        market.clock.moment += timedelta(minutes=30)
        await hub.ask_market()
        await hub.steer()
        assert home.sets() == [(BATTERY, "da", "46")]

    with_hub(home, market, work)


def test_a_silent_market_leaves_the_home_safe_and_its_return_ends_that(home: Household, market: HomeMarket) -> None:
    """Up to five minutes the set-point holds; then the safe output and self-consumption, and back again."""
    market.ask_for(Slot.at(market.clock.moment).index, {"S1": (0, 500)})

    async def work(hub: Hub) -> None:
        await hub.ask_market()
        await hub.steer()
        home.sets()
        market.away = True
        market.clock.moment += timedelta(seconds=299)
        with pytest.raises(OutsideFailed):
            await hub.ask_market()
        await hub.steer()
        assert home.sets() == []
        market.clock.moment += timedelta(seconds=1)
        await hub.steer()
        assert home.sets() == [(SOLAR, "a0", "28"), (BATTERY, "da", "46")]
        market.away = False
        await hub.ask_market()
        await hub.steer()
        assert (BATTERY, "da", "43") in home.sets()

    with_hub(home, market, work)


def test_a_hub_that_never_heard_the_market_is_safe(home: Household, market: HomeMarket) -> None:
    """So is one that has just started, whatever its devices were told before."""
    home.put(BATTERY, "da", b"\x43")
    with_hub(home, market, Hub.steer)
    assert home.sets() == [(SOLAR, "a0", "28"), (BATTERY, "da", "46")]


def test_a_stopped_hub_leaves_the_home_safe(home: Household, market: HomeMarket) -> None:
    """The loop does its duties, and its end is the safe state."""
    market.ask_for(Slot.at(market.clock.moment).index, {"S1": (0, 500)})
    half_hour(home, market.clock, 1_000, 0)
    lines: list[str] = []

    async def work(hub: Hub) -> None:
        await hub.run(lines.append, ticks=1)

    with_hub(home, market, work)
    said = home.sets()
    assert (BATTERY, "da", "43") in said
    assert said[-2:] == [(SOLAR, "a0", "28"), (BATTERY, "da", f"{Mode.AUTOMATIC:02x}")]
    assert lines == []


def test_a_device_that_speaks_up_is_told_again(home: Household, market: HomeMarket) -> None:
    """It may have begun anew and forgotten."""

    async def work(hub: Hub) -> None:
        await hub.ask_market()
        await hub.steer()
        home.sets()
        await asyncio.to_thread(home.tell, f"say {BATTERY} da")
        await asyncio.sleep(0.3)
        await hub.steer()
        assert home.sets() == [(SOLAR, "a0", "64"), (BATTERY, "da", "46")]

    with_hub(home, market, work)


def test_silent_devices_are_named_and_what_speaks_is_still_told(home: Household, market: HomeMarket) -> None:
    """Nothing of a silent home is made up, and the hub goes on."""
    half_hour(home, market.clock, 1_000, 0)
    lines: list[str] = []

    async def work(hub: Hub) -> None:
        await hub.read_meter()
        home.tell("mute")
        market.clock.moment += timedelta(minutes=30)
        with pytest.raises(DeviceDown, match="does not answer"):
            await hub.read_meter()
        home.tell("speak")
        half_hour(home, market.clock, 1_010, 0)
        assert await hub.read_meter() == 1

    with_hub(home, market, work)
    assert lines == []


def test_a_grid_limit_reaches_the_panels_at_the_next_poll_and_leaves_with_its_expiry(
    home: Household, market: HomeMarket
) -> None:
    """1,500 W of 4,000 W are 37 percent, rounded down; nobody traded anything."""

    async def limited(hub: Hub) -> None:
        await hub.ask_market()
        assert (await hub.steer()).pv_percent == 100
        market.limit(SignalKind.EXPORT_LIMIT, 1_500, timedelta(minutes=10))
        home.sets()
        await hub.ask_market()
        await hub.steer()
        assert (SOLAR, "a0", "25") in home.sets()
        market.clock.moment += timedelta(minutes=10)
        await hub.ask_market()
        await hub.steer()
        assert (SOLAR, "a0", "64") in home.sets()

    with_hub(home, market, limited)


def test_a_vehicle_charges_as_the_market_asks_and_as_it_will_where_nothing_is_asked(
    home: Household, market: HomeMarket
) -> None:
    """1,200 Wh in the half hour are 2.4 kW; nothing is standby; 500 Wh for the home are 1 kW the other way; in a slot
    of which nobody speaks it takes all its power."""
    slot = Slot.at(market.clock.moment).index
    market.drive(slot, (1_200, 0))
    market.drive(slot + 1, (0, 0))
    market.drive(slot + 2, (0, 500))
    home.put(CHARGER, "c7", b"\x43")
    heard: list[list[tuple[str, str, str]]] = []

    async def work(hub: Hub) -> None:
        for _ in range(4):
            await hub.ask_market()
            await hub.steer()
            heard.append([each for each in home.sets() if each[0] == CHARGER])
            await hub.steer()
            assert home.sets() == []
            market.clock.moment += timedelta(minutes=30)

    with_hub(home, market, work)
    assert heard == [
        [(CHARGER, "dc", "03"), (CHARGER, "eb", (2_400).to_bytes(4).hex()), (CHARGER, "da", "42")],
        [(CHARGER, "da", "44")],
        [(CHARGER, "dd", "03"), (CHARGER, "ec", (1_000).to_bytes(4).hex()), (CHARGER, "da", "43")],
        [(CHARGER, "dc", "01"), (CHARGER, "da", "42")],
    ]


def test_a_limit_reaches_the_charger_while_the_slot_runs_and_leaves_with_its_expiry(
    home: Household, market: HomeMarket
) -> None:
    """Of 6 kW the limit leaves 2 kW, whatever was asked; then what was asked holds again."""
    market.drive(Slot.at(market.clock.moment).index, (2_000, 0))
    home.put(CHARGER, "c7", b"\x43")

    async def work(hub: Hub) -> None:
        await hub.ask_market()
        await hub.steer()
        assert (CHARGER, "eb", (4_000).to_bytes(4).hex()) in home.sets()
        market.limit(SignalKind.IMPORT_LIMIT, 2_000, timedelta(minutes=10))
        await hub.ask_market()
        await hub.steer()
        assert home.sets() == [(CHARGER, "eb", (2_000).to_bytes(4).hex())]
        market.clock.moment += timedelta(minutes=10)
        await hub.ask_market()
        await hub.steer()
        assert home.sets() == [(CHARGER, "eb", (4_000).to_bytes(4).hex())]

    with_hub(home, market, work)


def test_a_vehicle_is_left_to_itself_when_the_market_falls_silent_or_the_hub_stops(
    home: Household, market: HomeMarket
) -> None:
    """After five minutes; told even to a charger without a vehicle when the hub stops, since nobody tells it later."""
    market.drive(Slot.at(market.clock.moment).index, (0, 0))
    home.put(CHARGER, "c7", b"\x43")

    async def work(hub: Hub) -> None:
        await hub.ask_market()
        await hub.steer()
        assert (CHARGER, "da", "44") in home.sets()
        market.clock.moment += timedelta(seconds=300)
        await hub.steer()
        assert [each for each in home.sets() if each[0] == CHARGER] == [(CHARGER, "dc", "01"), (CHARGER, "da", "42")]
        await hub.ask_market()
        await hub.steer()
        home.put(CHARGER, "c7", b"\x30")
        home.sets()
        await hub.steer()
        assert home.sets() == []
        await hub.make_safe()
        assert [each for each in home.sets() if each[0] == CHARGER] == [(CHARGER, "dc", "01"), (CHARGER, "da", "42")]

    with_hub(home, market, work)


def test_a_vehicle_that_comes_is_told_what_holds(home: Household, market: HomeMarket) -> None:
    """Nothing is told while none is there; the next one hears it, though the charger heard it before."""
    market.drive(Slot.at(market.clock.moment).index, (600, 0))

    async def work(hub: Hub) -> None:
        for plug, told in ((b"\x30", False), (b"\x41", True), (b"\x30", False), (b"\x41", True)):
            home.put(CHARGER, "c7", plug)
            await hub.ask_market()
            await hub.steer()
            assert ((CHARGER, "da", "42") in home.sets()) is told

    with_hub(home, market, work)
