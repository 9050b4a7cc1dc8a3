"""Units over a real Modbus TCP server, and what a hostile or broken one may answer."""

import asyncio
import struct
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeVar

import pytest
from units import Served, answering, map_of, points, served

from domain.errors import DeviceDown
from gateways.hub.scale import Scale
from gateways.hub.steering import Orders
from gateways.sunspec.bus import Bus
from gateways.sunspec.household import SunSpecHousehold
from gateways.sunspec.unit import BASES, Unit, find

METER, INVERTER, BATTERY = 1, 2, 3
MINUS_1, MINUS_2 = 65_535, 65_534
LEASE_S = 300
AT = 40_000 + 2 + 68
HOUSE = {
    METER: map_of((203, {"W": -120, "W_SF": 1, "TotWhImp": 50_000, "TotWhExp": 20_000, "TotWh_SF": MINUS_1})),
    INVERTER: map_of(
        (103, {"W": 3_000, "W_SF": 0, "WH": (1 << 32) - 5, "WH_SF": 1}),
        (123, {"WMaxLimPct": 100, "WMaxLimPct_SF": 0, "WMaxLim_Ena": 0}),
        base=0,
    ),
    BATTERY: map_of(
        (701, {"W": -800, "W_SF": 0, "TotWhInj": 7_000, "TotWhAbs": 9_000, "TotWh_SF": 0}),
        (702, {"WChaRteMax": 250, "WDisChaRteMax": 300, "W_SF": 1}),
        (704, {"WMaxLimPct_SF": 0, "WSet_SF": 0}),
        (713, {"WHRtg": 1_000, "SoC": 555, "WH_SF": 1, "Pct_SF": MINUS_1}),
        base=50_000,
    ),
}
Found = TypeVar("Found")


class Ticks:
    """Seconds that the test moves."""

    s = 0.0

    def __call__(self) -> float:
        return self.s


def with_house(
    serving: Served, work: Callable[[SunSpecHousehold, Ticks], Awaitable[Found]], safe_percent: int = 100
) -> Found:
    """Do something with the found home."""

    async def done() -> Found:
        ticks = Ticks()
        buses = [Bus("127.0.0.1", serving.port, unit, 2.0) for unit in HOUSE]
        home = SunSpecHousehold(buses, LEASE_S, safe_percent, ticks)
        assert await home.find()
        try:
            return await work(home, ticks)
        finally:
            home.close()

    return asyncio.run(done())


def test_a_home_is_found_at_all_three_addresses_and_read() -> None:
    """Scales, signs and types: a meter that gives, an inverter, a battery that charges."""

    async def read(home: SunSpecHousehold, _: Ticks) -> None:
        now = datetime(2026, 5, 20, 12)  # noqa: DTZ001 -- a meter's own clock
        assert await home.scale() == Scale(10, 18)
        assert await home.fixed(now) == (5_000, 2_000)
        assert await home.net_w() == -1_200
        behind = await home.behind()
        assert (behind.charged_wh, behind.discharged_wh, behind.stored_wh) == (9_000, 7_000, 5_500)
        battery = await home.battery()
        assert battery is not None
        assert (battery.power_w, battery.capacity_wh, battery.stored_wh) == (800, 10_000, 5_500)
        assert (battery.charge_max_w, battery.discharge_max_w) == (2_500, 3_000)

    with served(HOUSE) as serving:
        with_house(serving, read)


def test_a_register_that_begins_again_is_counted_on() -> None:
    """Five counts to the end and three beyond are eight; one that falls back to nothing belongs to another unit."""
    at, _, _ = points(103)["WH"]

    async def read(home: SunSpecHousehold, _: Ticks) -> None:
        before = (await home.behind()).generated_wh
        serving.put(INVERTER, {2 + 68 + at: 0, 2 + 68 + at + 1: 3})
        turned = (await home.behind()).generated_wh
        assert before is not None
        assert turned == before + 80
        serving.put(INVERTER, {2 + 68 + at: 0, 2 + 68 + at + 1: 1})
        assert (await home.behind()).generated_wh == turned

    with served(HOUSE) as serving:
        with_house(serving, read)


def test_panels_and_battery_are_told_as_another_reader_sees_it() -> None:
    """pysunspec2 reads back the limit, the power, its sign, and the time after which each ends by itself."""

    async def told(home: SunSpecHousehold, ticks: Ticks) -> None:
        await home.tell(Orders(40, 1_500))
        controls = await asyncio.to_thread(serving.read, INVERTER, 123)
        assert (controls.WMaxLimPct.cvalue, controls.WMaxLim_Ena.value) == (40, 1)
        assert controls.WMaxLimPct_RvrtTms.value == LEASE_S
        battery = await asyncio.to_thread(serving.read, BATTERY, 704)
        assert (battery.WSet.cvalue, battery.WSetMod.value, battery.WSetEna.value) == (-1_500, 1, 1)
        assert (battery.WSetRvrtTms.value, battery.WSetEnaRvrt.value) == (LEASE_S, 0)
        await home.tell(Orders(100), anew=True)
        assert (await asyncio.to_thread(serving.read, INVERTER, 123)).WMaxLim_Ena.value == 0
        assert (await asyncio.to_thread(serving.read, BATTERY, 704)).WSetEna.value == 0

    with served(HOUSE) as serving:
        with_house(serving, told)


def test_what_holds_is_told_again_before_its_time_is_over_and_not_sooner() -> None:
    """A unit whose register was changed behind our back hears of it again after a third of the lease."""
    at = 2 + 68 + 52 + points(123)["WMaxLimPct"][0]

    async def told(home: SunSpecHousehold, ticks: Ticks) -> None:
        async def limit() -> int:
            return int((await asyncio.to_thread(serving.read, INVERTER, 123)).WMaxLimPct.value)

        await home.tell(Orders(40))
        serving.put(INVERTER, {at: 99})
        ticks.s = LEASE_S / 3 - 1
        await home.tell(Orders(40))
        assert await limit() == 99
        ticks.s = LEASE_S / 3 + 1
        await home.tell(Orders(40))
        assert await limit() == 40

    with served(HOUSE) as serving:
        with_house(serving, told)


def test_every_unit_is_told_though_another_is_gone() -> None:
    """The first failure is raised at the end; what speaks has been told."""

    async def told(home: SunSpecHousehold, _: Ticks) -> None:
        home._units[f"127.0.0.1:{serving.port}/{INVERTER}"].bus._unit = 77
        with pytest.raises(DeviceDown):
            await home.tell(Orders(40, 1_500))
        assert (await asyncio.to_thread(serving.read, BATTERY, 704)).WSetEna.value == 1

    with served(HOUSE) as serving:
        with_house(serving, told)


def asked(answer: Callable[[bytes], bytes | None]) -> Unit:
    """What looking for a unit finds at a server that answers so."""

    async def looked(port: int) -> Unit:
        bus = Bus("127.0.0.1", port, 1, 0.3)
        try:
            return await find(bus)
        finally:
            bus.close()

    with answering(answer) as port:
        return asyncio.run(looked(port))


def framed(question: bytes, body: bytes) -> bytes:
    """An answer under the question's number and unit."""
    return question[:2] + struct.pack(">HHB", 0, len(body) + 1, question[6]) + body


def words(question: bytes, registers: dict[int, int], more: int = 0) -> bytes:
    start, count = struct.unpack(">HH", question[8:12])
    found = [registers.get(start + place, 0) for place in range(count + more)]
    return framed(question, bytes([3, 2 * len(found)]) + struct.pack(f">{len(found)}H", *found))


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(lambda question: None, id="silent"),
        pytest.param(lambda question: framed(question, b"\x83\x02"), id="refuses"),
        pytest.param(lambda question: words(question, {}, more=-1), id="short"),
        pytest.param(lambda question: words(question, {}, more=9), id="long"),
        pytest.param(lambda question: b"\0\xff" + words(question, {})[2:], id="of another question"),
        pytest.param(lambda question: b"\xff" * 260, id="noise"),
        pytest.param(lambda question: words(question, {}), id="no mark"),
        pytest.param(
            lambda question: words(question, {BASES[0]: 0x5375, BASES[0] + 1: 0x6E53}), id="models without an end"
        ),
        pytest.param(
            lambda question: words(
                question, {BASES[0]: 0x5375, BASES[0] + 1: 0x6E53, BASES[0] + 2: 1, BASES[0] + 3: 65_000}
            ),
            id="a model without an end",
        ),
    ],
)
def test_a_unit_that_answers_wrongly_is_down(answer: Callable[[bytes], bytes | None]) -> None:
    """Silence, refusals, short, long and foreign answers, lists that do not end: an error that may be tried again."""
    with pytest.raises(DeviceDown):
        asked(answer)


def test_a_model_that_moved_is_not_read_as_another() -> None:
    """A unit that was changed has its models elsewhere: the old places are not believed."""

    async def read(home: SunSpecHousehold, _: Ticks) -> None:
        serving.put(METER, {AT: 999})
        assert await home.net_w() is None

    with served(HOUSE) as serving:
        with_house(serving, read)
