"""Concentration: how much of what was sold, or bought, came from few owners over a period (Herfindahl-Hirschman)."""

from collections.abc import Iterator

import numpy as np

from domain.order import Column
from market.surveillance.finding import Finding, Pattern, Thresholds
from market.surveillance.observed import Deals

WHOLE = 10_000


def concentration(deals: Deals, owner: Column, thresholds: Thresholds) -> Iterator[Finding]:
    """The index over the whole period, of sold and of bought volume; the parties named have the largest share."""
    sides = ((Pattern.SOLD_CONCENTRATION, deals.seller), (Pattern.BOUGHT_CONCENTRATION, deals.buyer))
    if int(deals.energy_wh.sum()) < max(thresholds.concentration_min_wh, 1):
        return
    slots = tuple(np.unique(deals.slot).tolist())
    for pattern, party in sides:
        who, energy_wh = _volumes(owner[party], deals.energy_wh)
        index = herfindahl(energy_wh.tolist())
        if index >= thresholds.concentration_max:
            largest = who[energy_wh == energy_wh.max()]
            yield Finding(pattern, tuple(largest.tolist()), (), slots, index, thresholds.concentration_max)


def herfindahl(volumes_wh: list[int]) -> int:
    """The sum of squared shares, 10,000 for a monopoly, rounded down. Volumes zero or more, not all zero."""
    return WHOLE * sum(wh * wh for wh in volumes_wh) // sum(volumes_wh) ** 2


def _volumes(who: Column, energy_wh: Column) -> tuple[Column, Column]:
    """Everybody once, in rising order, with the sum of his energy, Wh."""
    found, inverse = np.unique(who, return_inverse=True)
    sums_wh = np.zeros(len(found), np.int64)
    np.add.at(sums_wh, inverse, energy_wh)
    return found, sums_wh
