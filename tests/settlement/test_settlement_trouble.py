"""Trouble is noticed where figures show it, and a few odd days do not hide it."""

import statistics

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from domain.quantity import PPM
from settlement.trouble import changed, disagreeing, median, short, unusual

wh = st.integers(0, 10**7)
days = st.lists(st.integers(-(10**12), 10**12), min_size=1, max_size=30)


def column(*values: int) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    return np.array(values, np.int64)


@given(wh, st.integers(-1, 10**7))
def test_a_reading_counts_as_changed_only_where_one_is_known(billed_wh: int, known_wh: int) -> None:
    """Silence of a meter is no correction."""
    assert changed(column(billed_wh), column(known_wh))[0] == (known_wh not in (-1, billed_wh))


@given(wh, wh, st.integers(0, PPM))
def test_short_is_more_missing_than_the_share(sold_wh: int, delivered_wh: int, share_ppm: int) -> None:
    """As exact fractions say; whoever delivered all of it is never short."""
    assert short(column(sold_wh), column(delivered_wh), share_ppm)[0] == (
        (sold_wh - delivered_wh) * PPM > sold_wh * share_ppm
    )
    assert not short(column(sold_wh), column(sold_wh), share_ppm)[0]


@given(wh, wh, st.integers(0, PPM), st.integers(1, 10**6))
def test_losses_and_use_are_no_disagreement(into_wh: int, used_wh: int, tolerance_ppm: int, beyond_wh: int) -> None:
    """Less may come out than went in; more only within the tolerance."""
    explained = into_wh + into_wh * tolerance_ppm // PPM
    assert not disagreeing(column(into_wh), column(max(into_wh - used_wh, 0)), tolerance_ppm)[0]
    assert not disagreeing(column(into_wh), column(explained), tolerance_ppm)[0]
    assert disagreeing(column(into_wh), column(explained + beyond_wh), tolerance_ppm)[0]


@given(days)
def test_the_median_is_that_of_the_standard_library(values: list[int]) -> None:
    """Rounded down where the middle is a half."""
    exact = statistics.median_low(values), statistics.median_high(values)
    assert median(values) == sum(exact) // 2


@given(days, st.integers(1, 9), st.integers(0, 10**9))
def test_the_usual_bill_is_never_unusual(own: list[int], spreads: int, least_ujpy: int) -> None:
    """Nor is anything where too few days are known, or the difference is nobody's trouble."""
    assert not unusual(median(own), own, spreads, 1, least_ujpy)
    assert not unusual(10**15, own, spreads, len(own) + 1, least_ujpy)
    assert not unusual(median(own) + least_ujpy, own, spreads, 1, least_ujpy)


@given(st.lists(st.integers(-1_000, 1_000), min_size=15, max_size=28), st.lists(st.integers(10**9, 10**12), max_size=6))
def test_a_few_odd_days_do_not_hide_one_more(usual: list[int], odd: list[int]) -> None:
    """Fewer than half of the days may be anything: what lies far outside the others is still seen."""
    assert unusual(10**9, [*usual, *odd], 6, 7, 100_000)
