"""The message broker of a house and the doors on it, on a thread of their own."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from domain.errors import OutsideFailed
from gridpact.clock import wall
from gridpact.wiring import House
from services.context import MARKET

if TYPE_CHECKING:
    from gateways.broker.server import EmbeddedBroker

BEGUN_S_MAX = 60.0
ENDED_S_MAX = 30.0


@contextmanager
def brokered(house: House) -> Iterator["EmbeddedBroker"]:
    """Broker and doors from entering to leaving. Raises RuleBroken, BrokerDown when they do not start."""
    from gateways.broker.server import start

    settings = house.settings
    broker = start(house.places.broker, settings.mqtt_host, settings.mqtt_port, settings.broker_sync, wall())
    try:
        doors = _Doors(house, broker)
        doors.open()
        try:
            yield broker
        finally:
            doors.close()
    finally:
        broker.stop()


class _Doors:
    """The event loop in which meters' messages are taken and the broker is kept."""

    def __init__(self, house: House, broker: "EmbeddedBroker") -> None:
        self._house, self._broker = house, broker
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
            self._failure = failure
            if self._begun.is_set():
                raise
        finally:
            self._begun.set()

    async def _serve(self) -> None:
        from gateways.mqtt.homes import Entrance, Homes
        from gateways.mqtt.intake import Intake
        from gateways.mqtt.keeping import keep

        house, place = self._house, self._broker.place
        entrance = Entrance(
            place.mqtt_host, place.mqtt_port, self._broker.house_password, self._broker.papers.authority
        )
        homes = Homes(house.steps, house.time, entrance)
        intake = Intake(house.steps, MARKET, self._broker.url, house.time.slot_min)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(intake.run(self._prepared, self._stop))
            tasks.create_task(keep(self._broker, homes, house.database, self._prepared, self._stop))
            tasks.create_task(self._tell())

    async def _tell(self) -> None:
        await self._prepared.wait()
        self._begun.set()
