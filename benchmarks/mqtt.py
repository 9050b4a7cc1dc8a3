"""Single readings by MQTT, each its own message of QoS 1 over TLS, until the last one is committed in PostgreSQL.

Real parts throughout: broker, doors and database of ``gridpact up``. The meters are one process beside, which seals its
envelopes before the clock starts and keeps a window of messages open on each of its connections.
"""

import asyncio
import json
import shutil
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

MESSAGES = 20_000
CONNECTIONS = 20
WINDOW = 64
METER = "bench-meter"
WAIT_S_MAX = 600.0


def measure() -> dict[str, Any]:
    """The pace with a disk that never lags, and with one that may lag a second."""
    return {f"sync {sync}": push(MESSAGES, sync) for sync in ("always", "1s")}


def push(messages: int, sync: str = "always") -> dict[str, float]:
    """Push so many messages end to end. acknowledged: by the broker; committed: in the database, counted there."""
    folder = Path(tempfile.mkdtemp(prefix="gridpact-bench-mqtt-"))
    try:
        return _pushed(folder, messages, sync)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _pushed(folder: Path, messages: int, sync: str) -> dict[str, float]:
    from gridpact.broker import brokered
    from gridpact.clock import wall
    from gridpact.places import Places
    from gridpact.settings import Settings
    from gridpact.wiring import open_house

    settings = Settings.model_validate({"mqtt_port": _free_port(), "broker_sync": sync})
    with open_house(settings, Places.of(folder), wall, 1) as house:
        house.database.migrate()
        password = _registered(house)
        with brokered(house) as broker:
            time.sleep(2)  # the keeper looks every second
            task = {"port": settings.mqtt_port, "authority": str(broker.papers.authority), "password": password}
            meters = subprocess.Popen(
                [sys.executable, "-m", "benchmarks.mqtt", json.dumps(task | {"messages": messages})],
                stdout=subprocess.PIPE,
                text=True,
            )
            assert meters.stdout is not None
            assert meters.stdout.readline() == "ready\n", "the meters did not connect"
            began = time.perf_counter()
            assert meters.stdout.readline() == "acknowledged\n", "the meters lost their connection"
            acknowledged_s = time.perf_counter() - began
            count = _until_committed(house, messages)
            committed_s = time.perf_counter() - began
            meters.wait()
    return {
        "messages": count,
        "acknowledged per s": round(messages / acknowledged_s),
        "committed per s": round(messages / committed_s),
    }


def _registered(house: Any) -> str:
    from domain.site import Device, DeviceKind, Site
    from gateways.broker.passwords import hashed, new_password
    from identity.keys import seeded_key
    from memory import registry
    from memory.mqtt_credentials import Guest
    from services.mqtt_access import admit

    key, password = seeded_key(1, METER).public_key().public_bytes_raw(), new_password()
    with house.database.begin() as tx:
        registry.save_site(tx, Site("bench", "bench", "tokyo"))
        registry.save_device(tx, Device(METER, "bench", DeviceKind.METER, 0, public_key=key))
    admit(house.steps, Guest.METER, METER, hashed(password))
    return password


def _until_committed(house: Any, messages: int) -> int:
    from memory import readings

    deadline = time.monotonic() + WAIT_S_MAX
    while True:
        with house.database.read() as tx:
            count = readings.count(tx)
        if count >= messages or time.monotonic() > deadline:
            return count
        time.sleep(0.05)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


async def _be_meters(task: dict[str, Any]) -> None:
    packets = _packets(task["messages"])
    lines = [await _connected(task, number) for number in range(CONNECTIONS)]
    print("ready", flush=True)
    await asyncio.gather(*[_send(*line, packets[number::CONNECTIONS]) for number, line in enumerate(lines)])
    print("acknowledged", flush=True)


def _packets(messages: int) -> list[bytes]:
    """Sealed readings as MQTT packets. The packet ids of one connection's window are all different."""
    from domain.reading import Reading
    from domain.slot import Slot
    from gateways.broker.topics import readings
    from gridpact.clock import wall
    from identity.keys import seeded_key
    from identity.signatures import seal
    from identity.wire import to_wire
    from services.context import MARKET

    key, now = seeded_key(1, METER), wall()
    slot, topic = Slot.at(now).index - 3, _text(readings(METER))
    packets = []
    for number in range(messages):
        sealed = seal(key, [Reading(METER, 1, number, slot, 100, 0)], created_at=now, audience=MARKET)
        body = topic + struct.pack(">H", number // CONNECTIONS % 65_535 + 1) + json.dumps(to_wire(sealed)).encode()
        packets.append(b"\x32" + _length(len(body)) + body)
    return packets


async def _connected(task: dict[str, Any], number: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    trust = ssl.create_default_context(cafile=task["authority"])
    reader, writer = await asyncio.open_connection("127.0.0.1", task["port"], ssl=trust)
    who = _text(f"meters-{number}") + _text(f"meter.{METER}") + _text(task["password"])
    body = _text("MQTT") + bytes([4, 0xC2]) + struct.pack(">H", 600) + who
    writer.write(b"\x10" + _length(len(body)) + body)
    assert (await reader.readexactly(4))[3] == 0, "the broker refused the meters"
    return reader, writer


async def _send(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, packets: list[bytes]) -> None:
    """Keep WINDOW messages unacknowledged at most; an acknowledgement has four bytes."""
    sent, received = 0, 0
    while received < 4 * len(packets):
        until = min(received // 4 + WINDOW, len(packets))
        writer.write(b"".join(packets[sent:until]))
        sent = until
        said = await reader.read(65_536)
        assert said, "the broker closed the connection"
        received += len(said)


def _text(written: str) -> bytes:
    return struct.pack(">H", len(written)) + written.encode()


def _length(number: int) -> bytes:
    """MQTT's length: seven bits a byte, the lowest first."""
    return bytes([number % 128 | 128]) + _length(number // 128) if number >= 128 else bytes([number])


if __name__ == "__main__":
    asyncio.run(_be_meters(json.loads(sys.argv[1])))
