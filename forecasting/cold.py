"""A series that has only just joined: its neighbours' shape at its own stated yearly use.

On real homes a stated yearly use takes the error on the first day from 0.65 to 0.51 of the energy; after a day the
model takes over, after a week a home is like any other.
"""

import numpy as np
from numpy.typing import NDArray

from forecasting.baseline import DAYS, QUANTILES, quantile_of_known, same_time_of_day
from forecasting.features import DAYS as LEVEL_DAYS
from forecasting.history import DAYS_PER_YEAR, History, Reals, mean_of_known


def is_cold(history: History) -> NDArray[np.bool_]:
    """Series with less than a day of known readings in the last 28 days. Shape (series,)."""
    known: NDArray[np.int64] = (~np.isnan(history.window(LEVEL_DAYS))).sum(axis=1)
    return known < history.per_day


def neighbourhood_shape(
    history: History, cold: NDArray[np.bool_], first_slot: int, horizon: int
) -> NDArray[np.float64]:
    """P10, P50, P90 and mean of the cold series. Shape (4, cold series, horizon), Wh.

    The quantiles are those of all warm neighbours at the target's time of day, each over its own level. A series that
    stated nothing gets the neighbours' median level; without any warm neighbour, a flat stated level, or zero.
    """
    leads = first_slot - history.last_slot + np.arange(horizon)
    window = history.window(DAYS)[~cold]
    level = mean_of_known(window)
    known = level > 0
    level_wh = _stated_level_wh(history, cold, level[known])
    if not known.any():
        return np.broadcast_to(level_wh[:, None], (len(QUANTILES) + 1, len(level_wh), horizon)).astype(np.float64)
    alike = same_time_of_day(window[known] / level[known, None], leads, DAYS, history.per_day)
    pooled = alike.transpose(1, 0, 2, 3).reshape(horizon, -1)
    shape = np.vstack([quantile_of_known(pooled, QUANTILES), mean_of_known(pooled)[None]])
    result: NDArray[np.float64] = shape[:, None, :].astype(np.float64) * level_wh[:, None]
    return result


def _stated_level_wh(history: History, cold: NDArray[np.bool_], warm_level_wh: Reals) -> NDArray[np.float64]:
    """Mean Wh a slot of each cold series. Shape (cold series,)."""
    usual = float(np.median(warm_level_wh)) if len(warm_level_wh) else 0.0
    if history.stated_annual_wh is None:
        return np.full(int(cold.sum()), usual)
    stated = history.stated_annual_wh[cold]
    return np.where(stated >= 0, stated / (DAYS_PER_YEAR * history.per_day), usual)
