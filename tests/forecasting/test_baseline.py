"""The seasonal quantiles against a slow reading of their definition, and against the future."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasting.baseline import seasonal_quantiles
from forecasting.history import MISSING, History

FIRST_SLOT = 900_000


def random_history(seed: int, slots: int, missing_share: float = 0.0) -> History:
    chance = np.random.default_rng(seed)
    values = chance.integers(0, 2_000, (3, slots))
    values[chance.random(values.shape) < missing_share] = MISSING
    return History(values, FIRST_SLOT, "Asia/Tokyo")


def slow_quantiles(history: History, series: int, target: int) -> list[int]:
    """The definition, slot by slot: each neighbour's 14 most recent days that are already known."""
    seen = []
    for neighbour in (target - 1, target, target + 1):
        slot, days = neighbour, 0
        while days < 14:
            if slot <= history.last_slot:
                days += 1
                column = slot - history.first_slot
                if column >= 0 and history.values[series, column] != MISSING:
                    seen.append(history.values[series, column])
            slot -= 48
    return [int(np.rint(value)) for value in np.quantile(seen, (0.1, 0.5, 0.9))] if seen else [0, 0, 0]


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), lead=st.integers(1, 54), missing_share=st.sampled_from([0.0, 0.3, 0.95]))
def test_the_baseline_equals_its_slow_definition_at_every_lead(seed: int, lead: int, missing_share: float) -> None:
    """42 values, 14 known days of the target's slot and its two neighbours, missing ones left out."""
    history = random_history(seed, 16 * 48 + seed % 48, missing_share)
    first = history.last_slot + lead
    found = seasonal_quantiles(history, first, horizon=3)
    for series in range(3):
        for step in range(3):
            expected = slow_quantiles(history, series, first + step)
            assert np.abs(found[:, series, step] - expected).max() <= 1, (series, step)


def test_a_history_shorter_than_fourteen_days_gives_what_it_can() -> None:
    """Two known days are better than none; a time of day never seen gives zero."""
    two_days = History(np.full((1, 96), 500), FIRST_SLOT, "Asia/Tokyo")
    assert (seasonal_quantiles(two_days, FIRST_SLOT + 102, 48) == 500).all()
    nothing = History(np.full((1, 96), MISSING), FIRST_SLOT, "Asia/Tokyo")
    assert (seasonal_quantiles(nothing, FIRST_SLOT + 102, 48) == 0).all()


def test_a_target_inside_the_history_is_refused() -> None:
    """Nobody forecasts what is already known."""
    with pytest.raises(ValueError, match="already in the history"):
        seasonal_quantiles(random_history(1, 700), FIRST_SLOT + 699, 48)


@pytest.mark.parametrize("slot_min", [5, 15, 60])
def test_a_day_that_repeats_is_forecast_at_every_slot_length(slot_min: int) -> None:
    """The same time of day is a day's slots back, however many these are."""
    day_wh = 100 * (1 + np.arange(1_440 // slot_min) // (360 // slot_min))
    history = History(np.tile(day_wh, 20)[None], FIRST_SLOT, "Asia/Tokyo", slot_min=slot_min)
    found = seasonal_quantiles(history, FIRST_SLOT + 20 * len(day_wh), len(day_wh))
    assert np.array_equal(found[1, 0], day_wh)
