"""An event loop on a thread of its own, from the moment its doors stand open until they are closed in good order."""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

from domain.errors import OutsideFailed

ENDED_S_MAX = 30.0

Serve = Callable[[Callable[[], None], asyncio.Event], Coroutine[Any, Any, None]]
"""What serves. It calls the first once all stands open, and ends, everything in hand done, when the second is set."""


@contextmanager
def looped(name: str, what: str, begun_s_max: float, serve: Serve) -> Iterator[None]:
    """Serve from entering to leaving. name: of the thread. what: opens, in words.

    Raises what kept it from opening, OutsideFailed when it takes too long.
    """
    thread = _LoopThread(name, serve)
    thread.open(f"{what} did not open within {begun_s_max:.0f} s", begun_s_max)
    try:
        yield
    finally:
        thread.close()


class _LoopThread:
    """The thread and its event loop."""

    def __init__(self, name: str, serve: Serve) -> None:
        self._serve = serve
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._begun = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def open(self, late: str, begun_s_max: float) -> None:
        """Return when all stands open. late: what to say when that takes too long."""
        self._thread.start()
        if not self._begun.wait(begun_s_max):
            raise OutsideFailed(late)
        if self._failure is not None:
            raise self._failure

    def close(self) -> None:
        """End in good order: what is in hand is done or stays where it came from."""
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(ENDED_S_MAX)

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._serve(self._begun.set, self._stop))
        except BaseException as failure:
            self._failure = _cause(failure)
            if self._begun.is_set():
                raise
        finally:
            self._begun.set()


def _cause(failure: BaseException) -> BaseException:
    """What went wrong first, out of the group in which tasks that run side by side fail."""
    while isinstance(failure, BaseExceptionGroup):
        failure = failure.exceptions[0]
    return failure
