"""What a roof will make, learnt as a share of what it could make under a clear sky.

The clear sky is read off the roof itself: per time of day the 95 % quantile of its last 30 days (the envelope), so
tilt, shade and season are in it without being known. The model predicts the share of the envelope; the share the whole
neighbourhood reached in the last hours tells of the clouds above it. What names a past day (its total, the day before)
is left out on purpose: 56 days under one sky are too few, and trees learnt them by heart. Night is zero.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecasting.baseline import quantile_of_known, same_time_of_day, seasonal_quantiles
from forecasting.boosting import OUTPUTS, Learner, Size, fit
from forecasting.history import History, Reals, calendar
from forecasting.origins import origins

DAYS = 30
USUAL_DAYS = 14
HOURS_PER_DAY = 24
SEASONAL_SHARE = 0.2
LAST_HOURS = (1, 3, 6)
DAYS_BEFORE_FIRST_ROW = 10
ORIGIN_STEP_MIN = 90
ROWS_MAX = 40_000
SIZE = Size(trees=50, leaves=15, rows_per_leaf=300, learning_rate=0.1)
CLEAR_SKY_QUANTILE = 0.95
NIGHT_SHARE = 0.01
NAMES = (
    "lead",
    "slot_of_day",
    "sun_height",
    "sun_before",
    "sun_after",
    "p50_14d",
    "share_1h",
    "share_3h",
    "share_6h",
    "sun_3h",
    "fleet_1h",
    "fleet_3h",
    "fleet_6h",
)


@dataclass(frozen=True, slots=True)
class SolarRows:
    """Model input of one origin.

    inputs: shape (series, leads, features). envelope_wh: shape (series, leads), Wh, 0 at night.
    """

    inputs: Reals
    envelope_wh: Reals


def envelope(window_wh: Reals) -> Reals:
    """Clear-sky energy by time of day, in the order of the window's last day. Shape (series, slots), Wh, 0 at night.

    window_wh: shape (series, 30 days of slots), NaN where missing. Night is where it gives under 1 % of the best
    time of day.
    """
    series, slots = window_wh.shape
    by_day = window_wh.reshape(series, DAYS, slots // DAYS)
    clear = np.nan_to_num(quantile_of_known(by_day.transpose(0, 2, 1), (CLEAR_SKY_QUANTILE,))[0])
    best = clear.max(axis=1, keepdims=True, initial=0)
    result: Reals = np.where(clear > NIGHT_SHARE * best, clear, 0).astype(np.float32)
    return result


def solar_rows(window_wh: Reals, leads: NDArray[np.int64], clock: NDArray[np.int64]) -> SolarRows:
    """Inputs of every series and lead from the 30 days that end at the last known slot.

    window_wh: shape (series, 30 days of slots). leads: shape (leads,). clock: shape (leads, 3), `history.calendar` of
    the targets.
    """
    clear = envelope(window_wh)
    share = window_wh / np.tile(np.where(clear > 0, clear, np.float32(np.nan)), DAYS)
    shape = (window_wh.shape[0], len(leads))
    columns: list[NDArray[Any]] = [np.broadcast_to(leads, shape), np.broadcast_to(clock[:, 0], shape)]
    columns += _sun(clear, leads)
    columns.append(_usual_share(share, leads))
    columns += [np.broadcast_to(part[:, None], shape) for part in _recent(window_wh, clear)]
    here = clear[:, (leads - 1) % clear.shape[1]]
    return SolarRows(np.stack(columns, axis=-1).astype(np.float32), here)


def _sun(clear: Reals, leads: NDArray[np.int64]) -> list[Reals]:
    """Where the target stands on its own clear day, and the slots beside it."""
    relative = clear / np.maximum(clear.max(axis=1, keepdims=True, initial=0), 1)
    return [relative[:, (leads - 1 + step) % clear.shape[1]] for step in (0, -1, 1)]


def _usual_share(share: Reals, leads: NDArray[np.int64]) -> Reals:
    """The median share of 14 days and 3 slots. Shape (series, leads)."""
    alike = same_time_of_day(share, leads, USUAL_DAYS, share.shape[1] // DAYS)
    median: Reals = quantile_of_known(alike.reshape(*alike.shape[:2], 3 * USUAL_DAYS), (0.5,))[0]
    return median


def _recent(window_wh: Reals, clear: Reals) -> list[Reals]:
    """The share reached lately by each roof and by all of them, in the order of NAMES."""
    sun = np.where(np.isnan(window_wh), np.float32(0), np.tile(clear, DAYS))
    made = np.where(sun > 0, np.nan_to_num(window_wh), np.float32(0))
    best = np.maximum(clear.max(axis=1, initial=0), 1)
    per_hour = clear.shape[1] // HOURS_PER_DAY
    own = [_share(made, sun, hours * per_hour) for hours in LAST_HOURS]
    together = (made / best[:, None]).sum(axis=0, keepdims=True), (sun / best[:, None]).sum(axis=0, keepdims=True)
    fleet = [np.broadcast_to(_share(*together, hours * per_hour), best.shape) for hours in LAST_HOURS]
    return [*own, sun[:, -3 * per_hour :].sum(axis=1) / best, *fleet]


def _share(made: Reals, sun: Reals, slots: int) -> Reals:
    """Energy made over energy the clear sky would have given in the last slots, NaN at night."""
    given = sun[:, -slots:].sum(axis=1)
    reached: Reals = np.divide(made[:, -slots:].sum(axis=1), given, out=np.full_like(given, np.nan), where=given > 0)
    return reached


def train_solar(history: History, lead: int, seed: int) -> Learner:
    """Learn the share of the envelope from a history of more than 11 days, at ``lead`` slots and beyond.

    Raises ValueError when it is shorter.

    Without a single daylight reading there is nothing to learn: the learner is empty and `forecast_solar` answers with
    the seasonal quantiles until the next training.
    """
    chance = np.random.default_rng(seed)
    inputs, target = _rows(history, lead, chance)
    if not len(target):
        return Learner(())
    drawn = np.sort(chance.choice(len(target), min(ROWS_MAX, len(target)), replace=False))
    return fit(inputs[drawn], target[drawn], SIZE, seed)


def forecast_solar(learner: Learner, history: History, first_slot: int, horizon: int) -> NDArray[np.float64]:
    """P10, P50, P90 and mean of each series and slot from ``first_slot`` on. Shape (4, series, horizon), Wh.

    The quantiles lean on the seasonal ones by ``SEASONAL_SHARE``: weather unlike that of the 56 days is common.
    """
    seasonal = seasonal_quantiles(history, first_slot, horizon).astype(np.float64)
    if not learner.texts:
        return np.concatenate([seasonal, seasonal[1:2]])
    leads = first_slot - history.last_slot + np.arange(horizon)
    rows = solar_rows(history.window(DAYS), leads, calendar(first_slot, horizon, history.zone, history.slot_min))
    day = rows.envelope_wh > 0
    answers = np.zeros((len(OUTPUTS), *day.shape))
    answers[:, day] = learner.predict(rows.inputs[day]) * rows.envelope_wh[day]
    answers[:3, day] += SEASONAL_SHARE * (seasonal[:, day] - answers[:3, day])
    return answers


def _rows(history: History, lead: int, chance: np.random.Generator) -> tuple[Reals, Reals]:
    """Inputs (rows, features) and targets over envelope (rows,) of daylight with a known reading."""
    clock = calendar(history.first_slot, history.values.shape[1], history.zone, history.slot_min)
    parts = []
    for last, leads in origins(history, lead, DAYS_BEFORE_FIRST_ROW, ORIGIN_STEP_MIN, chance):
        past = history.until(history.first_slot + last)
        rows = solar_rows(past.window(DAYS), leads, clock[last + leads])
        actual = history.values[:, last + leads]
        day = (actual >= 0) & (rows.envelope_wh > 0)
        parts.append((rows.inputs[day], (actual[day] / rows.envelope_wh[day]).astype(np.float32)))
    inputs, target = (np.concatenate(column) for column in zip(*parts, strict=True))
    return inputs, target
