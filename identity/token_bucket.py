"""How often somebody may ask: a bucket that holds so many requests and fills evenly.

A bucket is one number, the moment at which it is full again; one that nobody uses is full and need not be kept.
"""

from dataclasses import dataclass
from typing import NamedTuple

MINUTE_US = 60_000_000


@dataclass(frozen=True, slots=True)
class Rate:
    """name: for whoever is told. per_min: requests that come back in a minute. burst: requests of a full bucket."""

    name: str
    per_min: int
    burst: int

    @property
    def interval_us(self) -> int:
        """In which one request comes back, rounded up: never more of them than per_min."""
        return -(-MINUTE_US // self.per_min)

    @property
    def window_us(self) -> int:
        """In which an empty bucket fills."""
        return self.burst * self.interval_us


class Taken(NamedTuple):
    """What became of a bucket. full_at_us: when it is full again. left: whole requests it still holds. wait_us: how
    long whoever was refused must wait, 0 for whoever was not."""

    full_at_us: int
    left: int
    wait_us: int


def take(rate: Rate, full_at_us: int, now_us: int) -> Taken:
    """Take one request out of the bucket, or none when it holds less than one. Moments on any one clock."""
    full_at_us = max(full_at_us, now_us)
    held_us = rate.window_us - (full_at_us - now_us)
    if held_us < rate.interval_us:
        return Taken(full_at_us, 0, rate.interval_us - held_us)
    return Taken(full_at_us + rate.interval_us, held_us // rate.interval_us - 1, 0)
