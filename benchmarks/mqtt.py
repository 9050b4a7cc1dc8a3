"""Single readings by MQTT, each its own message of QoS 1 over TLS, until the last one is committed in PostgreSQL.

Real parts throughout: broker, doors and database of ``gridpact up``. The meters are one process beside, which seals its
envelopes before the clock starts and keeps a window of messages open on each of its connections, one a meter.

Rates depend on what else the machine does, which ``load`` tells. CPU seconds hardly do, so they are what to judge by;
a part that was killed midway is counted from its return.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.killing import postmaster

MESSAGES = 20_000
METERS = 20
WAIT_S_MAX = 600.0


def measure() -> dict[str, Any]:
    """The pace with a disk that never lags, and with one that may lag a second."""
    return {f"sync {sync}": push(MESSAGES, sync) for sync in ("always", "1s")}


def push(
    messages: int, sync: str = "always", *, batch: int = 1, midway: Callable[[Path], None] | None = None
) -> dict[str, float]:
    """Push so many messages end to end. acknowledged: by the broker; committed: in the database, counted there.

    batch: readings of a message. midway: called once with the data directory when half of the messages are committed.
    """
    folder = Path(tempfile.mkdtemp(prefix="gridpact-bench-mqtt-"))
    try:
        return _pushed(folder, messages, sync, batch, midway)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _pushed(
    folder: Path, messages: int, sync: str, batch: int, midway: Callable[[Path], None] | None
) -> dict[str, float]:
    from gridpact.broker import brokered
    from gridpact.clock import wall
    from gridpact.places import Places
    from gridpact.settings import Settings
    from gridpact.wiring import open_house

    settings = Settings.model_validate({"mqtt_port": free_port(), "broker_sync": sync})
    load = os.getloadavg()[0]
    with open_house(settings, Places.of(folder), wall, 1) as house:
        house.database.migrate()
        passwords = {meter(number): _registered(house, meter(number)) for number in range(METERS)}
        with brokered(house) as broker:
            time.sleep(2)  # the keeper looks every second
            task = {"port": settings.mqtt_port, "authority": str(broker.papers.authority), "passwords": passwords}
            task |= {"messages": messages, "batch": batch}
            meters = subprocess.Popen(
                [sys.executable, "-m", "benchmarks.mqtt_meters", json.dumps(task)], stdout=subprocess.PIPE, text=True
            )
            assert meters.stdout is not None
            assert meters.stdout.readline() == "ready\n", "the meters did not begin"
            began, before = time.perf_counter(), spent_s(folder)
            if midway is not None:
                _until_committed(house, messages * batch // 2)
                midway(folder)
            heard = meters.stdout.readline().split()
            assert heard[:1] == ["acknowledged"], "the meters did not end"
            acknowledged_s = time.perf_counter() - began
            count = _until_committed(house, messages * batch)
            committed_s, after = time.perf_counter() - began, spent_s(folder)
            meters.wait()
        kept = _names(house)
    cpu_s = {part: after[part] - (before[part] if after[part] >= before[part] else 0.0) for part in after}
    cpu_s["meters"] = float(heard[1])
    return {
        "messages": messages,
        "acknowledged per s": round(messages / acknowledged_s),
        "committed per s": round(messages / committed_s),
        **{f"{part} cpu_s per million messages": round(cpu / messages * 1e6, 1) for part, cpu in cpu_s.items()},
        "lost": messages * batch - kept,
        "doubled": count - kept,
        "load": load,
    }


def spent_s(folder: Path) -> dict[str, float]:
    """CPU seconds up to now of this process, of PostgreSQL with every process it started, and of the broker."""
    import psutil  # type: ignore[import-untyped]

    server = psutil.Process(postmaster(folder))
    ended = server.cpu_times()
    postgres_s = sum([ended.children_user, ended.children_system])
    parts = {"gridpact": time.process_time(), "postgres": postgres_s + sum(map(_own_s, [server, *server.children()]))}
    if (broker := folder / "broker/pid").exists():
        parts["broker"] = _own_s(psutil.Process(int(broker.read_text())))
    return parts


def _own_s(process: Any) -> float:
    spent = process.cpu_times()
    return float(spent.user + spent.system)


def meter(number: int) -> str:
    """The id of one meter of the bench."""
    return f"bench-meter-{number:02}"


def _registered(house: Any, name: str) -> str:
    from domain.site import Device, DeviceKind, Site
    from gateways.broker.passwords import hashed, new_password
    from identity.keys import seeded_key
    from memory import registry
    from memory.devices.mqtt_credentials import Guest
    from services.devices.mqtt_access import admit

    key, password = seeded_key(1, name).public_key().public_bytes_raw(), new_password()
    with house.database.begin() as tx:
        registry.save_site(tx, Site("bench", "bench", "tokyo"))
        registry.save_device(tx, Device(name, "bench", DeviceKind.METER, 0, public_key=key))
    admit(house.steps, Guest.METER, name, hashed(password))
    return password


def _until_committed(house: Any, wanted: int) -> int:
    """How many readings are kept once they are so many, or when nobody will wait any longer."""
    from domain.errors import DatabaseDown
    from memory.devices import readings

    deadline, count = time.monotonic() + WAIT_S_MAX, 0
    while count < wanted and time.monotonic() < deadline:
        try:
            with house.database.read() as tx:
                count = readings.count(tx)
        except DatabaseDown:  # it was killed, and comes back
            pass
        time.sleep(0.1)
    return count


def _names(house: Any) -> int:
    from sqlalchemy import text

    with house.database.read() as tx:
        return int(tx.execute(text("SELECT count(DISTINCT (device_id, boot, counter)) FROM reading")).scalar_one())


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])
