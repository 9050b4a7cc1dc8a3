"""Disputes as the pack has them: deadlines in words, limits in yen, every type with its evidence and source."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import RuleValueUnusable
from policies.deadline import amount_of, amounts_faults, due_at
from policies.dispute_rules import dispute_rules
from policies.pack import load_pack

TOKYO = ZoneInfo("Asia/Tokyo")
RULES = dispute_rules(load_pack("jp_demo"), TOKYO)
moments = st.integers(0, 10 * 365 * 24 * 60).map(
    lambda minutes: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)


@given(moments, st.integers(1, 40))
def test_business_days_are_counted_one_by_one(since: datetime, count: int) -> None:
    """Against days counted by hand: as many working days lie between as were asked for."""
    ends = due_at(f"{count} business days", since, TOKYO)
    assert ends is not None
    local, until = since.astimezone(TOKYO), ends.astimezone(TOKYO)
    days = [local.date() + timedelta(each) for each in range(1, (until.date() - local.date()).days + 1)]
    assert sum(day.weekday() < 5 for day in days) == count
    assert until.weekday() < 5
    assert until.time() == local.time()


@given(moments, st.integers(1, 60))
def test_months_end_within_three_days_of_the_same_day(since: datetime, count: int) -> None:
    """The same day of the month, or the 28th where the month may be too short."""
    ends = due_at(f"{count} months", since, TOKYO)
    assert ends is not None
    local, until = since.astimezone(TOKYO), ends.astimezone(TOKYO)
    assert (until.year - local.year) * 12 + until.month - local.month == count
    assert until.day == min(local.day, 28)


def test_words_that_are_no_deadline_or_amount_are_faults() -> None:
    """Each in a sentence; what is open ended has no end."""
    assert due_at("as they say", datetime(2026, 5, 1, tzinfo=UTC), TOKYO) is None
    assert len(amounts_faults({"deadline": "soon", "limit": "much"})) == 2
    assert amounts_faults({"deadline": "1 hour", "limit": "5,000 JPY"}) == []
    assert amount_of("5,000 JPY") == 5_000_000_000


def test_every_type_names_its_evidence_and_its_source() -> None:
    """And who is asked grows with the money: above 300,000 yen a lawyer stands beside the mediator."""
    assert len(RULES.types) == 13
    for kind, article in RULES.types.items():
        assert RULES.evidence(kind)
        assert article.sources
    assert RULES.limit_ujpy == 5_000_000_000
    assert RULES.roles("mediated", RULES.limit_ujpy) == ("mediator",)
    assert RULES.roles("mediated", 300_001_000_000) == ("mediator", "legal")


def test_a_pack_without_disputes_cannot_be_used_for_them() -> None:
    """Said in words that name the pack."""
    with pytest.raises(RuleValueUnusable, match="dispute"):
        dispute_rules(load_pack("de"), TOKYO)
