"""The message broker of a house and the doors on it, on a thread of their own.

The broker is the embedded one, or a server of somebody else by setting. There whoever runs it says who may connect, and
Gridpact only takes readings: homes are served where Gridpact keeps the accounts.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from gridpact.clock import wall
from gridpact.loop_thread import looped
from gridpact.wiring import NATS_ADDRESS, House, secret_call
from services.context import MARKET

if TYPE_CHECKING:
    from gateways.broker.server import EmbeddedBroker
    from gateways.broker.streams import Line

BEGUN_S_MAX = 60.0


@contextmanager
def brokered(house: House) -> Iterator["EmbeddedBroker"]:
    """The embedded broker and its doors, from entering to leaving. Raises RuleBroken, BrokerDown."""
    from gateways.broker.server import start

    settings = house.settings
    broker = start(house.places.broker, settings.mqtt_host, settings.mqtt_port, settings.broker_sync, wall())
    try:
        with _open(house, broker.lines, broker):
            yield broker
    finally:
        broker.stop()


@contextmanager
def taking_readings(house: House) -> Iterator[str]:
    """The doors on whatever broker the settings name, from entering to leaving, and in words where it is.

    Raises RuleBroken, BrokerDown when it does not start or answer.
    """
    from gateways.broker.streams import Line

    settings = house.settings
    with_url = secret_call(house, NATS_ADDRESS, settings.nats_url)
    if with_url is None:
        with brokered(house):
            yield f"the broker takes MQTT over TLS on {settings.mqtt_host}:{settings.mqtt_port}"
        return
    line, host = with_url(lambda url: (Line(url, settings.nats_authority), url.rpartition("@")[2]))
    with _open(house, [line], None):
        yield f"readings are taken from the streams of {host}"


@contextmanager
def _open(house: House, lines: "Sequence[Line]", broker: "EmbeddedBroker | None") -> Iterator[None]:
    """The doors on a broker: meters' messages are taken, and an embedded one is kept."""

    async def serve(prepared: Callable[[], None], stop: asyncio.Event) -> None:
        from gateways.mqtt.intake import Intake
        from services.devices.group_intake import GroupIntake

        readings, ready = GroupIntake(house.steps, MARKET, house.time.slot_min), asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(Intake(house.steps, readings, lines).run(ready, stop))
            tasks.create_task(_tell(ready, prepared))
            if broker is not None:
                tasks.create_task(_keep(house, broker, ready, stop))

    with looped("mqtt", "the doors on the broker", BEGUN_S_MAX, serve):
        yield


async def _keep(house: House, broker: "EmbeddedBroker", ready: asyncio.Event, stop: asyncio.Event) -> None:
    from gateways.mqtt.homes import Entrance, Homes
    from gateways.mqtt.keeping import keep

    place = broker.place
    entrance = Entrance(place.mqtt_host, place.mqtt_port, broker.house_password, broker.papers.authority)
    await keep(broker, Homes(house.steps, house.time, entrance), house.database, ready, stop)


async def _tell(ready: asyncio.Event, prepared: Callable[[], None]) -> None:
    await ready.wait()
    prepared()
