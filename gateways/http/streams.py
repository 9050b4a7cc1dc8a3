"""How many streams are open, so that none of them costs the others their turn."""

from collections import Counter
from dataclasses import dataclass, field
from threading import Lock

ALL_MAX = 100
OF_ONE_MAX = 5


@dataclass(frozen=True, slots=True)
class Streams:
    """The open streams by account."""

    _open: Counter[str] = field(default_factory=Counter)
    _lock: Lock = field(default_factory=Lock)

    def enter(self, account: str) -> bool:
        """Count one more; False when the account, or all together, have as many as there may be."""
        with self._lock:
            if self._open[account] >= OF_ONE_MAX or self._open.total() >= ALL_MAX:
                return False
            self._open[account] += 1
            return True

    def leave(self, account: str) -> None:
        """One less."""
        with self._lock:
            self._open[account] -= 1
            if not self._open[account]:
                del self._open[account]
