"""How fast one caller may go on: so many calls in a window, counted in this process."""

from collections import deque
from datetime import datetime, timedelta
from threading import Lock

CALLERS_MAX = 10_000


class Pace:
    """So many calls of each caller in a window that moves along."""

    def __init__(self, most: int, window: timedelta) -> None:
        self._most, self._window = most, window
        self._calls: dict[str, deque[datetime]] = {}
        self._one_at_a_time = Lock()

    def wait_s(self, caller: str, now: datetime) -> int:
        """Count a call and return 0; or count nothing and return the whole seconds to wait, rounded up."""
        with self._one_at_a_time:
            calls = self._calls.setdefault(caller, deque())
            while calls and calls[0] + self._window <= now:
                calls.popleft()
            if len(calls) >= self._most:
                return -(-(calls[0] + self._window - now) // timedelta(seconds=1))
            calls.append(now)
            if len(self._calls) > CALLERS_MAX:
                self._calls = {name: each for name, each in self._calls.items() if each[-1] + self._window > now}
            return 0
