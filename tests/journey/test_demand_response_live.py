"""``gridpact up`` as a process of its own, which asks another author's VTN for events while it trades."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from brokers import free_port
from processes import ENDS_S_MAX, ONE_THREAD, OURS, ROOT

from gridpact.vtn_telling import told

sys.path.append(str(Path(__file__).parents[1] / "services"))  # the VTN that its tests use too
from vtn_peer import Vtn, peer

PAGE = ROOT / "docs/integrate/neighbourhood.md"
HEARD_S_MAX = 180


@pytest.fixture
def vtn() -> Iterator[Vtn]:
    with peer() as made:
        yield made


def environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    ports = {f"GRIDPACT_{door}_PORT": str(free_port()) for door in ("HTTP", "MQTT")}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return kept | ONE_THREAD | ports | {"PYTHONPATH": str(ROOT), "PATH": path}


def street(folder: Path) -> None:
    """The page's two homes and their readings."""
    folder.mkdir()
    made = "".join(re.findall(r"^```sh\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)[:2])
    subprocess.run(["bash", "-euo", "pipefail", "-c", made], cwd=folder, env=environment(), check=True)


@contextmanager
def up(folder: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """The market of the street, stopped at the end as a service is."""
    words = ["-m", "gridpact", "up", "--community", "street", "--data", "d"]
    with subprocess.Popen([sys.executable, *words], cwd=folder, env=environment()) as running:
        try:
            yield running
        finally:
            running.terminate()
            running.wait(ENDS_S_MAX)


def await_told(running: "subprocess.Popen[bytes]", file: Path, words: str) -> None:
    """Wait until the process says so of its VTN."""
    deadline = time.monotonic() + HEARD_S_MAX
    while words not in told(file)[1]:
        assert running.poll() is None, "gridpact up ended"
        assert time.monotonic() < deadline, told(file)[1]
        time.sleep(0.2)


def test_the_market_asks_its_vtn_again_and_again_and_follows_what_it_says(own_database: Path, vtn: Vtn) -> None:
    """An event that is there, then one that comes while it runs: both are opted into, once each, which follows on
    taking their signals in."""
    folder = own_database
    street(folder)
    (folder / "gridpact.toml").write_text(f'[openadr_vtns.dso]\nurl = "{vtn.url}"\npoll_s = 10\nreports = true\n')
    vtn.add("first", 5.0)
    with up(folder) as running:
        await_told(running, folder / "d/vtns/dso.json", "1 events followed")
        vtn.add("later", 4.0)
        await_told(running, folder / "d/vtns/dso.json", "2 events followed")
    assert vtn.opted == [("first", "optIn"), ("later", "optIn")]
    assert not (folder / "d/experts.json").exists(), "a market of real homes has no demonstration's experts"
