"""Rate limits by address and by account, kept in memory: each process counts for itself.

Whoever is refused hears 429 with ``Retry-After``. Every answer tells by the fields of
draft-ietf-httpapi-ratelimit-headers-10 how much is left of the bucket that is nearest to empty.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock

from fastapi import Request

from identity.token_bucket import Rate, Taken, take

SECOND_US = 1_000_000
BUCKETS_MAX = 100_000
INGESTION = frozenset({"/api/v1/readings", "/api/v1/setpoints"})
UNLIMITED = frozenset({"/healthz"})


def monotonic_us() -> int:
    """A clock that never goes back, microseconds."""
    return time.monotonic_ns() // 1_000


@dataclass(slots=True)
class Limits:
    """account, address: of what people and programs ask. ingestion: of what meters and homes send, by address."""

    account: Rate
    address: Rate
    ingestion: Rate
    clock_us: Callable[[], int] = monotonic_us
    _full_at_us: dict[tuple[str, str], int] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def of_request(self, request: Request) -> int:
        """Count a request by where it comes from; seconds to wait, 0 when it is let through."""
        if request.url.path in UNLIMITED:
            return 0
        where = request.client.host if request.client else "unknown"
        return self._take(request, self.ingestion if request.url.path in INGESTION else self.address, where)

    def of_account(self, request: Request, account: str) -> int:
        """Count a request by who asks; seconds to wait, 0 when it is let through."""
        return self._take(request, self.account, account)

    def _take(self, request: Request, rate: Rate, who: str) -> int:
        key = (rate.name, who)
        with self._lock:
            now_us = self.clock_us()
            taken = take(rate, self._full_at_us.pop(key, now_us), now_us)
            self._make_room(now_us)
            self._full_at_us[key] = taken.full_at_us
        _note(request, rate, taken, now_us)
        return _seconds(taken.wait_us)

    def _make_room(self, now_us: int) -> None:
        """Forget full buckets when there are many, and were all in use, the one that was used longest ago."""
        if len(self._full_at_us) >= BUCKETS_MAX:
            self._full_at_us = {key: at for key, at in self._full_at_us.items() if at > now_us}
        if len(self._full_at_us) >= BUCKETS_MAX:
            del self._full_at_us[next(iter(self._full_at_us))]


def rate_fields(request: Request) -> dict[str, str]:
    """What the answer to a request tells of its nearest limit; nothing when none was counted."""
    fields: dict[str, str] = getattr(request.state, "rate_fields", {})
    return fields


def _note(request: Request, rate: Rate, taken: Taken, now_us: int) -> None:
    if taken.left > getattr(request.state, "rate_left", taken.left):
        return
    request.state.rate_left = taken.left
    request.state.rate_fields = {
        "RateLimit-Policy": f'"{rate.name}";q={rate.burst};w={_seconds(rate.window_us)}',
        "RateLimit": f'"{rate.name}";r={taken.left};t={_seconds(taken.full_at_us - now_us)}',
    }


def _seconds(us: int) -> int:
    """Whole seconds, rounded up: who waits so long has waited enough."""
    return -(-us // SECOND_US)
