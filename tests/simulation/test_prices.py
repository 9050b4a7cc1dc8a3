"""Made-up wholesale and imbalance prices: shaped like Tokyo's, the same for a seed, in whole ticks."""

from datetime import date
from pathlib import Path
from statistics import mean

from simulation.calendar import first_slot
from simulation.community import Community, load_community
from simulation.prices import Prices


def of_day(prices: Prices, day: date) -> list[int]:
    """The 48 wholesale prices of a day."""
    return [prices.wholesale(first_slot(day) + part) for part in range(48)]


def test_a_sunny_day_in_may_dips_at_noon_and_peaks_in_the_evening(community: Community) -> None:
    """The traded day of the demonstration: noon below 9 JPY, evening 13 to 25 JPY, mean 8 to 14 JPY."""
    day = of_day(Prices(community), date(2026, 5, 20))
    assert min(day) == min(day[20:30]) < 9_000
    assert 13_000 < max(day) == max(day[35:42]) < 25_000
    assert 8_000 < mean(day) < 14_000


def test_prices_follow_the_sky_and_the_season(community: Community) -> None:
    """Sunnier days are cheaper at noon; July to September costs more than April to June."""
    prices = Prices(community)
    days = [date(2026, 5, n) for n in range(1, 32)]
    by_sun = sorted(days, key=prices.sunshine_permille)
    noon = {day: of_day(prices, day)[24] for day in days}
    assert mean(noon[day] for day in by_sun[-8:]) < mean(noon[day] for day in by_sun[:8]) - 1_000
    summer = mean(mean(of_day(prices, date(2026, month, 15))) for month in (7, 8, 9))
    assert summer > mean(mean(of_day(prices, date(2026, month, 15))) for month in (4, 5, 6))


def test_the_same_seed_gives_the_same_prices_in_any_order(community: Community, stored: Path) -> None:
    """A resumed run asks for slots in another order and finds what the first one found."""
    forward, backward = Prices(community), Prices(community)
    slots = range(first_slot(date(2026, 5, 20)), first_slot(date(2026, 5, 21)))
    there = {slot: (forward.wholesale(slot), forward.imbalance(slot, 5)) for slot in slots}
    back = {slot: (backward.wholesale(slot), backward.imbalance(slot, 5)) for slot in reversed(slots)}
    assert there == back
    other = Prices(load_community(stored, seed=8))
    assert [other.wholesale(slot) for slot in slots] != [price for price, _ in there.values()]


def test_prices_stand_on_ticks_above_zero(community: Community) -> None:
    """0.01 JPY is the market's step and its floor, whatever the imbalance."""
    prices = Prices(community)
    start = first_slot(date(2026, 5, 3))
    for slot in range(start, start + 96):
        for price in (prices.wholesale(slot), prices.imbalance(slot, -(10**12)), prices.imbalance(slot, 10**12)):
            assert price >= 10
            assert price % 10 == 0


def test_imbalance_leans_the_way_the_community_leans(community: Community) -> None:
    """Short pushes it up and long pushes it down, by at most 3 JPY, on top of noise that goes both ways."""
    prices = Prices(community)
    slots = range(first_slot(date(2026, 5, 20)), first_slot(date(2026, 5, 24)))
    short = [prices.imbalance(slot, 20_000) - prices.wholesale(slot) for slot in slots]
    long = [prices.imbalance(slot, -20_000) - prices.wholesale(slot) for slot in slots]
    assert mean(short) > 2_000 > -2_000 > mean(long)
    assert min(short) < 0 < max(long)
    assert all(0 <= high - low <= 6_010 for high, low in zip(short, long, strict=True))
