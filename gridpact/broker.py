"""The message broker of a house and the doors on it, on a thread of their own.

The broker is the embedded one, or a server of somebody else by setting. There whoever runs it says who may connect, and
Gridpact only takes readings: homes are served where Gridpact keeps the accounts.
"""

import asyncio
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from domain.errors import OutsideFailed
from gridpact.clock import wall
from gridpact.wiring import NATS_ADDRESS, House, secret_call
from services.context import MARKET

if TYPE_CHECKING:
    from gateways.broker.server import EmbeddedBroker
    from gateways.broker.streams import Line

BEGUN_S_MAX = 60.0
ENDED_S_MAX = 30.0


@contextmanager
def brokered(house: House) -> Iterator["EmbeddedBroker"]:
    """The embedded broker and its doors, from entering to leaving. Raises RuleBroken, BrokerDown."""
    from gateways.broker.server import start

    settings = house.settings
    broker = start(house.places.broker, settings.mqtt_host, settings.mqtt_port, settings.broker_sync, wall())
    try:
        with _open(_Doors(house, broker.lines, broker)):
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
    with _open(_Doors(house, [line], None)):
        yield f"readings are taken from the streams of {host}"


@contextmanager
def _open(doors: "_Doors") -> Iterator[None]:
    doors.open()
    try:
        yield
    finally:
        doors.close()


class _Doors:
    """The event loop in which meters' messages are taken and the broker is kept."""

    def __init__(self, house: House, lines: "Sequence[Line]", broker: "EmbeddedBroker | None") -> None:
        self._house, self._lines, self._broker = house, lines, broker
        self._loop = asyncio.new_event_loop()
        self._prepared, self._stop = asyncio.Event(), asyncio.Event()
        self._begun = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="mqtt", daemon=True)

    def open(self) -> None:
        """Return when the first meter may connect. Raises what kept the doors from opening."""
        self._thread.start()
        if not self._begun.wait(BEGUN_S_MAX):
            raise OutsideFailed(f"the doors on the broker did not open within {BEGUN_S_MAX:.0f} s")
        if self._failure is not None:
            raise self._failure

    def close(self) -> None:
        """End in good order: what is in hand is committed or stays on the broker."""
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(ENDED_S_MAX)

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._serve())
        except BaseException as failure:
            self._failure = _cause(failure)
            if self._begun.is_set():
                raise
        finally:
            self._begun.set()

    async def _serve(self) -> None:
        from gateways.mqtt.intake import Intake
        from services.devices.group_intake import GroupIntake

        house = self._house
        readings = GroupIntake(house.steps, MARKET, house.time.slot_min)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(Intake(house.steps, readings, self._lines).run(self._prepared, self._stop))
            tasks.create_task(self._tell())
            if self._broker is not None:
                tasks.create_task(self._keep(self._broker))

    async def _keep(self, broker: "EmbeddedBroker") -> None:
        from gateways.mqtt.homes import Entrance, Homes
        from gateways.mqtt.keeping import keep

        house, place = self._house, broker.place
        entrance = Entrance(place.mqtt_host, place.mqtt_port, broker.house_password, broker.papers.authority)
        homes = Homes(house.steps, house.time, entrance)
        await keep(broker, homes, house.database, self._prepared, self._stop)

    async def _tell(self) -> None:
        await self._prepared.wait()
        self._begun.set()


def _cause(failure: BaseException) -> BaseException:
    """What went wrong first, out of the group in which tasks that run side by side fail."""
    while isinstance(failure, BaseExceptionGroup):
        failure = failure.exceptions[0]
    return failure
