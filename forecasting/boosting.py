"""Gradient-boosted trees for three quantiles and the mean, the same bytes each time.

LightGBM runs on one thread with its deterministic switches, so a seed and the same rows give the same trees; the trees
are kept as LightGBM's own text, and predictions are always made from that text, so a stored model answers as it did.
"""

from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from forecasting.baseline import QUANTILES
from forecasting.history import Reals

if TYPE_CHECKING:
    from lightgbm import Booster

OUTPUTS = ("p10", "p50", "p90", "mean")


@dataclass(frozen=True, slots=True)
class Size:
    """How large a model may grow. Small data asks for few leaves with many rows in each."""

    trees: int
    leaves: int
    rows_per_leaf: int
    learning_rate: float


@dataclass(slots=True)
class Learner:
    """Four sets of trees over the same inputs, as text in the order of ``OUTPUTS``; empty when nothing was learnt."""

    texts: tuple[str, ...]
    _boosters: "tuple[Booster, ...]" = field(default=(), repr=False, compare=False)

    @property
    def boosters(self) -> "tuple[Booster, ...]":
        """The trees, read from their text once."""
        from lightgbm import Booster

        self._boosters = self._boosters or tuple(Booster(model_str=text) for text in self.texts)
        return self._boosters

    @property
    def digest(self) -> str:
        """SHA-256 over the texts, 64 hex digits."""
        return sha256("\n".join(self.texts).encode()).hexdigest()

    def predict(self, inputs: Reals) -> NDArray[np.float64]:
        """P10, P50, P90 in ascending order, then the mean, none below zero.

        inputs: shape (rows, features), NaN allowed. Returns shape (4, rows).
        """
        if not len(inputs):
            return np.zeros((len(OUTPUTS), 0))
        rows = np.ascontiguousarray(inputs)
        answers = np.array([booster.predict(rows, num_threads=1) for booster in self.boosters], np.float64)
        answers[:3] = np.sort(answers[:3], axis=0)
        result: NDArray[np.float64] = np.maximum(answers, 0)
        return result


def fit(inputs: Reals, target: Reals, size: Size, seed: int) -> Learner:
    """Grow the four sets of trees. inputs: shape (rows, features), NaN allowed; target: shape (rows,)."""
    from lightgbm import Dataset, train

    common = _parameters(size, seed)
    rows = Dataset(inputs, target, params=common, free_raw_data=False)
    objectives: list[dict[str, Any]] = [{"objective": "quantile", "alpha": share} for share in QUANTILES]
    objectives.append({"objective": "regression"})
    grown = (train({**common, **objective}, rows, size.trees) for objective in objectives)
    return Learner(tuple(booster.model_to_string() for booster in grown))


def _parameters(size: Size, seed: int) -> dict[str, Any]:
    return {
        "num_leaves": size.leaves,
        "min_data_in_leaf": size.rows_per_leaf,
        "learning_rate": size.learning_rate,
        "feature_fraction": 0.8,
        "bagging_fraction": 0.8,
        "bagging_freq": 1,
        "max_bin": 127,
        "seed": seed,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 1,
        "verbose": -1,
    }
