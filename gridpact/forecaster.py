"""The learnt forecaster of one community: trained once on its past, stored, and loaded again by what it was made of."""

import os
import shutil
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from domain.order import Column
from forecasting import features, load, solar
from forecasting.baseline import seasonal_quantiles
from forecasting.history import History
from forecasting.model import Forecast, Models, load_models, train
from services.market_time import MarketTime

# A program that looks at other features learns other models: stored ones of its forerunner are none of its own.
MADE_BY = (features.NAMES, load.SIZE, solar.NAMES, solar.SIZE)


@dataclass(frozen=True, slots=True)
class LearntForecaster:
    """Models of one community and one market's slots."""

    models: Models
    time: MarketTime

    def forecast(self, load_wh: Column, pv_wh: Column, first_known_slot: int, first_slot: int, slots: int) -> Forecast:
        """What the models expect of ``slots`` slots from ``first_slot`` on."""
        load, pv = (_history(column, first_known_slot, self.time) for column in (load_wh, pv_wh))
        return self.models.forecast(load, pv, first_slot, slots)

    def baseline(self, load_wh: Column, first_known_slot: int, first_slot: int) -> Column:
        """The seasonal P10, P50, P90 of use in ``first_slot``. Shape (3, sites), int64, Wh."""
        return seasonal_quantiles(_history(load_wh, first_known_slot, self.time), first_slot, 1)[:, :, 0]


def learnt_forecaster(
    directory: Path, load_wh: Column, pv_wh: Column, first_slot: int, time: MarketTime, seed: int
) -> LearntForecaster:
    """The forecaster learnt from this past: loaded from ``directory`` when it was learnt before, else trained."""
    asked = f"{first_slot}/{time.slot_min}/{time.unknown}/{time.zone}/{seed}/{MADE_BY}/"
    made_of = sha256(asked.encode() + load_wh.tobytes() + pv_wh.tobytes()).hexdigest()[:16]
    kept = directory / made_of
    import lightgbm  # noqa: F401  it takes seconds to load: better now than within the first slot's time

    try:
        return LearntForecaster(load_models(kept), time)
    except (FileNotFoundError, ValueError):  # learnt never, or by an older program that wrote otherwise
        shutil.rmtree(kept, ignore_errors=True)
    load, pv = (_history(column, first_slot, time) for column in (load_wh, pv_wh))
    models = train(load, pv, time.unknown, seed)
    _keep_whole(models, kept)
    return LearntForecaster(load_models(kept), time)


def _history(energy_wh: Column, first_slot: int, time: MarketTime) -> History:
    return History(energy_wh, first_slot, str(time.zone), slot_min=time.slot_min)


def _keep_whole(models: Models, kept: Path) -> None:
    """Write beside and rename: a crash leaves either all of the models or none."""
    beside = kept.with_name(f"{kept.name}.{os.getpid()}")
    models.save(beside)
    try:
        beside.rename(kept)
    except OSError:  # another process was first with the same models
        shutil.rmtree(beside)
