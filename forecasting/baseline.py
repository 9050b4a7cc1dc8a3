"""The seasonal answer anybody can check by hand: quantiles of the same time of day over the last 14 days.

Every target slot looks at its own time of day and the slot before and after it, each on the 14 most recent days it has
happened: 42 values, of which the P10, P50 and P90 are read by linear interpolation, missing ones left out. It needs no
training, is the floor every learnt model must beat, and carries a series while a model is worse.
"""

import numpy as np
from numpy.typing import NDArray

from forecasting.history import Energies, History, Reals

QUANTILES = (0.1, 0.5, 0.9)
DAYS = 14
NEIGHBOURS = (-1, 0, 1)


def same_time_of_day(window: Reals, leads: NDArray[np.int64], days: int, per_day: int) -> Reals:
    """The values at each lead's time of day, one slot earlier and one later, on the last known days, oldest first.

    window: shape (series, slots), ending at the last known slot. leads: slots from there to each target, 1 or more.
    per_day: slots in 24 hours.
    Returns shape (series, leads, 3, days): each neighbour's own most recent days, so nothing after the window's end.
    """
    offset = (leads[:, None] - 1 + np.array(NEIGHBOURS)) % per_day
    first = window.shape[1] - days * per_day
    assert first >= 0, "the window is shorter than the days asked for"
    columns = first + offset[:, :, None] + per_day * np.arange(days)
    return window[:, columns]


def quantile_of_known(values: Reals, share: tuple[float, ...]) -> Reals:
    """Linear-interpolated quantiles over the last axis, NaN left out. Shape (quantiles, ...); NaN where none."""
    ordered = np.sort(values, axis=-1)
    last = np.maximum((~np.isnan(values)).sum(axis=-1) - 1, 0)
    return np.stack([_interpolate(ordered, last * np.float32(one)) for one in share])


def _interpolate(ordered: Reals, position: NDArray[np.floating]) -> Reals:
    below = np.floor(position).astype(np.int64)
    above = np.ceil(position).astype(np.int64)
    low = np.take_along_axis(ordered, below[..., None], axis=-1)[..., 0]
    high = np.take_along_axis(ordered, above[..., None], axis=-1)[..., 0]
    result: Reals = low + (high - low) * (position - below).astype(np.float32)
    return result


def seasonal_quantiles(history: History, first_slot: int, horizon: int) -> Energies:
    """P10, P50 and P90 of each target slot from ``first_slot`` on. Shape (3, series, horizon), int64, Wh.

    Only what the history holds is used, so the lead is whatever lies between its last slot and the target. Rounds half
    to even; 0 where a time of day was never seen. Raises ValueError when a target is already inside the history.
    """
    leads = first_slot - history.last_slot + np.arange(horizon)
    if leads[0] < 1:
        raise ValueError(f"slot {first_slot} is already in the history, which reaches {history.last_slot}")
    alike = same_time_of_day(history.window(DAYS), leads, DAYS, history.per_day)
    pooled = alike.reshape(*alike.shape[:2], len(NEIGHBOURS) * DAYS)
    return whole_wh(quantile_of_known(pooled, QUANTILES))


def whole_wh(energy: NDArray[np.floating]) -> Energies:
    """To whole Wh, half to even, never below zero, 0 for NaN."""
    whole: Energies = np.rint(np.maximum(np.nan_to_num(energy), 0)).astype(np.int64)
    return whole
