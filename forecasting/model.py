"""Train both models once, keep them, and forecast every site from what is known.

Nothing here reads a clock or a file of its own accord: a history goes in, whole Wh come out. Series with less than a
day of readings get the neighbourhood's shape at the level they stated (`cold`), PV without readings gets zero.
"""

import json
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from forecasting.baseline import seasonal_quantiles, whole_wh
from forecasting.boosting import Learner
from forecasting.cold import is_cold, neighbourhood_shape
from forecasting.history import Energies, History
from forecasting.load import forecast_load, train_load
from forecasting.solar import forecast_solar, train_solar


@dataclass(frozen=True, slots=True)
class Forecast:
    """What is expected of each series and slot. Every array: shape (series, horizon), int64, Wh, zero or more.

    p10 <= p50 <= p90 everywhere. Nominate a pool by the sum of means: medians do not add.
    """

    first_slot: int
    load_p10: Energies
    load_p50: Energies
    load_p90: Energies
    load_mean: Energies
    pv_p10: Energies
    pv_p50: Energies
    pv_p90: Energies
    pv_mean: Energies


@dataclass(frozen=True, slots=True)
class Models:
    """A trained pair. The same data, seed and LightGBM build give the same bytes, and so the same ``digest``."""

    load: Learner
    pv: Learner

    @property
    def digest(self) -> str:
        """SHA-256 of both models, 64 hex digits: what a forecast names as its origin."""
        return sha256((self.load.digest + self.pv.digest).encode()).hexdigest()

    def forecast(
        self,
        load: History,
        pv: History,
        first_slot: int,
        horizon: int,
        use_baseline: NDArray[np.bool_] | None = None,
    ) -> Forecast:
        """Forecast ``horizon`` slots from ``first_slot`` on, from these histories alone.

        The last 30 days of both suffice. use_baseline: shape (load series,), where the seasonal quantiles proved better
        lately.
        Raises ValueError when ``first_slot`` is already inside a history.
        """
        _refuse_known(load, first_slot)
        _refuse_known(pv, first_slot)
        used = whole_wh(self._load(load, first_slot, horizon))
        made = whole_wh(forecast_solar(self.pv, pv, first_slot, horizon))
        if use_baseline is not None and use_baseline.any():
            used[:3, use_baseline] = seasonal_quantiles(load, first_slot, horizon)[:, use_baseline]
        return Forecast(first_slot, *used, *made)

    def _load(self, history: History, first_slot: int, horizon: int) -> NDArray[np.float64]:
        used = forecast_load(self.load, history, first_slot, horizon)
        cold = is_cold(history)
        if cold.any():
            used[:, cold] = neighbourhood_shape(history, cold, first_slot, horizon)
        return used

    def save(self, directory: Path) -> None:
        """Write ``load.json`` and ``pv.json``, each a list of LightGBM texts. The directory is made when missing."""
        directory.mkdir(parents=True, exist_ok=True)
        for name, learner in (("load", self.load), ("pv", self.pv)):
            (directory / f"{name}.json").write_text(json.dumps(learner.texts), encoding="utf-8")


def _refuse_known(history: History, first_slot: int) -> None:
    if first_slot <= history.last_slot:
        raise ValueError(f"slot {first_slot} is already in the history, which reaches {history.last_slot}")


def train(load: History, pv: History, lead: int, seed: int) -> Models:
    """Learn both models, best from 56 days; 16 days are the least. A community without PV is fine.
    lead: slots from the last known one to the first that is forecast.

    Rows are sampled with ``seed``; more history costs no more trees. Raises ValueError when a history is too short or
    no load reading is known.
    """
    return Models(train_load(load, lead, seed), train_solar(pv, lead, seed))


def load_models(directory: Path) -> Models:
    """What `Models.save` wrote. Raises FileNotFoundError when a file is missing."""
    load, pv = (Learner(tuple(json.loads((directory / f"{name}.json").read_bytes()))) for name in ("load", "pv"))
    return Models(load, pv)
