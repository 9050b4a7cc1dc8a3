"""Transaction costs: every cost is borne once, failures are borne by what stands, and no saving is claimed lightly."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from settlement.activity_costs import BASELINE, COSTS
from settlement.transaction_cost import (
    SHOWN_AT_MOST_PPM,
    Activity,
    Baseline,
    Verdict,
    contract_costs,
    per_kwh_mjpy,
    ratio,
)

rows = st.lists(
    st.tuples(st.lists(st.integers(0, 5_000), min_size=5, max_size=5), st.booleans(), st.integers(0, 900)), max_size=12
)


def columns(
    given_: list[tuple[list[int], bool, int]],
) -> tuple[dict[Activity, np.ndarray[tuple[int], np.dtype[np.int64]]], np.ndarray[tuple[int], np.dtype[np.int64]], int]:
    counts = {name: np.array([row[0][at] for row in given_], np.int64) for at, name in enumerate(Activity)}
    stands = np.array([row[1] for row in given_], np.int64)
    return counts, stands, sum(row[2] for row in given_ if row[1])


@given(rows)
def test_every_cost_is_borne_once_by_what_stands(given_: list[tuple[list[int], bool, int]]) -> None:
    """The sum over the standing contracts is every activity at its price, whatever failed; low is never above high."""
    counts, stands, energy_wh = columns(given_)
    found = contract_costs(counts, COSTS, stands, energy_wh)
    for borne, high in ((found.low_ujpy, False), (found.high_ujpy, True)):
        whole = sum(
            number * (COSTS[name].high_ujpy if high else COSTS[name].low_ujpy)
            for row in given_
            for name, number in zip(Activity, row[0], strict=True)
        )
        assert int(borne.sum()) == (whole if stands.any() else 0)
    assert (found.low_ujpy <= found.high_ujpy).all() or not stands.all()
    assert len(found.low_ujpy) == stands.sum()


@given(rows, st.integers(1, 5_000), st.integers(0, 5_000))
def test_the_ratio_is_rounded_away_from_what_is_claimed(
    given_: list[tuple[list[int], bool, int]], low: int, more: int
) -> None:
    """Against exact fractions: the interval holds the true one, and is at most a part in a million wider at an end."""
    counts, stands, energy_wh = columns(given_)
    found = contract_costs(counts, COSTS, stands, energy_wh)
    told = ratio(found, Baseline(low, low + more, 100, "test"))
    if not energy_wh:
        assert told is None
        return
    assert told is not None
    least = Fraction(int(found.low_ujpy.sum()) * 1_000_000, energy_wh * (low + more))
    most = Fraction(int(found.high_ujpy.sum()) * 1_000_000, energy_wh * low)
    assert 0 <= least - told.low_ppm < 1
    assert 0 <= told.high_ppm - most < 1
    assert (told.verdict is Verdict.SHOWN) == (told.high_ppm <= SHOWN_AT_MOST_PPM)
    assert (told.verdict is Verdict.REFUTED) == (told.low_ppm > SHOWN_AT_MOST_PPM)


@pytest.mark.parametrize(("contracts", "verdict"), [(0, "not shown"), (99, "not shown"), (100, "shown")])
def test_an_assumed_baseline_shows_nothing(contracts: int, verdict: str) -> None:
    """However cheap trading is."""
    counts = {name: np.array([0], np.int64) for name in Activity}
    free = contract_costs(counts, COSTS, np.array([1], np.int64), 1_000)
    told = ratio(free, BASELINE._replace(contracts=contracts))
    assert told is not None
    assert (told.high_ppm, str(told.verdict)) == (0, verdict)


def test_a_cost_a_kwh_is_rounded_up() -> None:
    """1 uJPY over 3 kWh is a mJPY a kWh at most."""
    assert per_kwh_mjpy(1, 3_000) == 1
    assert per_kwh_mjpy(4_500_000, 3_000) == 1_500
    assert per_kwh_mjpy(1, 0) is None
