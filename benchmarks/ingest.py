"""Readings to the commit in PostgreSQL: by HTTP in batches of 100, each signed by its meter, and by MQTT one by one.

Real parts throughout: door, intake and database of ``gridpact up``; the meters are a process beside. CPU seconds are
those of Gridpact and of PostgreSQL together, without the meters'. Rates depend on what else the machine does, which
``load`` tells; CPU seconds hardly do, so they are what to judge by.

With ``kill`` a million readings travel in batches of 100, by HTTP while PostgreSQL is killed and by MQTT while broker
and PostgreSQL are. Lost is what was promised to a meter and is not there, doubled what is there twice.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import mqtt
from benchmarks.clearing import machine
from benchmarks.http_meters import meter
from benchmarks.killing import kill_broker, kill_database

READINGS = 200_000
READINGS_WHEN_KILLED = 1_000_000
BATCH = 100
MQTT_SHARE = 10  # of so many readings one travels by MQTT, too, as a message of its own, up to as many as bench mqtt's
WAIT_S_MAX = 600.0


def measure(readings: int | None = None, kill: bool = False) -> dict[str, Any]:
    """Push so many readings by HTTP, and by MQTT: a part of them singly, or with ``kill`` all of them in batches."""
    count = (readings or (READINGS_WHEN_KILLED if kill else READINGS)) // BATCH * BATCH
    load = os.getloadavg()[0]
    figures = _by_http(count, kill_database if kill else None)
    if kill:
        pushed = mqtt.push(count // BATCH, batch=BATCH, midway=_kill_both)
    else:
        pushed = mqtt.push(min(max(count // MQTT_SHARE, 1), mqtt.MESSAGES))
    figures["lost"] += pushed["lost"]
    figures["doubled"] += pushed["doubled"]
    figures["mqtt_messages_per_s"] = pushed["committed per s"]
    figures["mqtt_acknowledged_per_s"] = pushed["acknowledged per s"]
    figures["mqtt_load"] = pushed["load"]
    loads = {"load": load, "load_after": os.getloadavg()[0]}
    return {"bench": "ingest", "figures": figures, "machine": machine() | loads}


def _kill_both(folder: Path) -> None:
    kill_broker(folder)
    kill_database(folder)


def _by_http(readings: int, midway: Callable[[Path], None] | None) -> dict[str, Any]:
    from gridpact.clock import wall
    from gridpact.door import listen, served
    from gridpact.places import Places
    from gridpact.settings import Settings
    from gridpact.wiring import open_house

    folder = Path(tempfile.mkdtemp(prefix="gridpact-bench-ingest-"))
    settings = Settings.model_validate({"http_port": mqtt.free_port()})
    try:
        with open_house(settings, Places.of(folder), wall, 1) as house:
            house.database.migrate()
            _register(house, readings // BATCH)
            with served(house, listen(settings)):
                return _pushed(house, folder, readings, midway)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _pushed(house: Any, folder: Path, readings: int, midway: Callable[[Path], None] | None) -> dict[str, Any]:
    meters = _begun(house, readings)
    assert meters.stdin is not None
    assert meters.stdout is not None
    began_s, before, elsewhere_s = time.perf_counter(), mqtt.spent_s(folder), 0.0
    meters.stdin.write("go\n")
    meters.stdin.flush()
    if midway is not None:
        _until_half(house, readings)
        elsewhere_s = mqtt.spent_s(folder)["postgres"] - before["postgres"]
        midway(folder)
        before["postgres"] = 0.0
    heard = json.loads(meters.stdout.readline())
    took_s, after = time.perf_counter() - began_s, mqtt.spent_s(folder)
    meters.wait()
    kept, names = _kept(house)
    million, postgres_s = readings / 1e6, after["postgres"] - before["postgres"] + elsewhere_s
    return {
        "readings": readings,
        "readings_per_s": round(readings / took_s),
        "cpu_s_per_million": round((after["gridpact"] - before["gridpact"] + postgres_s) / million, 2),
        "cpu_s_per_million_postgres": round(postgres_s / million, 2),
        "requests_sent_again": heard["sent_again"],
        "lost": readings - names,
        "doubled": kept - names,
    }


def _begun(house: Any, readings: int) -> "subprocess.Popen[str]":
    """The meters, with all their requests written."""
    from domain.slot import Slot
    from gridpact.clock import wall

    last_slot = Slot.at(wall(), house.time.slot_min).index - 2
    task = {"port": house.settings.http_port, "readings": readings, "batch": BATCH, "last_slot": last_slot}
    meters = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.http_meters", json.dumps(task)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert meters.stdout is not None
    assert meters.stdout.readline() == "ready\n", "the meters did not begin"
    return meters


def _register(house: Any, count: int) -> None:
    from domain.site import Device, DeviceKind
    from identity.keys import seeded_key
    from memory import registry

    names = [meter(number) for number in range(count)]
    keys = {name: seeded_key(1, name).public_key().public_bytes_raw() for name in names}
    with house.database.begin() as tx:
        registry.save_device(tx, *(Device(n, n, DeviceKind.METER, 0, public_key=keys[n]) for n in names))


def _until_half(house: Any, readings: int) -> None:
    """Counts envelopes, which are few."""
    from sqlalchemy import text

    deadline = time.monotonic() + WAIT_S_MAX
    while time.monotonic() < deadline:
        with house.database.read() as tx:
            if tx.execute(text("SELECT count(*) FROM envelope")).scalar_one() * BATCH >= readings // 2:
                return
        time.sleep(0.05)


def _kept(house: Any) -> tuple[int, int]:
    """Rows, and different names among them."""
    from sqlalchemy import text

    counted = "SELECT count(*), count(DISTINCT (device_id, boot, counter)) FROM reading"
    with house.database.read() as tx:
        rows, names = tx.execute(text(counted)).one()
    return rows, names
