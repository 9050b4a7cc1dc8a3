"""``gridpact hub`` as a process: the page's commands as they stand there, and a hub that is stopped."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from doctest import ELLIPSIS, OutputChecker
from pathlib import Path

import pytest
import uvicorn
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from home_market import Clock, HomeMarket
from household import HOST, HUB, Household, household

from domain.errors import InputRefused
from domain.slot import Slot
from gateways.echonet.settings import EchonetSettings
from gateways.hub.hub_settings import load_hub_settings
from gateways.hub.market_link import hub_key
from memory.database import Database

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/integrate/echonet.md"
ENDS_S_MAX = 60


class Wall(Clock):
    """The real time, as the hub in its process has it."""

    def now(self) -> datetime:
        return datetime.now(UTC)


def start(folder: Path, *arguments: str) -> "subprocess.Popen[str]":
    """A ``gridpact`` command in a folder."""
    return subprocess.Popen(
        [sys.executable, "-m", "gridpact", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "GRIDPACT_DATA": str(folder / "d")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)


def test_the_commands_of_the_page_print_what_it_shows(tmp_path: Path) -> None:
    """At the very devices that the page names, but for the port, which may be taken here."""
    with household() as home:
        (settings,) = blocks("toml")
        (tmp_path / "home.toml").write_text(f"{settings}port = {home.port}\ndevice_port = {home.port}\n")
        for block in blocks("console"):
            command, _, expected = block.removeprefix("$ gridpact ").partition("\n")
            out, err = start(tmp_path, *command.split()).communicate(timeout=ENDS_S_MAX)
            assert OutputChecker().check_output(expected, out, ELLIPSIS), f"{command}\n{out}\n{err}"


def test_the_page_lists_every_setting() -> None:
    """With nothing beside."""
    table = PAGE.read_text().split("## Settings")[1].split("## ")[0]
    assert set(re.findall(r"^\| `(\w+)`", table, re.MULTILINE)) == set(EchonetSettings.model_fields)


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ('market_url = "http://market.example"', "https"),
        ('market_url = "ftp://market.example"', "https"),
        ('hosts = ["meter.local"]', "hosts"),
        ("silence_s = 301", "silence_s"),
        ('time_zone = "Mars/Olympus"', "time_zone"),
        ("pv_save_percent = 40", "pv_save_percent"),
        ("pv_safe_percent = true", "pv_safe_percent"),
        ("= ", "TOML"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, line: str, fault: str) -> None:
    """What is unknown is refused too: a setting that is ignored would be trusted by whoever wrote it."""
    good = {"market_url": '"https://market.example"', "device": '"hub-1"'}
    lines = [f"{name} = {value}" for name, value in good.items() if not line.startswith(name)]
    (tmp_path / "home.toml").write_text("\n".join([*lines, line]))
    with pytest.raises(InputRefused, match=fault):
        load_hub_settings(tmp_path / "home.toml", EchonetSettings)


@contextmanager
def served(market: HomeMarket) -> Iterator[str]:
    """The market on a real socket; yields its address."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(market.client.app, log_level="warning"))
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(timeout=10)


def test_a_running_hub_obeys_and_leaves_the_home_safe_when_it_is_stopped(database: Database, tmp_path: Path) -> None:
    """Over a real socket, with the key of its own making: the battery discharges, then SIGTERM ends that."""
    with household() as home:
        key = hub_key(tmp_path / "hub/hub.key")
        market = HomeMarket(database, tmp_path, Wall(), key)
        slot = Slot.at(datetime.now(UTC)).index
        for at in (slot, slot + 1):  # the half hour may turn while this runs
            market.ask_for(at, {"S1": (0, 500)})
        with served(market) as url:
            write_settings(tmp_path, url, home)
            hub = start(tmp_path, "hub", "echonet", "--config", "home.toml")
            await_set(home, ("027d01", "da", "43"))
            hub.send_signal(signal.SIGTERM)
            _, said = hub.communicate(timeout=ENDS_S_MAX)
        assert hub.returncode == 0, said
        assert "left to itself" in said
        assert home.sets()[-2:] == [("027901", "a0", "28"), ("027d01", "da", "46")]
        assert (tmp_path / "hub/hub.key").stat().st_mode & 0o077 == 0
        assert isinstance(key, Ed25519PrivateKey)


def write_settings(folder: Path, url: str, home: Household) -> None:
    lines = [
        f'market_url = "{url}"',
        'device = "hub-1"',
        f'bind = "{HUB}"',
        f'hosts = ["{HOST}"]',
        f"port = {home.port}",
        f"device_port = {home.port}",
        "pv_safe_percent = 40",
    ]
    (folder / "home.toml").write_text("\n".join(lines))


def await_set(home: Household, wanted: tuple[str, str, str]) -> None:
    """Until the devices were told so. Asserts that it happens."""
    for _ in range(10 * ENDS_S_MAX):
        if wanted in home.sets():
            return
        time.sleep(0.1)
    raise AssertionError(f"nobody set {wanted}")
