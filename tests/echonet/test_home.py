"""A home of devices that know less than others: no day's memory, no export, no meter, two batteries."""

import asyncio
from collections.abc import Iterable
from datetime import datetime, timedelta

import pytest

from domain.errors import DeviceDown
from gateways.echonet.controller import Controller, Network
from gateways.echonet.frame import Eoj
from gateways.echonet.home import Home
from gateways.echonet.node import Device
from gateways.echonet.property_map import PropertyMap

AT = datetime(2026, 5, 20, 13, 0)  # noqa: DTZ001 - a meter's own clock
STAMP = bytes.fromhex("07ea05140d00")
MIDNIGHT = AT.replace(hour=0)


class Kept(Controller):
    """Devices whose properties are in a table; one without a table is silent."""

    def __init__(self, tables: dict[Device, dict[int, bytes]]) -> None:
        super().__init__(Network())
        self.tables = tables
        self.was_set: list[tuple[int, bytes]] = []

    async def get(self, device: Device, epcs: Iterable[int]) -> dict[int, bytes]:
        if device not in self.tables:
            raise DeviceDown("silent")
        return {epc: self.tables[device][epc] for epc in epcs if epc in self.tables[device]}

    async def set(self, device: Device, epc: int, edt: bytes) -> None:
        self.was_set.append((epc, edt))


def device(kind: int, instance: int = 1, gets: Iterable[int] = (), sets: Iterable[int] = ()) -> Device:
    return Device("10.0.0.2", Eoj(kind, instance), PropertyMap(frozenset(gets)), PropertyMap(frozenset(sets)))


def test_a_meter_without_days_tells_its_last_twelve_half_hours() -> None:
    """They are asked for up to the last one wanted; what lies before the first is left out."""
    meter = device(0x0288, gets=[0xEC, 0xEB], sets=[0xED])
    counts = b"".join((90 - place).to_bytes(4) + (9).to_bytes(4) for place in range(12))
    kept = Kept({meter: {0xEC: STAMP + b"\x0c" + counts}})
    past = asyncio.run(Home(kept, [meter]).past(AT - timedelta(minutes=30), AT, MIDNIGHT))
    assert past == {AT: (90, 9), AT - timedelta(minutes=30): (89, 9)}
    assert kept.was_set == [(0xED, STAMP + b"\x0c")]


def test_a_meter_without_memory_tells_nothing() -> None:
    """The straight line is for the caller."""
    meter = device(0x0288)
    assert asyncio.run(Home(Kept({meter: {}}), [meter]).past(AT, AT, MIDNIGHT)) == {}


def test_a_meter_without_an_export_register_has_exported_nothing() -> None:
    """One that has it and says nothing is waited for."""
    fixed = {0xEA: STAMP + b"\0" + (7).to_bytes(4)}
    without, with_one = device(0x0288, gets=[0xEA]), device(0x0288, gets=[0xEA, 0xEB])
    assert asyncio.run(Home(Kept({without: fixed}), [without]).fixed(AT)) == (7, 0)
    assert asyncio.run(Home(Kept({with_one: fixed}), [with_one]).fixed(AT)) is None
    assert asyncio.run(Home(Kept({without: fixed}), [without]).fixed(AT + timedelta(minutes=30))) is None


def test_two_batteries_count_together_and_a_silent_one_makes_the_sum_unknown() -> None:
    """Half of a home's charge is not its charge."""
    one, two = device(0x027D), device(0x027D, 2)
    table = {0xE2: (1_000).to_bytes(4), 0xA8: (10).to_bytes(4), 0xA9: (5).to_bytes(4)}
    both = asyncio.run(Home(Kept({one: table, two: table}), [one, two]).behind())
    assert (both.generated_wh, both.charged_wh, both.discharged_wh, both.stored_wh) == (0, 20, 10, 2_000)
    assert asyncio.run(Home(Kept({one: table}), [one, two]).behind()).stored_wh is None


def test_a_home_without_a_meter_says_so_and_its_panels_are_known() -> None:
    """They must be told all the same."""
    panels = device(0x0279)
    home = Home(Kept({panels: {}}), [panels])
    assert home.panels == [panels]
    assert asyncio.run(home.net_w()) is None
    with pytest.raises(DeviceDown, match="no smart meter"):
        asyncio.run(home.scale())
