"""The two clocks: the wall's, and one that a demonstration moves by hand."""

from dataclasses import dataclass
from datetime import UTC, datetime


def wall() -> datetime:
    """Now, UTC."""
    return datetime.now(UTC)


@dataclass(slots=True)
class HandClock:
    """A clock that stands where it was put last."""

    moment: datetime

    def __call__(self) -> datetime:
        return self.moment
