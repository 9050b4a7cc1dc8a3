"""The door for charge points as ``gridpact up`` opens it: TLS, the command's credential, a third author's charger."""

import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from domain.errors import OutsideFailed
from domain.reading import Reading
from domain.site import Device, DeviceKind, Site
from domain.slot import Slot
from gridpact.chargers import charged
from gridpact.places import Places
from gridpact.settings import Settings
from gridpact.wiring import House, open_house
from memory import registry
from memory.devices import readings

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/integrate/ocpp.md"
PEER = ROOT / "tests/peers/ocpp"
MISSING = "the charge point is not installed: make peers (needs node and npm)"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def now() -> datetime:
    return datetime.now(UTC)


def settled(database_url: str, **more: object) -> Settings:
    return Settings.model_validate({"database_url": database_url, **more})


def registered(house: House) -> None:
    with house.database.begin("charger") as tx:
        registry.save_site(tx, Site("S005", "P5", "tokyo"))
        registry.save_device(tx, Device("ev-S005", "S005", DeviceKind.EV_CHARGER, 6_000, capacity_wh=40_000))


def gridpact(line: str, folder: Path, database_url: str) -> str:
    """Run a command line of the page; returns what it printed."""
    program, *arguments = shlex.split(line)
    assert program == "gridpact"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "GRIDPACT_DATABASE_URL": database_url}
    done = subprocess.run(
        [sys.executable, "-m", "gridpact", *arguments],
        cwd=folder,
        env=environment | {"GRIDPACT_DATA": str(folder)},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_the_commands_of_the_page_admit_list_and_withdraw(database_url: str, tmp_path: Path) -> None:
    """In the order of the page; the password has the 20 characters that version 1.6 allows at most."""
    settings = settled(database_url)
    with open_house(settings, Places.of(tmp_path), now, None) as house:
        registered(house)
    commands = re.findall(r"^\$ (gridpact ocpp.*)$", PAGE.read_text(), re.MULTILINE)
    said = [gridpact(each, tmp_path, database_url) for each in commands]
    assert len(commands) == 3
    assert re.search(r"^user ev-S005  password [\w-]{20}  path /ocpp/ev-S005  authority ", said[0])
    assert said[1].startswith("charger ev-S005  since ")
    assert said[2] == ""


def test_a_port_that_is_taken_is_named_with_what_to_do(database_url: str, tmp_path: Path) -> None:
    """The message says which setting to change; without a port there is no door."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        settings = settled(database_url, ocpp_port=taken.getsockname()[1], ocpp_tls=False)
        with (
            open_house(settings, Places.of(tmp_path), now, 1) as house,
            pytest.raises(OutsideFailed, match="GRIDPACT_OCPP_PORT"),
            charged(house),
        ):
            raise AssertionError("the port is taken")


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
def test_a_charger_of_a_third_author_charges_over_tls(version: str, database_url: str, tmp_path: Path) -> None:
    """It trusts the market's own authority, holds both sides to the schemas, and its half hour is a reading."""
    node = shutil.which("node")
    if node is None or not (PEER / "node_modules").exists():
        pytest.skip(MISSING)
    settings = settled(database_url, ocpp_port=(port := free_port()))
    slot = Slot.at(now()).index - 2
    with open_house(settings, Places.of(tmp_path), now, None) as house, charged(house):
        registered(house)
        (given,) = json.loads(gridpact("gridpact ocpp admit ev-S005 --json", tmp_path, database_url))
        address = f"wss://localhost:{port}/ocpp"
        begins = f"{Slot(slot).start:%Y-%m-%dT%H:%M:%SZ}"
        done = subprocess.run(
            [node, "charger.js", version, address, given["user"], given["password"], given["authority"], begins],
            cwd=PEER,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        booted, told = map(json.loads, done.stdout.splitlines()[:2])
        assert booted["status"] == "Accepted"
        assert abs(datetime.fromisoformat(booted["currentTime"]) - now()) < timedelta(minutes=1)
        assert told["profile"]["chargingProfilePurpose"] == "TxDefaultProfile"
        with house.database.read() as tx:
            (kept,) = [each for _, found in readings.by_envelope(tx) for each in found]
    assert kept == Reading("ev-S005", 0, slot, slot, 0, 0, vehicle_charge_wh=1500)
