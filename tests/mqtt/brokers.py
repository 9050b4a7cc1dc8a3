"""A market with metered homes, its embedded broker on a free port, and meters that publish over TLS."""

import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import aiomqtt

from domain.reading import Reading
from domain.site import Device, DeviceKind, Site
from domain.slot import Slot
from gateways.broker.passwords import hashed, new_password
from gateways.broker.server import EmbeddedBroker
from gridpact.broker import brokered
from gridpact.clock import wall
from gridpact.places import Places
from gridpact.settings import Settings
from gridpact.wiring import House, open_house
from identity.keys import seeded_key
from identity.signatures import Envelope, seal
from memory import registry
from memory.devices.mqtt_credentials import Guest
from services.context import MARKET
from services.devices.mqtt_access import ONLY_PAUSE, Allowance, admit

WAIT_S_MAX = 30
METERS = ("M1", "M2")
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Street:
    """A house whose broker runs, and the passwords of its meters and homes by user name."""

    house: House
    broker: EmbeddedBroker
    passwords: dict[str, str]

    def client(self, user: str, name: str = "") -> aiomqtt.Client:
        """An ordinary MQTT client that trusts the market's own authority."""
        return aiomqtt.Client(
            self.broker.place.mqtt_host,
            self.broker.place.mqtt_port,
            username=user,
            password=self.passwords[user],
            identifier=name or user.replace(".", "-"),
            tls_context=ssl.create_default_context(cafile=str(self.broker.papers.authority)),
            clean_session=True,
        )

    def admit(self, kind: Guest, subject: str, allowance: Allowance = ONLY_PAUSE) -> str:
        """Give a credential; returns the user it is for, once the broker knows it."""
        password = new_password()
        user = admit(self.house.steps, kind, subject, hashed(password), allowance).user
        self.passwords[user] = password
        return user


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def settled(database_url: str, **more: object) -> Settings:
    """Settings of a house on a database that exists, with a port of its own."""
    return Settings.model_validate({"database_url": database_url, "mqtt_port": free_port(), **more})


@contextmanager
def street(settings: Settings, folder: Path) -> Iterator[Street]:
    """Two meters registered, broker and doors open, credentials given."""
    with open_house(settings, Places.of(folder), wall, 1) as house:
        with house.database.begin() as tx:
            for place, meter in enumerate(METERS, start=1):
                key = seeded_key(1, meter).public_key().public_bytes_raw()
                registry.save_site(tx, Site(f"S{place}", f"P{place}", "tokyo"))
                registry.save_device(tx, Device(meter, f"S{place}", DeviceKind.METER, 0, public_key=key))
        with brokered(house) as broker:
            opened = Street(house, broker, {})
            for meter in METERS:
                opened.admit(Guest.METER, meter)
            time.sleep(1.5)  # the keeper looks every second
            yield opened


def envelope(meter: str, counter: int, *, signed_by: str = "", audience: str = MARKET) -> Envelope:
    """One reading of a slot that has passed, signed by the meter itself or somebody else."""
    reading = Reading(meter, 1, counter, Slot.at(wall()).index - 3, import_wh=counter % 500, export_wh=0)
    return seal(seeded_key(1, signed_by or meter), [reading], created_at=wall(), audience=audience)


def until(look: Callable[[], Found], good: Callable[[Found], bool], seconds: float = WAIT_S_MAX) -> Found:
    """Look again until it is good; returns what was found, asserts that it came in time."""
    deadline = time.monotonic() + seconds
    while not good(found := look()):
        assert time.monotonic() < deadline, f"not within {seconds} s: {found!r}"
        time.sleep(0.05)
    return found
