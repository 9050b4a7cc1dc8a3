"""A household of real ECHONET Lite devices (npm echonet-lite) in a process of its own, on loopback.

Devices answer to their own port at the address of whoever asked. So they listen on 127.0.0.1 and the hub on 127.0.0.2,
on the same port, and nobody needs to be root.
"""

import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, Queue
from threading import Thread

import pytest

from gateways.echonet.controller import GROUP, Network

PEER = Path(__file__).parents[1] / "peers/echonet"
HOST, HUB = "127.0.0.1", "127.0.0.2"
ANSWER_S_MAX = 20
MISSING = "the ECHONET Lite devices are not installed: make peers (needs node and npm)"


@dataclass
class Household:
    """The running devices. Lines they print come out of ``said``."""

    port: int
    process: "subprocess.Popen[str]"
    said: "Queue[str]" = field(default_factory=Queue)
    was_set: list[tuple[str, str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        Thread(target=self._listen, daemon=True).start()
        self.await_line("ready")

    @property
    def network(self) -> Network:
        """How a controller reaches them."""
        return Network(HUB, self.port, self.port, GROUP, timeout_s=1.0, retries=1, discovery_s=0.5)

    def tell(self, line: str) -> None:
        """A command of device.js, done when this returns."""
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        self.await_line("ok")

    def put(self, eoj: str, epc: str, edt: bytes) -> None:
        """Change a property's value."""
        self.tell(f"{eoj} {epc} {edt.hex()}")

    def sets(self) -> list[tuple[str, str, str]]:
        """What was set from outside since the last call: object, code, value, in hex digits."""
        self.tell("speak")
        found, self.was_set = self.was_set, []
        return found

    def await_line(self, wanted: str) -> None:
        """Read what the devices say until they say so."""
        while True:
            try:
                line = self.said.get(timeout=ANSWER_S_MAX)
            except Empty:
                raise AssertionError(f"the devices never said {wanted!r}") from None
            if line == wanted:
                return
            if line.startswith("set "):
                _, eoj, epc, value = line.split()
                self.was_set.append((eoj, epc, value))

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.put(line.strip())


def require_peer() -> None:
    """Skip where node or the devices are not installed."""
    if shutil.which("node") is None or not (PEER / "node_modules/echonet-lite").is_dir():
        pytest.skip(MISSING)


@contextmanager
def household(port: int | None = None) -> Iterator[Household]:
    """The devices, from entering to leaving."""
    require_peer()
    port = port or free_port()
    process = subprocess.Popen(
        ["node", "device.js", str(port), HOST], cwd=PEER, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        yield Household(port, process)
    finally:
        process.kill()
        process.wait()


def free_port() -> int:
    """A UDP port that nobody has now; the library sends from the one 20,000 above it."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
            taken.bind(("", 0))
            port: int = taken.getsockname()[1]
        if port < 45_000:
            return port
