"""How good a forecast was, once the readings are in.

Pinball loss is the mean over P10, P50 and P90 of q x shortfall + (1 - q) x excess: lower is better, and only honest
quantiles make it low. Series that share one public profile are not independent, so scores are taken over distinct ones.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from forecasting.baseline import QUANTILES
from forecasting.history import Energies


def pinball_wh(actual: Energies, quantiles: Energies) -> float:
    """Mean pinball loss in Wh. actual: shape (...); quantiles: shape (3, ...). Missing actuals (-1) are left out."""
    return float(_losses(actual, quantiles)[:, actual >= 0].mean())


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
