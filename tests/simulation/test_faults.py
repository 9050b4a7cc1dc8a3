"""Crash points: the process dies at the moment asked for, and as ``kill -9`` would have it."""

import signal
import subprocess
import sys

from simulation.faults import CrashPoint, crash_at


def test_the_process_is_killed_at_its_third_moment() -> None:
    """By SIGKILL, in a real process: no handler runs and nothing is cleaned up."""
    program = (
        "import atexit\n"
        "from simulation.faults import crash_at\n"
        "atexit.register(print, 'cleaned up', flush=True)\n"
        "hook = crash_at('3')\n"
        "for moment in range(1, 6):\n"
        "    print(moment, flush=True)\n"
        "    hook(f'moment {moment}')\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL
    assert done.stdout.split() == ["1", "2", "3"]


def test_moment_zero_never_comes_but_moments_are_counted() -> None:
    """How a test learns how many moments a run has."""
    hook = crash_at("0")
    for _ in range(100):
        hook("somewhere")
    assert hook.seen == 100


def test_a_moment_may_be_told_by_its_name() -> None:
    """The first of that name is the one, however many others come before it."""
    hook, deaths = crash_at("book:after"), list[str]()
    watched = CrashPoint(hook.moment, kill=lambda: deaths.append("died"), label=hook.label)
    for label in ("open:before", "book:before", "book:after"):
        watched(label)
        assert deaths == ["died"] * (label == "book:after")


def test_a_watcher_sees_exactly_one_death() -> None:
    """After its moment the hook is quiet."""
    deaths: list[str] = []
    hook = CrashPoint(2, kill=lambda: deaths.append("died"))
    for _ in range(5):
        hook("somewhere")
    assert deaths == ["died"]
