"""A nats-server that somebody else runs takes the embedded broker's place, by setting."""

import asyncio
import json
import os
import signal
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import aiomqtt
import pytest
from brokers import envelope, free_port, until

from domain.errors import BrokerDown
from domain.site import Device, DeviceKind, Site
from gateways.broker.authority import Papers, papers
from gateways.broker.server import program
from gridpact.broker import taking_readings
from gridpact.clock import wall
from gridpact.places import Places
from gridpact.settings import Settings
from gridpact.wiring import House, open_house
from identity.keys import seeded_key
from identity.wire import to_wire
from memory import registry
from memory.devices import readings

TOPIC = "gridpact/v1/M1/readings"
CONFIGURATION = """
server_name: elsewhere
listen: "127.0.0.1:{nats}"
tls {{ cert_file: "{papers.certificate}", key_file: "{papers.key}" }}
jetstream {{ store_dir: "{folder}/store", sync_interval: always }}
mqtt {{ listen: "127.0.0.1:{mqtt}", tls {{ cert_file: "{papers.certificate}", key_file: "{papers.key}" }} }}
accounts {{
  MARKET {{
    jetstream: enabled
    users: [
      {{ user: gridpact, password: "for-gridpact" }}
      {{ user: meter.M1, password: "for-meter", permissions: {{ publish: {{ allow: "gridpact.v1.M1.readings" }} }} }}
    ]
  }}
}}
"""


@dataclass(slots=True)
class Elsewhere:
    """A server of somebody else, its ports and its papers."""

    folder: Path
    papers: Papers
    nats_port: int
    mqtt_port: int
    process: "subprocess.Popen[bytes]"

    def url(self, password: str = "for-gridpact") -> str:
        return f"tls://gridpact:{password}@127.0.0.1:{self.nats_port}"


def launched(folder: Path, nats_port: int) -> "subprocess.Popen[bytes]":
    """The server on its files, listening."""
    process = subprocess.Popen([program(), "-c", str(folder / "nats.conf"), "-l", str(folder / "log")])
    until(lambda: _listens(nats_port), bool)
    return process


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Elsewhere]:
    folder = tmp_path / "elsewhere"
    found, nats_port, mqtt_port = papers(folder, ["127.0.0.1"], wall()), free_port(), free_port()
    text = CONFIGURATION.format(nats=nats_port, mqtt=mqtt_port, papers=found, folder=folder)
    (folder / "nats.conf").write_text(text)
    server = Elsewhere(folder, found, nats_port, mqtt_port, launched(folder, nats_port))
    yield server
    server.process.terminate()
    server.process.wait()


@contextmanager
def house(database_url: str, folder: Path, url: str, authority: Path) -> Iterator[House]:
    """A house with one meter whose settings name that server."""
    settings = Settings.model_validate({"database_url": database_url, "nats_url": url, "nats_authority": authority})
    with open_house(settings, Places.of(folder), wall, 1) as opened:
        key = seeded_key(1, "M1").public_key().public_bytes_raw()
        with opened.database.begin() as tx:
            registry.save_site(tx, Site("S1", "P1", "tokyo"))
            registry.save_device(tx, Device("M1", "S1", DeviceKind.METER, 0, public_key=key))
        yield opened


def publish(server: Elsewhere, counters: range) -> None:
    """As the meter, each until it is acknowledged."""

    async def published() -> None:
        trust = ssl.create_default_context(cafile=str(server.papers.authority))
        client = aiomqtt.Client(
            "127.0.0.1", server.mqtt_port, username="meter.M1", password="for-meter", tls_context=trust
        )
        async with client:
            for counter in counters:
                await client.publish(TOPIC, json.dumps(to_wire(envelope("M1", counter))), qos=1)

    asyncio.run(published())


def kept(opened: House) -> int:
    with opened.database.read() as tx:
        return readings.count(tx)


def test_readings_come_through_a_server_of_somebody_else(
    elsewhere: Elsewhere, database_url: str, tmp_path: Path
) -> None:
    """Over TLS under its own authority, with a password; when it is killed and comes back, nothing is lost."""
    with house(database_url, tmp_path / "house", elsewhere.url(), elsewhere.papers.authority) as opened:
        with taking_readings(opened) as where:
            assert where == f"readings are taken from the streams of 127.0.0.1:{elsewhere.nats_port}"
            publish(elsewhere, range(20))
            os.kill(elsewhere.process.pid, signal.SIGKILL)
            elsewhere.process.wait()
            elsewhere.process = launched(elsewhere.folder, elsewhere.nats_port)
            publish(elsewhere, range(15, 40))
            assert until(lambda: kept(opened), lambda count: count >= 40, 60) == 40
        assert not (opened.places.broker / "nats.json").exists()


def test_a_wrong_password_is_said_at_the_start(elsewhere: Elsewhere, database_url: str, tmp_path: Path) -> None:
    """And whoever runs the market hears it before the first meter does."""
    with (
        house(database_url, tmp_path / "house", elsewhere.url("guessed"), elsewhere.papers.authority) as opened,
        pytest.raises(BrokerDown, match="uthorization"),
        taking_readings(opened),
    ):
        raise AssertionError("let in")


def test_a_server_under_another_authority_is_not_spoken_to(
    elsewhere: Elsewhere, database_url: str, tmp_path: Path
) -> None:
    """Its certificate is checked before anything is said."""
    other = papers(tmp_path / "other", ["127.0.0.1"], wall()).authority
    with (
        house(database_url, tmp_path / "house", elsewhere.url(), other) as opened,
        pytest.raises(BrokerDown, match="CERTIFICATE_VERIFY_FAILED"),
        taking_readings(opened),
    ):
        raise AssertionError("let in")
