"""Pinball loss and its ratio on numbers small enough to check by hand."""

import numpy as np
import pytest

from forecasting.history import MISSING
from forecasting.scoring import pinball_ratio, pinball_wh

ACTUAL = np.array([[100, 200], [50, MISSING]])
MODEL = np.array([[[90, 150], [60, 0]], [[100, 200], [70, 0]], [[110, 260], [80, 0]]])


def test_pinball_is_the_mean_of_three_quantile_losses() -> None:
    """P10 90 for 100 costs 0.1 x 10, P50 100 nothing, P90 110 costs 0.1 x 10."""
    first = (1 + 0 + 1) / 3
    second = (5 + 0 + 6) / 3
    third = (9 + 10 + 3) / 3
    assert pinball_wh(ACTUAL[:1], MODEL[:, :1]) == pytest.approx((first + second) / 2)
    assert pinball_wh(ACTUAL, MODEL) == pytest.approx((first + second + third) / 3)


def test_missing_readings_count_neither_for_nor_against() -> None:
    """What was never read cannot be scored."""
    other = MODEL.copy()
    other[:, 1, 1] = 9_999
    assert pinball_wh(ACTUAL, other) == pinball_wh(ACTUAL, MODEL)


def test_the_ratio_is_one_against_oneself_and_takes_only_the_series_asked_for() -> None:
    """Series that share a profile are scored once: the caller names the distinct ones."""
    better = np.repeat(ACTUAL[None], 3, axis=0)
    mixed = MODEL.copy()
    mixed[:, 0] = better[:, 0]
    assert pinball_ratio(ACTUAL, MODEL, MODEL) == 1
    assert pinball_ratio(ACTUAL, mixed, MODEL, [0]) == 0
    assert pinball_ratio(ACTUAL, mixed, MODEL, [1]) == 1
