"""Real kills of a booking process, and of PostgreSQL under it: what was answered is there, once."""

from benchmarks.ledger import survive


def test_nothing_answered_is_lost_and_nothing_counts_twice() -> None:
    """Signal 9 at random moments; whoever starts again begins with what may have been committed without an answer."""
    assert survive(8) == (8, 2, 0, 0)
