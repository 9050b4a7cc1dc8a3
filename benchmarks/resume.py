"""kill -9 at many moments of a run, then the same command with --resume: what comes out must not differ.

The process kills itself at a commit of its own choosing, just before it or just after it, so that each of these
moments is hit by number: between a chain's answer and its receipt, between a step and its checkpoint, in the middle of
preparing. The next process resumes and is killed further on.
"""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.clearing import machine
from benchmarks.day import demo

FULL_DAY_CRASHES = (2, 9, 60, 180, 400, 700, 90, 333, 512, 45)


def measure(arguments: tuple[str, ...] = (), crashes: tuple[int, ...] = FULL_DAY_CRASHES) -> dict[str, Any]:
    """A full day, undisturbed and killed at each of ``crashes``, compared word by word."""
    cache = Path(".gridpact/demo/cache").resolve()
    with tempfile.TemporaryDirectory(prefix="gridpact-resume-") as folder:
        plain = demo(Path(folder) / "plain", arguments, {"GRIDPACT_CACHE": str(cache)})
        killed, disturbed = survive(Path(folder) / "killed", arguments, crashes, cache)
    same = disturbed["fingerprint"] == plain["fingerprint"]
    figures = {"kills": killed, "same": int(same), "wall_s": round(disturbed["wall_s"], 1)}
    floor = {"wall_s": round(plain["wall_s"], 1)}
    return {"bench": "resume", "figures": figures, "floor": floor, "machine": machine()}


def survive(
    data: Path, arguments: tuple[str, ...], crashes: tuple[int, ...], cache: Path
) -> tuple[int, dict[str, Any]]:
    """Run, be killed at the n-th commit moment for each n of ``crashes``, resume each time, and finish.

    Returns how often the process really died of it (a run may end before its last crash) and the final document.
    """
    killed = 0
    for place, moment in enumerate(crashes):
        resume = ("--resume",) if place else ()
        killed += _killed_at(data, (*arguments, *resume), moment, cache)
    return killed, demo(data, (*arguments, "--resume"), {"GRIDPACT_CACHE": str(cache)})


def _killed_at(data: Path, arguments: tuple[str, ...], moment: int, cache: Path) -> bool:
    command = [sys.executable, "-m", "gridpact", "demo", "--json", "--data", str(data), *arguments]
    environment = os.environ | {"GRIDPACT_CRASH_AT": str(moment), "GRIDPACT_CACHE": str(cache)}
    ran = subprocess.run(command, env=environment, capture_output=True)
    if ran.returncode not in {0, -signal.SIGKILL}:
        raise RuntimeError(f"killed at {moment}, the run failed otherwise: {ran.stderr.decode()[-2000:]}")
    return ran.returncode == -signal.SIGKILL
