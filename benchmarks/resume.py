"""kill -9 at many moments of a run, then the same command with --resume: what comes out must not differ.

The process kills itself at a commit of its own choosing, just before it or just after it, so that each of these
moments is hit by number: between a chain's answer and its receipt, between a step and its checkpoint, in the middle of
preparing. The next process resumes and is killed further on.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from benchmarks.clearing import machine
from benchmarks.day import demo

Ended: TypeAlias = subprocess.CompletedProcess[str]
Start: TypeAlias = Callable[[Sequence[str], Mapping[str, str]], Ended]

FULL_DAY_CRASHES = (2, 9, 60, 180, 400, 700, 90, 333, 512, 45)


def in_new_interpreter(arguments: Sequence[str], environment: Mapping[str, str]) -> Ended:
    """Run ``gridpact`` with these arguments, and these settings beside our own, until it ends or dies."""
    command = [sys.executable, "-m", "gridpact", *arguments]
    return subprocess.run(command, env=os.environ | dict(environment), capture_output=True, text=True, check=False)


def measure(arguments: tuple[str, ...] = (), crashes: tuple[int, ...] = FULL_DAY_CRASHES) -> dict[str, Any]:
    """A full day, undisturbed and killed at each of ``crashes``, compared word by word."""
    cache = Path(".gridpact/demo/cache").resolve()
    with tempfile.TemporaryDirectory(prefix="gridpact-resume-") as folder:
        plain = demo(Path(folder) / "plain", arguments, {"GRIDPACT_CACHE": str(cache)})
        deaths, disturbed = survive(Path(folder) / "killed", arguments, crashes, cache)
    same = disturbed["fingerprint"] == plain["fingerprint"]
    figures = {"kills": len(deaths), "same": int(same), "wall_s": round(disturbed["wall_s"], 1)}
    floor = {"wall_s": round(plain["wall_s"], 1)}
    return {"bench": "resume", "figures": figures, "floor": floor, "machine": machine()}


def survive(
    data: Path, arguments: tuple[str, ...], crashes: tuple[int, ...], cache: Path, start: Start = in_new_interpreter
) -> tuple[list[str], dict[str, Any]]:
    """Run, be killed at the n-th commit moment for each n of ``crashes``, resume each time, and finish.

    Returns where the process really died, one label a death (a run may end before its last crash), and the final
    document. start: how a command becomes a process.
    """
    command = ("demo", "--json", "--data", str(data), *arguments)
    deaths = []
    for moment in crashes:
        asked = {"GRIDPACT_CRASH_AT": str(moment), "GRIDPACT_CACHE": str(cache)}
        ran = start((*command, *_resume(data)), asked)
        if ran.returncode == -signal.SIGKILL:
            deaths.append(ran.stderr.rpartition("killed at ")[2].strip())
        elif ran.returncode:
            raise RuntimeError(f"to be killed at {moment}, the run failed otherwise: {ran.stderr[-2000:]}")
    ended = start((*command, *_resume(data)), {"GRIDPACT_CACHE": str(cache)})
    if ended.returncode:
        raise RuntimeError(f"after {len(deaths)} deaths the run failed: {ended.stderr[-2000:]}")
    document: dict[str, Any] = json.loads(ended.stdout)
    return deaths, document


def _resume(data: Path) -> tuple[str, ...]:
    return ("--resume",) if data.exists() else ()
