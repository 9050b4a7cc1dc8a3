"""kill -9 at any moment, then the same command with --resume: the day completes as if nothing had happened."""

import json
import random
import time
from pathlib import Path
from typing import Any

from processes import in_new_interpreter, killed, run, start
from worlds import REDUCED, Worlds, document, same_run

from benchmarks.resume import survive

# Commit moments, counted per process. A run of the reduced day has about 820, the first 28 of them while preparing;
# a resumed process passes about 8 before it goes on where the last one died.
CRASHES = (1, 2, 9, 16, 23, 29, 38, 47, 60, 33, 71, 52, 83, 44, 57, 64, 92, 39, 49, 77, 58, 66, 45, 88, 61, 73)
DEATHS_MIN = 20
PARTS = {
    "preparing": {"plan", "register", "intake", "wholesale", "prepared", "roster"},
    "trading": {"open", "recall", "read", "forecast", "bid", "screen", "clear", "draft", "review", "book", "record"},
    "effects": {"effects", "grant", "effect"},
    "settling": {"imbalance", "meter", "settle", "close", "learn"},
}
SEED = 20260520
EXTERNAL_KILLS = 3


def test_killed_at_twenty_moments_the_day_comes_out_the_same(
    own_database: Path, stored: Path, undisturbed: dict[str, Any]
) -> None:
    """Same trades, ledger, roots, journal and figures, however often the process died and wherever."""
    deaths, survived = survive(own_database, REDUCED, CRASHES, stored, run)
    print(f"died {len(deaths)} times: {', '.join(deaths)}")
    assert same_run(undisturbed, survived) == []
    assert len(deaths) >= DEATHS_MIN
    died_in = {label.partition(":")[0] for label in deaths}
    missed = [part for part, labels in PARTS.items() if not died_in & labels]
    assert not missed, f"nothing died in {missed}: {sorted(died_in)}"


def test_killed_from_outside_at_any_time_the_day_comes_out_the_same(
    worlds: Worlds, undisturbed: dict[str, Any]
) -> None:
    """A kill may hit between two statements, inside a library, before the plan is written: it must not matter."""
    world, chance, deaths = worlds.fresh(), random.Random(SEED), 0
    for _ in range(EXTERNAL_KILLS):
        arguments = ("demo", "--json", *REDUCED, "--data", str(world.data), *resumed(world.data))
        running = start(arguments, world.settings)
        time.sleep(chance.uniform(0.2, 5.0))
        running.kill()
        deaths += killed(running.wait())
    survived = document(world.demo(*REDUCED, *resumed(world.data)))
    assert deaths
    assert same_run(undisturbed, survived) == []


def test_a_killed_interpreter_leaves_nothing_that_its_successor_misses(
    worlds: Worlds, undisturbed: dict[str, Any]
) -> None:
    """The same with the command as a user starts it: nothing that made tests cheap helps it survive."""
    world = worlds.fresh()
    with in_new_interpreter(("demo", *REDUCED, "--data", str(world.data)), world.settings) as running:
        assert running.stderr is not None
        while "opened" not in (line := running.stderr.readline()) or "chain" not in line:
            assert line, "the run ended before it opened its parts"
        time.sleep(1.0)
        running.kill()
    arguments = ("demo", "--json", *REDUCED, "--data", str(world.data), "--resume")
    with in_new_interpreter(arguments, world.settings) as again:
        out, err = again.communicate()
    assert again.returncode == 0, err
    assert same_run(undisturbed, json.loads(out)) == []


def resumed(data: Path) -> tuple[str, ...]:
    return ("--resume",) if data.exists() else ()
