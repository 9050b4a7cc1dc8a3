"""Slots: counted in UTC, shown in the market's time zone, whatever its clocks do."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.slot import Slot, slot_wh, slots_of_day, slots_per_day

ZONES = ("Asia/Tokyo", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC")
zones = st.sampled_from(ZONES).map(ZoneInfo)
whole_zones = st.sampled_from([name for name in ZONES if name != "Asia/Kathmandu"]).map(ZoneInfo)
lengths = st.sampled_from((5, 15, 30, 60))
moments = st.integers(157_766_400, 2_840_140_800).map(lambda second: datetime.fromtimestamp(second, UTC))
days = st.dates(date(1990, 1, 1), date(2060, 1, 1))


@given(moments, zones, lengths)
def test_a_moment_lies_in_its_slot_whatever_clock_told_it(moment: datetime, zone: ZoneInfo, length_min: int) -> None:
    """Law: start <= moment < end, and the same moment on another clock is in the same slot."""
    slot = Slot.at(moment.astimezone(zone), length_min)
    assert slot.start <= moment < slot.end
    assert slot.end - slot.start == timedelta(minutes=length_min)
    assert slot == Slot.at(moment, length_min)


@given(st.integers(-1_000_000, 3_000_000), st.integers(-100_000, 100_000), lengths)
def test_slots_are_counted_without_gaps(index: int, steps: int, length_min: int) -> None:
    """Law: a slot is found again from its start, and a step moves the start by its length exactly."""
    slot = Slot(index, length_min)
    assert Slot.at(slot.start, length_min) == slot
    assert (slot + steps).start - slot.start == steps * timedelta(minutes=length_min)
    assert (slot + 1).start == slot.end


@given(days, whole_zones)
def test_the_slots_of_a_day_are_those_that_begin_on_it(day: date, zone: ZoneInfo) -> None:
    """Law: consecutive, all of the day and none of its neighbours, in any zone whose clock changes by half hours."""
    slots = slots_of_day(day, zone)
    assert [slot.index for slot in slots] == list(range(slots[0].index, slots[-1].index + 1))
    assert {slot.local_start(zone).date() for slot in slots} == {day}
    assert (slots[0] + -1).local_start(zone).date() < day < (slots[-1] + 1).local_start(zone).date()


@given(days, lengths)
def test_a_day_in_japan_has_the_slots_of_24_hours(day: date, length_min: int) -> None:
    """No clock changes there: 288, 96, 48 or 24."""
    slots = slots_of_day(day, ZoneInfo("Asia/Tokyo"), length_min)
    assert len(slots) == slots_per_day(length_min) == 1_440 // length_min


@given(st.integers(0, 10_000_000), lengths)
def test_a_slots_energy_is_its_share_of_the_hour_in_whole_wh(power_w: int, length_min: int) -> None:
    """Law: never more than the power gives, and less than one Wh short of it."""
    assert 0 <= power_w * length_min - 60 * slot_wh(power_w, length_min) < 60


@pytest.mark.parametrize(
    ("day", "zone", "slots"),
    [
        (date(2026, 3, 29), "Europe/Berlin", 46),
        (date(2026, 10, 25), "Europe/Berlin", 50),
        (date(2026, 3, 8), "America/New_York", 46),
        (date(2026, 11, 1), "America/New_York", 50),
        (date(2026, 10, 4), "Australia/Lord_Howe", 47),
        (date(2026, 4, 5), "Australia/Lord_Howe", 49),
    ],
)
def test_a_day_on_which_clocks_change_is_shorter_or_longer(day: date, zone: str, slots: int) -> None:
    """One hour is two half hours or four quarters; on Lord Howe Island it is half an hour."""
    assert len(slots_of_day(day, ZoneInfo(zone))) == slots
    assert len(slots_of_day(day, ZoneInfo(zone), 15)) == 2 * slots


def test_the_hour_that_comes_twice_has_two_labels_alike_and_four_slots() -> None:
    """Labels are for people; only the count tells the two apart."""
    berlin = ZoneInfo("Europe/Berlin")
    labels = [slot.label(berlin) for slot in slots_of_day(date(2026, 10, 25), berlin)]
    assert labels[4:8] == ["2026-10-25 02:00", "2026-10-25 02:30"] * 2
    assert Slot(988_446).label(ZoneInfo("Asia/Tokyo")) == "2026-05-20 00:00"


def test_a_moment_without_its_zone_is_refused() -> None:
    """Whose clock it was would be a guess."""
    with pytest.raises(ValueError, match="needs its time zone"):
        Slot.at(Slot(988_446).start.replace(tzinfo=None))
