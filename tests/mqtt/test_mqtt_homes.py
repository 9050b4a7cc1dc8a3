"""A home sees its own site by MQTT and may pause it; anything more needs its owner's word."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiomqtt import MqttError
from brokers import Street, settled, street, until
from home_assistant import HASS, home_assistant

from domain.party import Mandate
from domain.site import Device, DeviceKind
from memory import registry
from memory.devices.mqtt_credentials import Guest
from services.devices.mqtt_access import Allowance

MANDATE = Mandate("S1", 1, 8_000, 20_000, 500, 10_000)
BOUNDS = Allowance(True, 200, 3_000)
SOON_S = 15


@pytest.fixture
def opened(database_url: str, tmp_path: Path) -> Iterator[Street]:
    """A street whose first site has a battery and both sites a mandate."""
    with street(settled(database_url), tmp_path / "house") as found:
        with found.house.database.begin() as tx:
            registry.save_device(tx, Device("S1-battery", "S1", DeviceKind.BATTERY, 3_000, 5_000, 950))
            registry.save_mandate(tx, MANDATE, Mandate("S2", 1, 8_000, 20_000, 0, 10_000))
        yield found


def mandate(opened: Street, site: str = "S1") -> Mandate:
    with opened.house.database.read() as tx:
        return registry.mandates(tx)[site]


async def retained(client: Any, topic: str) -> Any:
    """The next message under a topic, as JSON when it is JSON."""
    async with asyncio.timeout(SOON_S):
        async for message in client.messages:
            if message.topic.matches(topic):
                return json.loads(message.payload)
    raise AssertionError("the connection ended")


def order(opened: Street, user: str, what: str, said: str) -> None:
    """As the home; then wait until its state has been published again."""

    async def ordered() -> None:
        site = user.removeprefix("home.")
        async with opened.client(user) as home:
            await home.subscribe(f"gridpact/v1/{site}/state", qos=1)
            await retained(home, "gridpact/v1/+/state")
            await home.publish(f"gridpact/v1/{site}/set/{what}", said, qos=1)
            await retained(home, "gridpact/v1/+/state")

    asyncio.run(ordered())


def test_a_home_finds_its_device_and_nothing_of_its_neighbours(opened: Street) -> None:
    """One retained announcement and one state; a wildcard over everything shows one site only."""
    users = [opened.admit(Guest.HOME, "S1", BOUNDS), opened.admit(Guest.HOME, "S2")]

    async def seen(user: str) -> dict[str, bytes]:
        found: dict[str, bytes] = {}
        async with opened.client(user) as home:
            await home.subscribe("#", qos=1)
            async with asyncio.timeout(SOON_S):
                async for message in home.messages:
                    found[str(message.topic)] = bytes(message.payload)
                    if len(found) == 3:
                        break
        return found

    def both() -> list[dict[str, bytes]]:
        return [asyncio.run(seen(user)) for user in users]

    until(lambda: _connects(opened, users[1]), bool)
    for site, found in zip(("S1", "S2"), both(), strict=True):
        assert sorted(found) == [
            f"gridpact/v1/{site}/available",
            f"gridpact/v1/{site}/state",
            f"homeassistant/device/gridpact_{site}/config",
        ]
        device = json.loads(found[f"homeassistant/device/gridpact_{site}/config"])
        assert device["dev"]["ids"] == [f"gridpact_{site}"]
        assert ("reserve" in device["cmps"]) == (site == "S1")
        assert found[f"gridpact/v1/{site}/available"] == b"online"


@pytest.mark.parametrize(("allowance", "resumed"), [(Allowance(), False), (BOUNDS, True)])
def test_a_home_may_always_pause_and_resumes_only_as_its_owner_allows(
    opened: Street, allowance: Allowance, resumed: bool
) -> None:
    """Each order that counts is a version of the mandate; the one that is refused is none."""
    user = opened.admit(Guest.HOME, "S1", allowance)
    until(lambda: _connects(opened, user), bool)
    order(opened, user, "trading", "OFF")
    assert (mandate(opened).active, mandate(opened).version) == (False, 2)
    order(opened, user, "trading", "ON")
    assert (mandate(opened).active, mandate(opened).version) == (resumed, 3 if resumed else 2)


def test_a_home_takes_back_no_pause_but_its_own(opened: Street) -> None:
    """The owner paused elsewhere: no device undoes that, even when it pauses once more."""
    user = opened.admit(Guest.HOME, "S1", BOUNDS)
    with opened.house.database.begin() as tx:
        registry.save_mandate(tx, Mandate("S1", 2, 8_000, 20_000, 500, 10_000, active=False))
    until(lambda: _connects(opened, user), bool)
    order(opened, user, "trading", "OFF")
    order(opened, user, "trading", "ON")
    assert (mandate(opened).active, mandate(opened).version) == (False, 2)


def test_a_reserve_moves_inside_the_owners_bounds_only(opened: Street) -> None:
    """What is too much, too little or no whole number changes nothing."""
    user = opened.admit(Guest.HOME, "S1", BOUNDS)
    until(lambda: _connects(opened, user), bool)
    for said in ("100", "3100", "-5", "nan", "1e3", "9" * 100):
        order(opened, user, "reserve", said)
    assert mandate(opened) == MANDATE
    order(opened, user, "reserve", "1200")
    assert mandate(opened).reserve_wh == 1_200


@pytest.mark.skipif(not HASS.exists(), reason="no Home Assistant here: make home-assistant (needs Python 3.13)")
def test_an_unmodified_home_assistant_shows_the_site_and_pauses_it(opened: Street, tmp_path: Path) -> None:
    """Sensors and controls appear by discovery; a switch that is turned off there is a pause here."""
    user = opened.admit(Guest.HOME, "S1", BOUNDS)
    until(lambda: _connects(opened, user), bool)
    with home_assistant(tmp_path / "hass") as hub:
        hub.join(opened, user)
        states = until(
            hub.states, lambda found: len(found) == 7 and found.get("switch.gridpact_s1_trading") == "on", 60
        )
        assert states["number.gridpact_s1_battery_reserve"] == "500"
        assert states["sensor.gridpact_s1_earned_today"] == "0.00"
        assert states["sensor.gridpact_s1_price_now"] == "unknown"
        hub.ask("/api/services/switch/turn_off", {"entity_id": "switch.gridpact_s1_trading"})
        until(lambda: mandate(opened), lambda found: not found.active)
        until(hub.states, lambda found: found["switch.gridpact_s1_trading"] == "off")
        value = {"entity_id": "number.gridpact_s1_battery_reserve", "value": 1200}
        hub.ask("/api/services/number/set_value", value)
        until(lambda: mandate(opened), lambda found: found.reserve_wh == 1_200)


def _connects(opened: Street, user: str) -> bool:
    """Whether the broker knows the credential and the home's state is there."""

    async def looked() -> bool:
        try:
            async with opened.client(user) as home, asyncio.timeout(2):
                await home.subscribe(f"gridpact/v1/{user.removeprefix('home.')}/state", qos=1)
                await anext(aiter(home.messages))
                return True
        except (OSError, TimeoutError, MqttError):
            return False

    return asyncio.run(looked())
