"""Crashes on purpose, at a moment that its number or its name tells.

A crash test runs the demonstration once for every number: the process kills itself as ``kill -9`` would, at the
n-th commit of a transaction, before it or after it. What must survive is in the database; nothing is cleaned up.
"""

import os
import signal
import sys
from collections.abc import Callable


class CrashPoint:
    """A commit hook for ``memory.database.Database`` that kills its own process at its ``moment``-th call.

    moment counts from 1; zero never comes, then it only counts. label: the first moment of this name is the one, too.
    kill: what dying is, for those who watch it.
    """

    def __init__(self, moment: int, kill: Callable[[], None] | None = None, label: str = "") -> None:
        assert moment >= 0, "moments count from 1"
        self.moment = moment
        self.label = label
        self.seen = 0
        self._kill = kill or _kill_myself

    def __call__(self, label: str) -> None:
        """One moment passes. label: where, e.g. ``settle:before``; the same in every run with the same seed."""
        self.seen += 1
        if self.seen == self.moment or label == self.label:
            sys.stderr.write(f"killed at {label}\n")
            sys.stderr.flush()
            self._kill()


def crash_at(moment: str) -> CrashPoint:
    """The hook that kills this process at its n-th call (``"44"``), or at the first of a name (``"book:after"``)."""
    return CrashPoint(int(moment)) if moment.isdigit() else CrashPoint(0, label=moment)


def _kill_myself() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
