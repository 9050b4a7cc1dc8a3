"""Chains to test on: the embedded one, and anvil as a real node in a process of its own."""

import hashlib
import json
import os
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from web3 import Account, Web3

from gateways.chain.embedded import open_embedded

ROOT = Path(__file__).parents[2]
CHAIN_ID = 777_001
OPERATOR_KEY = hashlib.sha256(b"the operator of a test").digest()
STRANGER_KEY = hashlib.sha256(b"nobody in particular").digest()
STRANGER = str(Account.from_key(STRANGER_KEY).address)
NO_ANVIL = "anvil is not installed: npm ci in contracts/evm, or set GRIDPACT_ANVIL"


def now() -> datetime:
    return datetime.now(UTC)


def embedded(directory: Path) -> Web3:
    """The embedded chain as most tests want it."""
    return open_embedded(directory, CHAIN_ID, OPERATOR_KEY, now)


def word(text: str) -> bytes:
    """Some 32 bytes."""
    return hashlib.sha256(text.encode()).digest()


def rpc(url: str, method: str, *params: object) -> Any:
    """Ask a node something that is no part of web3's own vocabulary."""
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=5) as answer:
        return json.load(answer)["result"]


def find_anvil() -> str | None:
    """The anvil program: GRIDPACT_ANVIL, then the path, then the npm folders of this repository."""
    folders = [ROOT / "node_modules" / ".bin", ROOT / "contracts" / "evm" / "node_modules" / ".bin"]
    path = os.pathsep.join([os.environ.get("PATH", ""), *map(str, folders)])
    return os.environ.get("GRIDPACT_ANVIL") or shutil.which("anvil", path=path)


@contextmanager
def anvil(chain_id: int = CHAIN_ID) -> Iterator[str]:
    """The address of a running anvil, without development accounts; the operator has money on it."""
    program = find_anvil()
    assert program is not None, NO_ANVIL
    url = f"http://127.0.0.1:{free_port()}"
    command = [program, "--port", url.rpartition(":")[2], "--chain-id", str(chain_id), "--hardfork", "prague"]
    process = subprocess.Popen([*command, "--accounts", "0"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_until_it_answers(url, process)
        rpc(url, "anvil_setBalance", Account.from_key(OPERATOR_KEY).address, hex(10**24))
        yield url
    finally:
        process.terminate()
        process.wait(timeout=10)


def free_port() -> int:
    """A port of the loopback on which nobody listens now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_it_answers(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while True:
        assert process.poll() is None, "anvil ended before it answered"
        try:
            rpc(url, "eth_chainId")
            return
        except OSError:
            assert time.monotonic() < deadline, "anvil did not answer within 30 s"
            time.sleep(0.05)
