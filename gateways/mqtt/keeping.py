"""The broker's keeper: lets in whom the database lets in, cuts off whom it no longer does, and revives a dead server.

It looks every second, so that a credential given or taken by any process counts within one.
"""

import asyncio
import logging
from typing import Protocol

from domain.errors import OutsideFailed
from gateways.mqtt.homes import Homes
from memory.database import Database
from memory.devices import mqtt_credentials
from memory.devices.mqtt_credentials import Guest, MqttCredential

LOOKS_S = 1.0
LOG = logging.getLogger(__name__)


class Broker(Protocol):
    """The broker as its keeper sees it: the embedded server, or a file for the servers of somebody else."""

    def admit(self, credentials: list[MqttCredential]) -> None: ...
    def revive(self) -> bool: ...


async def keep(broker: Broker, homes: Homes, database: Database, prepared: asyncio.Event, stop: asyncio.Event) -> None:
    """Keep the broker until ``stop``; nobody is let in before ``prepared``, when no message can be lost any more."""
    await prepared.wait()
    while not stop.is_set():
        try:
            await asyncio.to_thread(_look, broker, homes, database)
        except OutsideFailed as failure:
            LOG.warning("the broker is kept as it was: %s", failure)
        await asyncio.sleep(LOOKS_S)
    await asyncio.to_thread(homes.close)


def _look(broker: Broker, homes: Homes, database: Database) -> None:
    if broker.revive():
        LOG.warning("the broker had died and was started again")
    with database.read() as tx:
        in_force = mqtt_credentials.in_force(tx, Guest.METER, Guest.HOME)
    broker.admit(in_force)
    homes.refresh(in_force)
