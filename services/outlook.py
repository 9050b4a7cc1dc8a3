"""What is expected of the coming slots, as the Runtime agent bids on it.

The forecast looks from the last known slot over the gap to the traded slot and a day on from it. Memory's corrections
are applied to it here. It is computed once a slot and process; a new process computes the same from the same rows.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from domain.order import Column
from domain.quantity import PPM
from domain.site import Battery
from forecasting.model import Forecast
from market.bidding import Range
from market.storage.battery import project
from services.histories import Histories
from services.market_time import MarketTime
from services.ports import Forecaster


class Expected(NamedTuple):
    """Load and PV of every site from ``first_slot`` on: ``gap`` slots up to the traded one, then a day from it on.
    Each column shape (sites, slots), int64, Wh.
    """

    first_slot: int
    gap: int
    load_wh: Range
    pv_wh: Range
    load_median_wh: Column
    pv_median_wh: Column


@dataclass(slots=True)
class Outlooks:
    """Forecasts of one community; the one of the slot asked for last is kept."""

    histories: Histories
    forecaster: Forecaster
    site_ids: list[str]
    time: MarketTime
    _slot: int = -1
    _forecast: Forecast | None = None

    def of(self, slot: int, correction_ppm: Mapping[str, int]) -> Expected:
        """What is expected for ``slot`` when its book closes. correction_ppm: what memory adds to each site's use."""
        gap = self.time.unknown - 1
        if self._slot != slot or self._forecast is None:
            past = self.histories.until(slot - self.time.unknown)
            self._forecast = self.forecaster.forecast(
                past["load_wh"], past["generation_wh"], self.histories.first_slot, slot - gap, gap + self.time.per_day
            )
            self._slot = slot
        factor_ppm = PPM + np.array([[correction_ppm.get(site, 0)] for site in self.site_ids], np.int64)
        return _expected(slot, gap, self._forecast, factor_ppm)


def _expected(slot: int, gap: int, forecast: Forecast, factor_ppm: Column) -> Expected:
    def corrected(load_wh: Column) -> Column:
        return load_wh * factor_ppm // PPM

    return Expected(
        slot - gap,
        gap,
        Range(corrected(forecast.load_p10), corrected(forecast.load_mean), corrected(forecast.load_p90)),
        Range(forecast.pv_p10, forecast.pv_mean, forecast.pv_p90),
        corrected(forecast.load_p50),
        forecast.pv_p50,
    )


def traded(columns: Range, gap: int) -> Range:
    """The part of a range from the traded slot on."""
    return Range(*(column[:, gap:] for column in columns))


def stored_at_start(
    stored_wh: Column, expected: Expected, batteries: dict[int, Battery], moves: dict[int, dict[int, tuple[int, int]]]
) -> Range:
    """Each battery's content when the traded slot starts: after high need, as expected, after low need.

    stored_wh: shape (sites,), content at the end of the last known slot. moves: set-points already sent, by slot and
    site position. Shape (batteries,), int64, Wh.
    """
    gap, load, pv = expected.gap, expected.load_wh, expected.pv_wh
    scenarios = ((load.high, pv.low), (load.expected, pv.expected), (load.low, pv.high))
    content = []
    for at, battery in batteries.items():
        extra = [moves.get(expected.first_slot + step, {}).get(at, (0, 0)) for step in range(gap)]
        charge_wh, discharge_wh = zip(*extra, strict=True)
        start_wh = min(max(int(stored_wh[at]), 0), battery.capacity_wh)
        content.append(
            [
                project(
                    load_wh[at, :gap].tolist(), pv_wh[at, :gap].tolist(), start_wh, battery, charge_wh, discharge_wh
                )
                for load_wh, pv_wh in scenarios
            ]
        )
    low, middle, high = np.array(content, np.int64).reshape(-1, 3).T
    return Range(low, middle, high)
