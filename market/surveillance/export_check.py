"""Exports that no plant behind the meter explains: more than its nameplates, or in the dark without storage."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from domain.order import Column
from market.surveillance.finding import Finding, Pattern, Thresholds
from market.surveillance.observed import Exports, Plants, groups


def exports_above_nameplate(exports: Exports, plants: Plants, thresholds: Thresholds) -> Iterator[Finding]:
    """Sites that gave more than their plants can, one finding a site with its worst slot's energy."""
    can_wh = plants.export_max_wh[exports.site] * thresholds.export_permille // 1_000
    for site, rows in _by_site(exports, exports.energy_wh > can_wh):
        limit_wh = int(can_wh[rows[0]]) + 1
        yield _site_finding(Pattern.EXPORT_ABOVE_NAMEPLATE, site, rows, limit_wh, exports, plants)


def exports_in_the_dark(exports: Exports, plants: Plants, thresholds: Thresholds) -> Iterator[Finding]:
    """Sites without storage that gave in the dark, one finding a site with its worst slot's energy."""
    strange = exports.dark & ~plants.storage[exports.site] & (exports.energy_wh >= thresholds.dark_min_wh)
    for site, rows in _by_site(exports, strange):
        yield _site_finding(Pattern.EXPORT_IN_THE_DARK, site, rows, thresholds.dark_min_wh, exports, plants)


def _by_site(exports: Exports, strange: npt.NDArray[np.bool_]) -> Iterator[tuple[int, Column]]:
    chosen = np.flatnonzero(strange)
    for (site,), rows in groups(exports.site[chosen][None]):
        yield site, chosen[rows]


def _site_finding(
    pattern: Pattern, site: int, rows: Column, limit_wh: int, exports: Exports, plants: Plants
) -> Finding:
    slots, worst_wh = np.unique(exports.slot[rows]), int(exports.energy_wh[rows].max())
    return Finding(pattern, (int(plants.owner[site]),), (site,), tuple(slots.tolist()), worst_wh, limit_wh)
