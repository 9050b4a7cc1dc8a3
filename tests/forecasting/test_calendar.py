"""The days a history falls on, on the market's own clock."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

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
