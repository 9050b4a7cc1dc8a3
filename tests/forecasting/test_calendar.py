"""The days a history falls on, on the market's own clock."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from domain.slot import Slot
from forecasting.history import calendar, day_kind


def test_a_japanese_holiday_is_a_day_off_and_only_there() -> None:
    """Constitution Day observed, Wednesday 6 May 2026: off in Tokyo, a working day in Berlin."""
    assert day_kind(date(2026, 5, 6), "Asia/Tokyo") == (2, True)
    assert day_kind(date(2026, 5, 6), "Europe/Berlin") == (2, False)
    assert day_kind(date(2026, 5, 10), "Europe/Berlin") == (6, True)


def test_the_calendar_counts_slots_of_the_local_day() -> None:
    """Slot 0 begins at local midnight, and the weekday turns with it."""
    midnight = Slot.at(datetime(2026, 5, 20, tzinfo=ZoneInfo("Asia/Tokyo")))
    rows = calendar(midnight.index - 1, 3, "Asia/Tokyo")
    assert rows.tolist() == [[47, 1, 0], [0, 2, 0], [1, 2, 0]]


@pytest.mark.parametrize(("slot_min", "spring", "autumn"), [(15, 92, 100), (30, 46, 50), (60, 23, 25)])
def test_the_calendar_follows_the_clock_where_it_changes(slot_min: int, spring: int, autumn: int) -> None:
    """The day of 23 hours leaves the hour from two out, that of 25 has it twice; the next day begins at its slot 0."""
    berlin = ZoneInfo("Europe/Berlin")
    for month, day, slots in ((3, 29, spring), (10, 25, autumn)):
        midnight = Slot.at(datetime(2026, month, day, tzinfo=berlin), slot_min).index
        places = calendar(midnight, slots + 1, "Europe/Berlin", slot_min)[:, 0].tolist()
        assert places[0] == places[-1] == 0
        assert places.count(120 // slot_min) == (0 if slots == spring else 2)
        assert places[-2] == 1_440 // slot_min - 1
