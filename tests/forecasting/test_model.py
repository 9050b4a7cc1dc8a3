"""The laws of a forecast: nothing from the future, the same bytes each time, ordered quantiles, dark nights."""

from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from forecasting.baseline import whole_wh
from forecasting.history import MISSING, Energies, History
from forecasting.model import Forecast, Models, load_models, train

FIRST_SLOT = 986_286
DAYS = 35
DAY = 48
LAST_KNOWN = FIRST_SLOT + DAYS * 48 - 1
TRADED = LAST_KNOWN + 7


def made_up_load(slots: int) -> Energies:
    """Six homes with a daily shape, weekends and noise, Wh."""
    chance = np.random.default_rng(11)
    slot = np.arange(slots)
    shape = 1 + np.sin((slot % 48 - 14) / 48 * 2 * np.pi) + 0.4 * ((slot // 48 % 7) > 4)
    level = np.array([80, 120, 200, 400, 900, 2_000])[:, None]
    return whole_wh(level * shape * chance.gamma(4, 0.25, (6, slots)))


def made_up_pv(slots: int) -> Energies:
    """Three roofs under one sky: a bell by day, zero by night, cloudy by days, Wh."""
    chance = np.random.default_rng(12)
    slot = np.arange(slots)
    bell = np.maximum(0, np.sin((slot % 48 - 12) / 24 * np.pi))
    cloud = np.repeat(chance.uniform(0.2, 1, slots // 48 + 1), 48)[:slots]
    return whole_wh(np.array([1_500, 2_500, 4_000])[:, None] * bell * cloud)


ALL_SLOTS = (DAYS + 3) * 48
LOAD = History(made_up_load(ALL_SLOTS), FIRST_SLOT, "Asia/Tokyo")
PV = History(made_up_pv(ALL_SLOTS), FIRST_SLOT, "Asia/Tokyo")


@pytest.fixture(scope="module")
def models() -> Models:
    return train(LOAD.until(LAST_KNOWN), PV.until(LAST_KNOWN), lead=7, seed=5)


def arrays(forecast: Forecast) -> dict[str, Energies]:
    return {field.name: getattr(forecast, field.name) for field in fields(forecast) if field.name != "first_slot"}


def same(one: Forecast, other: Forecast) -> bool:
    return all(np.array_equal(array, arrays(other)[name]) for name, array in arrays(one).items())


def garbled_after(history: History, slot: int) -> History:
    values = history.values.copy()
    values[:, slot - history.first_slot + 1 :] = 77_777
    return History(values, history.first_slot, history.zone)


def test_changing_the_future_changes_neither_model_nor_forecast(models: Models) -> None:
    """A forecast of lead 7 knows nothing after the last reading, whatever the year still holds."""
    load, pv = (garbled_after(history, LAST_KNOWN).until(LAST_KNOWN) for history in (LOAD, PV))
    assert train(load, pv, lead=7, seed=5).digest == models.digest
    honest = models.forecast(LOAD.until(LAST_KNOWN), PV.until(LAST_KNOWN), TRADED, DAY)
    assert same(honest, models.forecast(load, pv, TRADED, DAY))


def test_every_reading_of_the_last_hour_is_allowed_to_matter(models: Models) -> None:
    """The counterpart of the leak test: the window really reaches the last known slot."""
    load = garbled_after(LOAD.until(LAST_KNOWN), LAST_KNOWN - 2)
    honest = models.forecast(LOAD.until(LAST_KNOWN), PV.until(LAST_KNOWN), TRADED, DAY)
    assert not same(honest, models.forecast(load, PV.until(LAST_KNOWN), TRADED, DAY))


def test_training_rows_never_aim_past_the_history() -> None:
    """Every origin plus lead lies inside, and the traded lead 7 is among each origin's leads."""
    from forecasting.origins import origins

    for last, leads in origins(LOAD.until(FIRST_SLOT + 20 * 48 - 1), 7, 14, 180, np.random.default_rng(3)):
        assert (last + leads).max() < 20 * 48
        assert leads.min() == 7
    with pytest.raises(ValueError, match="more than 14 days"):
        origins(LOAD.until(FIRST_SLOT + 14 * 48 - 1), 7, 14, 180, np.random.default_rng(3))


def test_a_seed_gives_the_same_bytes_and_another_seed_others(models: Models) -> None:
    """Runs compare only when the models do."""
    again = train(LOAD.until(LAST_KNOWN), PV.until(LAST_KNOWN), lead=7, seed=5)
    assert again.digest == models.digest
    assert again.load.texts == models.load.texts
    assert train(LOAD.until(LAST_KNOWN), PV.until(LAST_KNOWN), lead=7, seed=6).digest != models.digest


def test_stored_models_answer_as_they_did(models: Models, tmp_path: Path) -> None:
    """A resumed day forecasts with the same trees."""
    models.save(tmp_path / "models")
    stored = load_models(tmp_path / "models")
    load, pv = LOAD.until(LAST_KNOWN), PV.until(LAST_KNOWN)
    assert stored.digest == models.digest
    assert same(stored.forecast(load, pv, TRADED, DAY), models.forecast(load, pv, TRADED, DAY))


def test_thirty_days_of_history_are_enough_to_forecast(models: Models) -> None:
    """Callers may hand over a short window; nothing older is looked at."""
    load, pv = LOAD.until(LAST_KNOWN), PV.until(LAST_KNOWN)
    used, made = (History(h.values[:, -30 * 48 :], LAST_KNOWN - 30 * 48 + 1, h.zone) for h in (load, pv))
    assert same(models.forecast(used, made, TRADED, DAY), models.forecast(load, pv, TRADED, DAY))


@pytest.mark.parametrize("missing_share", [0.0, 0.4, 1.0])
def test_quantiles_are_ordered_whole_and_never_negative(models: Models, missing_share: float) -> None:
    """p10 <= p50 <= p90, int64, zero or more, whatever is missing."""
    chance = np.random.default_rng(8)
    hidden = [
        History(np.where(chance.random(h.values.shape) < missing_share, MISSING, h.values), FIRST_SLOT, h.zone)
        for h in (LOAD.until(LAST_KNOWN), PV.until(LAST_KNOWN))
    ]
    forecast = models.forecast(hidden[0], hidden[1], TRADED, DAY)
    for name, array in arrays(forecast).items():
        assert array.dtype == np.int64, name
        assert array.min() >= 0, name
        assert array.shape == (6 if name.startswith("load") else 3, 48), name
    for lower, upper in (("p10", "p50"), ("p50", "p90")):
        assert (arrays(forecast)[f"load_{lower}"] <= arrays(forecast)[f"load_{upper}"]).all()
        assert (arrays(forecast)[f"pv_{lower}"] <= arrays(forecast)[f"pv_{upper}"]).all()


def test_at_night_the_roofs_make_nothing(models: Models) -> None:
    """Where the roof made nothing for 30 days at that time of day, every quantile and the mean are zero."""
    forecast = models.forecast(LOAD.until(LAST_KNOWN), PV.until(LAST_KNOWN), TRADED, DAY)
    columns = np.arange(TRADED, TRADED + 48) - FIRST_SLOT
    night = (columns % 48 < 12) | (columns % 48 > 36)
    for array in (forecast.pv_p10, forecast.pv_p50, forecast.pv_p90, forecast.pv_mean):
        assert (array[:, night] == 0).all()
    assert (forecast.pv_mean[:, ~night] > 0).any()


def test_a_home_without_readings_gets_its_neighbours_shape_at_its_stated_use(models: Models) -> None:
    """17,520 kWh a year are 1,000 Wh a slot on average; a day later it has a level of its own."""
    values = LOAD.until(LAST_KNOWN).values.copy()
    values[2] = MISSING
    stated = np.array([MISSING, MISSING, 17_520_000, MISSING, MISSING, MISSING])
    load = History(values, FIRST_SLOT, "Asia/Tokyo", stated)
    forecast = models.forecast(load, PV.until(LAST_KNOWN), TRADED, DAY)
    assert forecast.load_mean[2].mean() == pytest.approx(1_000, rel=0.1)
    assert forecast.load_p10[2].sum() < forecast.load_p50[2].sum() < forecast.load_p90[2].sum()


def test_series_that_the_baseline_serves_better_get_the_baseline(models: Models) -> None:
    """The gate swaps the quantiles of the named series and touches no other."""
    from forecasting.baseline import seasonal_quantiles

    load, pv = LOAD.until(LAST_KNOWN), PV.until(LAST_KNOWN)
    gate = np.array([False, True, False, False, False, False])
    gated, free = (models.forecast(load, pv, TRADED, DAY, use_baseline=mask) for mask in (gate, None))
    assert np.array_equal(gated.load_p90[1], seasonal_quantiles(load, TRADED, DAY)[2, 1])
    assert np.array_equal(gated.load_p90[~gate], free.load_p90[~gate])


def test_a_community_without_pv_is_served_too() -> None:
    """No roof, no model of roofs: zero rows in, zero rows out; the load is forecast as ever."""
    none = History(np.zeros((0, DAYS * 48), np.int64), FIRST_SLOT, "Asia/Tokyo")
    short = History(LOAD.until(LAST_KNOWN).values[:2], FIRST_SLOT, "Asia/Tokyo")
    forecast = train(short, none, lead=7, seed=1).forecast(short, none, TRADED, DAY)
    assert forecast.pv_p50.shape == (0, 48)
    assert forecast.load_p50.sum() > 0


def test_a_slot_already_known_is_refused(models: Models) -> None:
    """A history that reaches the target would be a leak, so it is an error."""
    with pytest.raises(ValueError, match="already in the history"):
        models.forecast(LOAD.until(LAST_KNOWN), PV, LAST_KNOWN + 1, DAY)
