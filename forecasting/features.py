"""What the load model looks at, computed for any origin from what was known there.

Everything is divided by the series' own level (its mean over the last 28 known days), so one model serves every home and
carries over to homes it never saw. The same time of day on earlier days says most; the last hours say how today differs;
the calendar says little.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forecasting.baseline import QUANTILES, quantile_of_known, same_time_of_day
from forecasting.history import SLOTS_PER_DAY, Reals

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
    "fleet_2h",
    "fleet_1d",
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

    window_wh: shape (series, 28 * 48), NaN where missing. leads: shape (leads,), slots from the last known one to each
    target. clock: shape (leads, 3), `history.calendar` of the targets.
    """
    level = np.maximum(_mean(window_wh), LEVEL_FLOOR_WH)
    window = window_wh / level[:, None]
    alike = same_time_of_day(window, leads, DAYS)
    shape = alike.shape[:2]
    columns = [np.broadcast_to(part, shape) for part in (leads, *clock.T)]
    columns += _time_of_day(alike, leads)
    columns += [np.broadcast_to(part[:, None], shape) for part in _recent(window)]
    return Rows(np.stack(columns, axis=-1).astype(np.float32), level)


def _time_of_day(alike: Reals, leads: NDArray[np.int64]) -> list[Reals]:
    """The same time of day on earlier days, in the order of NAMES."""
    same = alike[:, :, 1]
    weekly = _weekly(alike, leads)
    pooled = alike[..., -14:].reshape(*alike.shape[:2], -1)
    median_11 = np.nanmedian(np.concatenate([alike[..., -7:], weekly], axis=-1), axis=-1) if np.isnan(alike).any() else np.median(np.concatenate([alike[..., -7:], weekly], axis=-1), axis=-1)
    return [
        *quantile_of_known(pooled, QUANTILES),
        median_11[:, :, 1],
        median_11[:, :, 0],
        median_11[:, :, 2],
        _mean(alike[..., -7:].mean(axis=2)),
        _mean(alike[..., -3:].mean(axis=2)),
        *quantile_of_known(same, (0.25, 0.5, 0.75, 1.0)),
        same[..., -1],
        alike[..., -1].mean(axis=2),
        weekly[:, :, 1, 0],
        _mean(weekly.mean(axis=2)),
    ]


def _weekly(alike: Reals, leads: NDArray[np.int64]) -> Reals:
    """One to four weeks before each target. Shape (series, leads, 3, 4)."""
    beyond = (leads[:, None] - 1 + np.array((-1, 0, 1))) // SLOTS_PER_DAY
    day = np.minimum(DAYS - np.array((7, 14, 21, 28)) + beyond[..., None], DAYS - 1)
    return np.take_along_axis(alike, np.broadcast_to(day, (*alike.shape[:3], 4)), axis=-1)


def _recent(window: Reals) -> list[Reals]:
    """How the last hours and days ran, per series, in the order of NAMES."""
    usual = window[:, -8 * SLOTS_PER_DAY : -SLOTS_PER_DAY].reshape(-1, 7, SLOTS_PER_DAY).mean(axis=1)
    day = _mean(window[:, -SLOTS_PER_DAY:])
    hours_2 = _mean(window[:, -4:])
    spread = np.nanstd(window, axis=1)
    tails = quantile_of_known(window, (0.1, 0.9))
    return [
        day,
        _mean(window[:, -7 * SLOTS_PER_DAY :]),
        window[:, -1],
        hours_2,
        _mean(window[:, -12:]),
        _mean(usual[:, -4:]),
        _mean(usual[:, -12:]),
        np.full_like(day, np.nanmean(hours_2 - _mean(usual[:, -4:]))),
        np.full_like(day, np.nanmean(day)),
        spread,
        *tails,
    ]


def _mean(values: Reals) -> Reals:
    """Mean over the last axis of what is known, NaN where nothing is."""
    unknown = np.isnan(values)
    if not unknown.any():
        return values.mean(axis=-1)
    known = (~unknown).sum(axis=-1).astype(np.float32)
    total = np.where(unknown, np.float32(0), values).sum(axis=-1)
    result: Reals = np.divide(total, known, out=np.full_like(total, np.nan), where=known > 0)
    return result
