"""How long a session is good: while it is used, not past a working day, and for signing only a moment."""

from datetime import datetime, timedelta

IDLE_MAX = timedelta(minutes=30)
AGE_MAX = timedelta(hours=12)
FRESH_MAX = timedelta(minutes=5)
SEEN_EVERY = timedelta(minutes=1)


def is_good(made_at: datetime, seen_at: datetime, now: datetime) -> bool:
    """Whether a session that was made and last used then still counts."""
    return now < made_at + AGE_MAX and now < seen_at + IDLE_MAX


def is_fresh(made_at: datetime, now: datetime) -> bool:
    """Whether its person proved who it is so lately that something may be signed."""
    return now < made_at + FRESH_MAX
