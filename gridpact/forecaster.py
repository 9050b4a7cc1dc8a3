"""The learnt forecaster of one community: trained once on its past, stored, and loaded again by what it was made of."""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from domain.order import Column
from forecasting.baseline import baseline_forecast
from forecasting.history import History
from forecasting.model import Forecast, Models, train


@dataclass(frozen=True, slots=True)
class LearntForecaster:
    """Models of one community and market time zone."""

    models: Models
    zone: str

    def forecast(
        self, load_wh: Column, pv_wh: Column, first_known_slot: int, first_slot: int, slots: int
    ) -> Forecast:
        load, pv = (History(column, first_known_slot, self.zone) for column in (load_wh, pv_wh))
        return self.models.forecast(load, pv, first_slot, slots)

    def baseline(self, load_wh: Column, pv_wh: Column, first_known_slot: int, first_slot: int) -> Forecast:
        load, pv = (History(column, first_known_slot, self.zone) for column in (load_wh, pv_wh))
        return baseline_forecast(load, pv, first_slot, 1)


def learnt_forecaster(
    directory: Path, load_wh: Column, pv_wh: Column, first_slot: int, zone: str, seed: int
) -> LearntForecaster:
    """The forecaster learnt from this past: loaded from ``directory`` when it was learnt before, else trained."""
    made_of = sha256(f"{first_slot}/{zone}/{seed}/".encode() + load_wh.tobytes() + pv_wh.tobytes()).hexdigest()[:16]
    kept = directory / made_of
    if kept.exists():
        return LearntForecaster(Models.load(kept), zone)
    models = train(History(load_wh, first_slot, zone), History(pv_wh, first_slot, zone), seed)
    models.save(kept)
    return LearntForecaster(models, zone)
