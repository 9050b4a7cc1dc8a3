"""kill -9 in the middle of a deal on paper, then the same again: nothing is doubled, nothing is lost."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from worlds import World, Worlds

HERE = Path(__file__).parent
KILLED_AT = (
    *("put-on-paper:after", "negotiate:after", "draw_up:after", "deliver:before"),
    *("consent:before", "file:after", "see_recorded:before"),
)


def ran(world: World, crash_at: str = "") -> "subprocess.CompletedProcess[str]":
    """The small program on this world, killed at a moment or not."""
    environment = {**os.environ, "PYTHONPATH": f"{HERE.parent.parent}:{HERE}"}
    environment |= {"GRIDPACT_CRASH_AT": crash_at} if crash_at else {}
    command = [sys.executable, str(HERE / "deal_process.py"), str(world.data), world.url, str(world.cache)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def standing(ended: "subprocess.CompletedProcess[str]") -> dict[str, Any]:
    assert ended.returncode == 0, ended.stderr[-3000:]
    said: dict[str, Any] = json.loads(ended.stdout.strip().splitlines()[-1])
    return said


def test_killed_at_every_kind_of_step_the_deal_comes_out_the_same(worlds: Worlds) -> None:
    """Same contract, papers, consents and journal, however often the process died; every entry of a deal once."""
    undisturbed, world = standing(ran(worlds.fresh())), worlds.fresh()
    for moment in KILLED_AT:
        ended = ran(world, moment)
        assert ended.returncode == -signal.SIGKILL, f"{moment}: {ended.stderr[-2000:]}"
    assert standing(ran(world)) == undisturbed
    assert undisturbed["state"] == "recorded"
    assert undisturbed["proposals"] == [undisturbed["proposals"][0]]
    assert len(undisturbed["acts"]) == len(set(undisturbed["acts"])) == 6
