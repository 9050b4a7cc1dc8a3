"""A market's slots on its own clock: Japan's, other lengths, and days on which clocks change."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.product import SLOT_LENGTHS_MIN, Product
from policies.pack import load_pack
from policies.products import traded_product
from services.market_time import METERED_AFTER_MIN, MarketTime

JAPAN = traded_product(load_pack("jp"))
BERLIN, TOKYO = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Tokyo")
SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)
markets = st.builds(
    lambda length, closes, zone: MarketTime(replace(JAPAN, slot_min=length, closes_before_min=closes), zone),
    st.sampled_from(SLOT_LENGTHS_MIN),
    st.integers(JAPAN.matched_before_min, 300),
    st.sampled_from((BERLIN, TOKYO)),
)
slots = st.integers(90_000, 6_500_000)


def market(slot_min: int, zone: ZoneInfo = TOKYO) -> MarketTime:
    return MarketTime(replace(JAPAN, slot_min=slot_min), zone)


def test_japan_closes_four_slots_before_and_meters_three_slots_after() -> None:
    """T-120, T-75, T-60 and T+90 minutes; the last known slot is seven slots back."""
    japan = MarketTime(JAPAN, TOKYO)
    slot = japan.at(datetime(2026, 5, 20, 13, 0, tzinfo=TOKYO))
    assert (japan.slot_min, japan.per_day, japan.ahead, japan.behind, japan.unknown) == (30, 48, 4, 3, 7)
    assert japan.moment("contracted", slot) == datetime(2026, 5, 20, 2, 45, tzinfo=UTC)
    assert japan.moment("gate", slot) == datetime(2026, 5, 20, 3, 0, tzinfo=UTC)


@pytest.mark.parametrize(("slot_min", "ahead", "behind"), [(5, 24, 13), (15, 8, 5), (30, 4, 3), (60, 2, 2)])
def test_the_same_gate_times_are_other_numbers_of_slots(slot_min: int, ahead: int, behind: int) -> None:
    """Two hours before the slot begins, one hour after it has ended."""
    assert (market(slot_min).ahead, market(slot_min).behind) == (ahead, behind)


@given(markets, slots)
def test_a_book_closes_at_the_last_tick_in_time(time: MarketTime, slot: int) -> None:
    """Law: not later than the product says, and less than a slot earlier."""
    tick, said = time.start(slot - time.ahead), time.moment("closes", slot)
    assert timedelta(0) <= said - tick < timedelta(minutes=time.slot_min)


@given(markets, slots)
def test_a_slot_is_metered_at_the_first_tick_at_which_its_readings_are_in(time: MarketTime, slot: int) -> None:
    """Law: not before an hour after its end, and less than a slot later."""
    due = time.slot(slot).end + timedelta(minutes=METERED_AFTER_MIN)
    assert timedelta(0) <= time.start(slot + time.behind) - due < timedelta(minutes=time.slot_min)


@given(markets, slots)
def test_what_is_known_when_a_book_closes_has_been_metered_by_then(time: MarketTime, slot: int) -> None:
    """Law: the last known slot's readings are in at the tick of the book, those of the next one are not."""
    assert slot - time.unknown + time.behind == slot - time.ahead


@pytest.mark.parametrize(("slot_min", "spring", "autumn"), [(5, 276, 300), (15, 92, 100), (30, 46, 50), (60, 23, 25)])
def test_the_days_on_which_clocks_change_have_23_and_25_hours(slot_min: int, spring: int, autumn: int) -> None:
    """Slots follow each other without gap, and the next day begins where the last one ended."""
    time = market(slot_min, BERLIN)
    for day, count in ((SPRING, spring), (AUTUMN, autumn)):
        found = time.slots_of(day)
        assert found == list(range(found[0], found[0] + count))
        assert time.slots_of(day + timedelta(1))[0] == found[-1] + 1
        assert {time.day_of(slot) for slot in found} == {day}


@pytest.mark.parametrize("slot_min", SLOT_LENGTHS_MIN)
def test_the_place_in_the_day_is_what_the_clock_says(slot_min: int) -> None:
    """In spring the hour from two is nobody's place, in autumn it is that of two hours; noon is noon on every day."""
    time, per_hour = market(slot_min, BERLIN), 60 // slot_min
    places = {day: [time.place_in_day(slot) for slot in time.slots_of(day)] for day in (SPRING, AUTUMN)}
    hour_from_two = range(2 * per_hour, 3 * per_hour)
    assert not set(hour_from_two) & set(places[SPRING])
    assert all(places[AUTUMN].count(place) == 2 for place in hour_from_two)
    for day in (SPRING, AUTUMN):
        noon = time.at(datetime(day.year, day.month, day.day, 12, tzinfo=BERLIN))
        assert time.place_in_day(noon) == time.per_day // 2
        assert max(places[day]) == time.per_day - 1


def test_a_market_keeps_the_times_of_its_product() -> None:
    """Nothing but the product says when a book closes."""
    late = MarketTime(Product("x", 15, 600, 45, 30, 20, 10, 5), BERLIN)
    assert (late.ahead, late.behind, late.unknown) == (3, 5, 8)
