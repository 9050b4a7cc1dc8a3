"""The learnt model against the seasonal baseline on real profiles, over distinct ones, at the traded lead."""

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from forecasting.baseline import seasonal_quantiles
from forecasting.history import Energies, History
from forecasting.model import train
from forecasting.scoring import pinball_ratio

GRID = "1-LV-rural3--2-sw"
FIRST_SLOT = 981_822  # midnight of 2 January 2026 in Tokyo: a Friday, as 1 January 2016 was
SCORED_FIRST_COLUMN = 138 * 48  # 18 May 2016
SCORED_SLOTS = 7 * 48
HISTORY_SLOTS = 56 * 48
LEAD = 7


@dataclass(frozen=True)
class Profiles:
    """Half-hourly Wh of one year: every site with load, every roof, and the first of each distinct profile mix."""

    load: Energies
    pv: Energies
    distinct_load: list[int]
    distinct_pv: list[int]


def half_hours(power_mw: NDArray[np.float64]) -> Energies:
    """Quarter-hour MW, shape (times, elements), to whole Wh of half hours, shape (elements, slots)."""
    register = np.floor(np.cumsum(power_mw * 250_000, axis=0)[1::2]).astype(np.int64)
    energy: Energies = np.diff(register, axis=0, prepend=0).T
    return energy


def by_bus(elements: object, energy: Energies) -> tuple[Energies, list[int]]:
    """Sums per bus in bus order, and the position of the first bus with each mix of profiles."""
    rows = elements[["bus", "profile"]].to_numpy()  # type: ignore[index]
    mixes: dict[tuple[str, ...], int] = {}
    sums = []
    for position, bus in enumerate(sorted(set(rows[:, 0]))):
        here = rows[:, 0] == bus
        sums.append(energy[here].sum(axis=0))
        mixes.setdefault(tuple(sorted(rows[here, 1])), position)
    return np.array(sums), list(mixes.values())


@pytest.fixture(scope="module")
def profiles() -> Profiles:
    simbench = pytest.importorskip("simbench", reason="the simbench package (extra 'demo') is not installed")
    net = simbench.get_simbench_net(GRID)
    power = simbench.get_absolute_values(net, profiles_instead_of_study_cases=True)
    load, distinct_load = by_bus(net.load, half_hours(power[("load", "p_mw")].to_numpy()))
    pv, distinct_pv = by_bus(net.sgen, half_hours(power[("sgen", "p_mw")].to_numpy()))
    return Profiles(load, pv, distinct_load, distinct_pv)


@pytest.fixture(scope="module")
def week(profiles: Profiles) -> dict[str, tuple[Energies, Energies, Energies]]:
    """Actual, model and baseline of the distinct series: trained once, each slot from what was known 7 before it."""
    known = SCORED_FIRST_COLUMN - LEAD
    models = train(known_until(profiles.load, known), known_until(profiles.pv, known), lead=7, seed=1)
    load, pv = profiles.load[profiles.distinct_load], profiles.pv
    columns = range(SCORED_FIRST_COLUMN, SCORED_FIRST_COLUMN + SCORED_SLOTS)
    used, made, used_before, made_before = [], [], [], []
    for column in columns:
        pasts = known_until(load, column - LEAD), known_until(pv, column - LEAD)
        forecast = models.forecast(*pasts, FIRST_SLOT + column, horizon=1)
        used.append([forecast.load_p10, forecast.load_p50, forecast.load_p90])
        made.append([forecast.pv_p10, forecast.pv_p50, forecast.pv_p90])
        used_before.append(seasonal_quantiles(pasts[0], FIRST_SLOT + column, 1))
        made_before.append(seasonal_quantiles(pasts[1], FIRST_SLOT + column, 1))
    roofs = profiles.distinct_pv
    return {
        "load": (load[:, columns], np.concatenate(used, axis=-1), np.concatenate(used_before, axis=-1)),
        "pv": (
            pv[roofs][:, columns],
            np.concatenate(made, axis=-1)[:, roofs],
            np.concatenate(made_before, axis=-1)[:, roofs],
        ),
    }


def known_until(values: Energies, last_column: int) -> History:
    """The 56 days that end with ``last_column``."""
    first = last_column + 1 - HISTORY_SLOTS
    return History(values[:, first : last_column + 1], FIRST_SLOT + first, "Asia/Tokyo")


def test_load_quantiles_beat_the_seasonal_ones_by_two_percent_over_a_week(
    week: dict[str, tuple[Energies, Energies, Energies]],
) -> None:
    """The promise of the demonstration: pinball at most 0.98 of the baseline's, pooled over distinct profiles."""
    actual, model, baseline = week["load"]
    assert actual.shape[1] == SCORED_SLOTS
    assert actual.shape[0] > 20
    assert pinball_ratio(actual, model, baseline) <= 0.98
    inside = (model[0] <= actual) & (actual <= model[2])
    assert 0.70 <= inside.mean() <= 0.90


def test_pv_quantiles_beat_the_seasonal_ones_over_a_week(
    week: dict[str, tuple[Energies, Energies, Energies]],
) -> None:
    """The envelope and the neighbours' sky are worth more than 14 days of memory."""
    actual, model, baseline = week["pv"]
    assert pinball_ratio(actual, model, baseline) <= 0.98
