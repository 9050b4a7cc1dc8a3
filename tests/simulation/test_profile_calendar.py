"""Delivery dates on the profile year 2016: weekday and season hold, and no slot is without a row."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from domain.slot import Slot, slots_of_day, slots_per_day
from simulation.calendar import PROFILE_DAYS, first_slot, local_day, profile_rows

TOKYO = ZoneInfo("Asia/Tokyo")
PER_DAY = 48
lengths = st.sampled_from((5, 15, 30, 60))
days = st.dates(date(2020, 1, 1), date(2034, 12, 31))


def profile_date(day: date) -> date:
    """The date of 2016 whose profile a delivery date takes."""
    row = int(profile_rows(first_slot(day), first_slot(day) + 1)[0])
    assert row % PER_DAY == 0
    return date(2016, 1, 1) + timedelta(row // PER_DAY)


def test_a_wednesday_in_may_2026_takes_a_wednesday_in_may_2016() -> None:
    """The shift is 3,654 days for 2026."""
    assert profile_date(date(2026, 5, 20)) == date(2016, 5, 18)


@given(days)
def test_every_date_falls_on_its_weekday_in_2016(day: date) -> None:
    """The shift is whole weeks, and the wrap at the year's ends too."""
    found = profile_date(day)
    assert found.year == 2016
    assert found.weekday() == day.weekday()


@given(st.dates(date(2025, 1, 1), date(2028, 12, 31)))
def test_the_season_holds_within_some_days(day: date) -> None:
    """Around 2026 a delivery date lies within eight days of its place in the year."""
    distance = abs((profile_date(day) - date(2016, 1, 1)).days - (day - date(day.year, 1, 1)).days)
    assert min(distance, PROFILE_DAYS - distance) <= 8


@given(days, lengths)
def test_a_local_day_is_that_of_the_markets_time_zone(day: date, length_min: int) -> None:
    """The constant nine hours agree with the time zone database, slot by slot."""
    slots, places = slots_of_day(day, TOKYO, length_min), range(slots_per_day(length_min))
    assert slots[0].index == first_slot(day, length_min)
    assert [local_day(slot.index, length_min) for slot in slots] == [(day, part) for part in places]
    assert Slot(first_slot(day, length_min), length_min).label(TOKYO) == f"{day} 00:00"


@given(days, lengths)
def test_a_shorter_slot_takes_its_part_of_the_row_of_a_longer_one(day: date, length_min: int) -> None:
    """Law: the moment decides which moment of 2016 it takes, not the length of the slot around it."""
    hours = profile_rows(first_slot(day, 60), first_slot(day, 60) + 24, 60)
    parts = 60 // length_min
    rows = profile_rows(first_slot(day, length_min), first_slot(day, length_min) + 24 * parts, length_min)
    assert (rows // parts == hours.repeat(parts)).all()


@given(days, st.integers(0, 200))
def test_many_rows_are_the_single_rows_one_after_the_other(day: date, count: int) -> None:
    """Rows of a range do not depend on where the range begins, and lie inside the year."""
    start = first_slot(day) + 5
    rows = profile_rows(start, start + count).tolist()
    assert rows == [int(profile_rows(slot, slot + 1)[0]) for slot in range(start, start + count)]
    assert all(0 <= row < PROFILE_DAYS * PER_DAY for row in rows)
