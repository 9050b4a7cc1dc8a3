"""How good a forecast was, once the readings are in.

Pinball loss is the mean over P10, P50 and P90 of q x shortfall + (1 - q) x excess: lower is better, and only honest
quantiles make it low. Series that share one public profile are not independent, so scores are taken over distinct ones.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from forecasting.baseline import QUANTILES
from forecasting.history import Energies

Column = NDArray[np.int64]


def pinball_wh(actual: Energies, quantiles: Energies) -> float:
    """Mean pinball loss in Wh. actual: shape (...); quantiles: shape (3, ...). Missing actuals (-1) are left out."""
    return float(_losses(actual, quantiles)[:, actual >= 0].mean())


def pinball_wh_by_series(actual: Energies, quantiles: Energies) -> NDArray[np.float64]:
    """The same per series. actual: shape (series, slots). Returns shape (series,), NaN where nothing was known."""
    losses = np.where(actual >= 0, _losses(actual, quantiles), np.nan).mean(axis=0)
    known = (actual >= 0).sum(axis=1)
    total: NDArray[np.float64] = np.nansum(losses, axis=1)
    mean: NDArray[np.float64] = np.divide(total, known, out=np.full(len(known), np.nan), where=known > 0)
    return mean


def _losses(actual: Energies, quantiles: Energies) -> NDArray[np.float64]:
    error = actual[None].astype(np.float64) - quantiles
    share = np.array(QUANTILES).reshape(-1, *[1] * actual.ndim)
    losses: NDArray[np.float64] = np.maximum(share * error, (share - 1) * error)
    return losses


def pinball_ratio(actual: Energies, model: Energies, baseline: Energies, series: Sequence[int] | None = None) -> float:
    """Pinball of the model over pinball of the baseline, pooled: below 1 the model is better.

    actual: shape (series, slots); model, baseline: shape (3, series, slots). series: positions of the distinct ones,
    all when None. Raises ZeroDivisionError when the baseline never erred.
    """
    kept = np.arange(actual.shape[0]) if series is None else np.asarray(series)
    return pinball_wh(actual[kept], model[:, kept]) / pinball_wh(actual[kept], baseline[:, kept])


def normalised_error(actual: Energies, expected: Energies) -> float:
    """Sum of absolute errors over the sum of actuals (nMAE), missing actuals left out."""
    known = actual >= 0
    return float(np.abs(actual - expected)[known].sum() / actual[known].sum())


def coverage(actual: Energies, quantiles: Energies) -> float:
    """Share of known actuals inside [P10, P90], both ends included. Near 0.8 when the quantiles are honest."""
    known = actual >= 0
    inside = (quantiles[0] <= actual) & (actual <= quantiles[2])
    return float(inside[known].mean())


def model_is_worse(actual: Energies, model: Energies, baseline: Energies) -> NDArray[np.bool_]:
    """Per series, whether the baseline had the lower pinball loss over the slots given. Shape (series,).

    Fourteen scored days of the traded slot make a steady gate; a series without a known slot keeps its model.
    """
    result: NDArray[np.bool_] = pinball_wh_by_series(actual, model) > pinball_wh_by_series(actual, baseline)
    return result
