"""What the load model looks at, computed for any origin from what was known there.

Everything is divided by the series' own level (its mean over the last 28 days), so one model serves every home and
carries over to homes it never saw. The same time of day on earlier days says most; the last hours say how today
differs; the calendar says little.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forecasting.baseline import QUANTILES, quantile_of_known, same_time_of_day
from forecasting.history import Reals, mean_of_known

DAYS = 28
LEVEL_FLOOR_WH = 1.0
NAMES = (
    "lead",
    "slot_of_day",
    "weekday",
    "day_off",
    "p10_14d",
    "p50_14d",
    "p90_14d",
    "median_11",
    "median_11_before",
    "median_11_after",
    "mean_7d",
    "mean_3d",
    "p25_28d",
    "p50_28d",
    "p75_28d",
    "max_28d",
    "yesterday",
    "yesterday_smooth",
    "last_week",
    "weekday_mean",
    "level_1d",
    "level_7d",
    "last_slot",
    "last_2h",
    "last_6h",
    "last_2h_usual",
    "last_6h_usual",
    "spread_28d",
    "p10_all",
    "p90_all",
)


@dataclass(frozen=True, slots=True)
class Rows:
    """Model input of one origin. inputs: shape (series, leads, features); level_wh: shape (series,)."""

    inputs: Reals
    level_wh: Reals


def load_rows(window_wh: Reals, leads: NDArray[np.int64], clock: NDArray[np.int64]) -> Rows:
    """Inputs of every series and lead from the 28 days that end at the last known slot.

    window_wh: shape (series, 28 days of slots), NaN where missing. leads: shape (leads,), slots from the last known one
    to each target. clock: shape (leads, 3), `history.calendar` of the targets.
    """
    per_day = window_wh.shape[1] // DAYS
    level = np.fmax(mean_of_known(window_wh), np.float32(LEVEL_FLOOR_WH))
    window: Reals = (window_wh / level[:, None]).astype(np.float32)
    alike = same_time_of_day(window, leads, DAYS, per_day)
    shape = alike.shape[:2]
    columns = [np.broadcast_to(part, shape) for part in (leads, *clock.T)]
    columns += _time_of_day(alike, leads, per_day)
    columns += [np.broadcast_to(part[:, None], shape) for part in _recent(window, per_day)]
    return Rows(np.stack(columns, axis=-1).astype(np.float32), level)


def _time_of_day(alike: Reals, leads: NDArray[np.int64], per_day: int) -> list[Reals]:
    """The same time of day on earlier days, in the order of NAMES."""
    same = alike[:, :, 1]
    weekly = _weekly(alike, leads, per_day)
    pooled = alike[..., -14:].reshape(*alike.shape[:2], -1)
    (median_11,) = quantile_of_known(np.concatenate([alike[..., -7:], weekly], axis=-1), (0.5,))
    return [
        *quantile_of_known(pooled, QUANTILES),
        median_11[:, :, 1],
        median_11[:, :, 0],
        median_11[:, :, 2],
        mean_of_known(alike[..., -7:].mean(axis=2)),
        mean_of_known(alike[..., -3:].mean(axis=2)),
        *quantile_of_known(same, (0.25, 0.5, 0.75, 1.0)),
        same[..., -1],
        alike[..., -1].mean(axis=2),
        weekly[:, :, 1, 0],
        mean_of_known(weekly.mean(axis=2)),
    ]


def _weekly(alike: Reals, leads: NDArray[np.int64], per_day: int) -> Reals:
    """One to four weeks before each target. Shape (series, leads, 3, 4)."""
    beyond = (leads[:, None] - 1 + np.array((-1, 0, 1))) // per_day
    day = np.minimum(DAYS - np.array((7, 14, 21, 28)) + beyond[..., None], DAYS - 1)
    return np.take_along_axis(alike, np.broadcast_to(day, (*alike.shape[:3], 4)), axis=-1)


def _recent(window: Reals, per_day: int) -> list[Reals]:
    """How the last hours and days ran, per series, in the order of NAMES."""
    two_hours, six_hours = per_day // 12, per_day // 4
    week = window[:, -8 * per_day : -per_day].reshape(-1, 7, per_day)
    usual = mean_of_known(week.transpose(0, 2, 1))
    day = mean_of_known(window[:, -per_day:])
    spread = np.sqrt(mean_of_known((window - mean_of_known(window)[:, None]) ** 2))
    return [
        day,
        mean_of_known(window[:, -7 * per_day :]),
        window[:, -1],
        mean_of_known(window[:, -two_hours:]),
        mean_of_known(window[:, -six_hours:]),
        mean_of_known(usual[:, -two_hours:]),
        mean_of_known(usual[:, -six_hours:]),
        spread,
        *quantile_of_known(window, (0.1, 0.9)),
    ]
