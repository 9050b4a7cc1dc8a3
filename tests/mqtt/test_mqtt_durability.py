"""What a meter hears acknowledged is in the database in the end, once, whoever is killed on the way."""

import asyncio
import json
import os
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import aiomqtt
import pytest
from brokers import envelope, settled, until

from gridpact.settings import Settings
from identity.wire import to_wire
from memory import embedded
from memory.database import Database
from memory.devices import readings

ROOT = Path(__file__).parents[2]
MESSAGES = 240
KILL_AFTER = {40: "broker", 100: "database", 160: "gridpact"}


@pytest.fixture
def folder() -> Iterator[Path]:
    """Outside pytest's own, which the database's user may not pass through."""
    made = Path(tempfile.mkdtemp(prefix="gridpact-mqtt-"))
    yield made
    shutil.rmtree(made, ignore_errors=True)


def market(folder: Path, settings: Settings) -> "subprocess.Popen[str]":
    """The market in a process of its own, open for meters."""
    path = os.pathsep.join([str(ROOT), str(Path(__file__).parent)])
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).parent / "market_process.py"), str(folder), settings.model_dump_json()],
        env={**os.environ, "PYTHONPATH": path},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "open\n"
    return process


def test_nothing_is_lost_and_nothing_doubled_when_each_part_is_killed(folder: Path) -> None:
    """``kill -9`` of broker, database and Gridpact while a meter publishes and sends again what nobody acknowledged."""
    server = embedded.start(folder / "pg")
    database = Database(server.url())
    database.migrate()
    settings = settled(server.url())
    processes = [market(folder / "house", settings)]

    def kill(what: str) -> None:
        if what == "broker":
            os.kill(int((folder / "house/broker/pid").read_text()), signal.SIGKILL)
        elif what == "database":
            os.kill(int((folder / "pg/postmaster.pid").read_text().split()[0]), signal.SIGKILL)
            embedded.start(folder / "pg")
        else:
            processes[0].kill()
            processes[0].wait()
            processes.append(market(folder / "house", settings))

    asyncio.run(_publish_all(folder, settings, kill))
    kept = until(lambda: _count(database), lambda count: count >= MESSAGES, 60)
    assert kept == MESSAGES
    processes[-1].terminate()
    processes[-1].wait()
    database.close()
    server.stop()


async def _publish_all(folder: Path, settings: Settings, kill: "object") -> None:
    """One after the other, each until it is acknowledged, over whatever connection there is."""
    assert callable(kill)
    trust = ssl.create_default_context(cafile=str(folder / "house/broker/ca.pem"))
    number = 0
    while number < MESSAGES:
        password = json.loads((folder / "house/passwords").read_text())["meter.M1"]
        meter = aiomqtt.Client(
            "127.0.0.1", settings.mqtt_port, username="meter.M1", password=password, identifier="m1", tls_context=trust
        )
        try:
            async with meter:
                while number < MESSAGES:
                    if (what := KILL_AFTER.pop(number, None)) is not None:
                        await asyncio.to_thread(kill, what)
                    body = json.dumps(to_wire(envelope("M1", number)))
                    await meter.publish("gridpact/v1/M1/readings", body, qos=1, timeout=5)
                    number += 1
        except aiomqtt.MqttError:
            await asyncio.sleep(0.3)


def _count(database: Database) -> int:
    with database.read() as tx:
        return readings.count(tx)
