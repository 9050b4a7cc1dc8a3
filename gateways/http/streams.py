"""How many streams are open, so that none of them costs the others their turn, and what all of them wait for."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from threading import Lock

from domain.event import EventPlace

ALL_MAX = 1_000
OF_ONE_MAX = 5


@dataclass(slots=True)
class Newest:
    """The place behind everything that has happened, looked up once for all streams that wait for more."""

    _place: EventPlace | None = None
    _at: float = 0.0
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def look(self, poll_s: float, read: Callable[[], Awaitable[EventPlace]]) -> EventPlace:
        """The place as it was read at most ``poll_s`` ago, by whoever came first."""
        async with self._lock:
            now = asyncio.get_running_loop().time()
            if self._place is None or now - self._at >= poll_s:
                self._place, self._at = await read(), now
            return self._place


@dataclass(frozen=True, slots=True)
class Streams:
    """The open streams by account."""

    newest: Newest = field(default_factory=Newest)

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
