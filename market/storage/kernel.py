"""The compiled loops of market.storage.plan: an exact dynamic program over convex, piecewise linear functions.

What a slot costs is convex and piecewise linear in the energy taken out of the store, and so is what the rest of the
day costs in the energy left in it. The least sum of both over every split of a content (their infimal convolution) has
the pieces of both, sorted by slope: one merge of two sorted lists a slot, no grid and no rounding. Going back through
the slots gives the worth of every content; going forward through the same lists gives the cheapest way.

A function is a position where it starts, and the slopes (ascending) and lengths of its pieces: uJPY per Wh (which is
mJPY per kWh) and Wh in the store, float64. ``taken`` is energy out of the store in a slot, below zero when it is
charged.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from market.storage.plan import Rates, Stores

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

STAGE_PIECES = 4
NOTHING_WH = 1e-9


class Site(NamedTuple):
    """One storage and its prices. Limits and prices: Shape (slots,); least: the content at each slot's end, Wh.
    into, out: what arrives of a Wh charged and of a Wh taken; wear, end_value: mJPY per kWh.
    """

    charge_max: Counts
    discharge_max: Counts
    buy: Counts
    sell: Counts
    access: Counts
    least: Floats
    most: float
    into: float
    out: float
    wear: float
    end_value: float
    exports: bool


@njit(cache=True, error_model="numpy")
def site_of(stores: Stores, rates: Rates, least: Floats, at: int) -> Site:
    """One row of the columns."""
    return Site(
        stores.charge_max_wh[at], stores.discharge_max_wh[at], rates.buy_mjpy_per_kwh[at],
        rates.sell_mjpy_per_kwh[at], rates.access_mjpy_per_kwh[at], least[at], float(stores.capacity_wh[at]),
        stores.charge_permille[at] / 1000, stores.discharge_permille[at] / 1000,
        float(stores.wear_mjpy_per_kwh[at]), float(stores.end_value_mjpy_per_kwh[at]), stores.exports[at],
    )  # fmt: skip


@njit(cache=True, error_model="numpy")
def stage(site: Site, slot: int, net: float, slopes: Floats, lengths: Floats) -> float:
    """Four pieces of what a slot costs over the energy taken: charging from the grid, charging own surplus, covering
    own need, feeding in. Gives where they start: what is taken when charging at the limit, below zero.
    """
    into, out, access = site.into, site.out, site.access[slot]
    charge_max, discharge_max = float(site.charge_max[slot]), float(site.discharge_max[slot])
    own_charge, own_discharge = min(max(-net, 0.0), charge_max), min(max(net, 0.0), discharge_max)
    slopes[0], lengths[0] = -(site.buy[slot] + access) / into, (charge_max - own_charge) * into
    # A piece without length takes the slope of the one before it, so that slopes ascend.
    slopes[1] = -(site.sell[slot] + access) / into if own_charge > 0.0 else slopes[0]
    lengths[1] = own_charge * into
    slopes[2] = (site.wear + access - site.buy[slot]) * out if own_discharge > 0.0 else slopes[1]
    lengths[2] = own_discharge / out
    slopes[3] = (site.wear + access - site.sell[slot]) * out
    lengths[3] = (discharge_max - own_discharge) / out if site.exports else 0.0
    return -float(lengths[0] + lengths[1])


@njit(cache=True, error_model="numpy")
def own_taken(site: Site, slot: int, net: float) -> float:
    """What self-consumption takes out of the store."""
    if net > 0:
        return min(net, float(site.discharge_max[slot])) / site.out
    return -min(-net, float(site.charge_max[slot])) * site.into


@njit(cache=True, error_model="numpy")
def before(
    slopes: Floats, lengths: Floats, counts: Counts, starts: Floats, slot: int, stage_slopes: Floats,
    stage_lengths: Floats, stage_start: float, least: float, most: float,
) -> None:  # fmt: skip
    """The worth of a content one slot earlier, over contents from ``least`` to ``most``, from row ``slot`` into the row
    before."""
    count, position, kept = counts[slot], starts[slot] + stage_start, 0
    begin = max(position, least)
    i = j = 0
    while (i < count or j < STAGE_PIECES) and position < most:
        if j == STAGE_PIECES or (i < count and slopes[slot, i] <= stage_slopes[j]):
            slope, length = slopes[slot, i], lengths[slot, i]
            i += 1
        else:
            slope, length = stage_slopes[j], stage_lengths[j]
            j += 1
        inside = min(position + length, most) - max(position, begin)
        position += length
        if inside > NOTHING_WH:
            if kept > 0 and slopes[slot - 1, kept - 1] == slope:
                lengths[slot - 1, kept - 1] += inside
            else:
                slopes[slot - 1, kept], lengths[slot - 1, kept] = slope, inside
                kept += 1
    counts[slot - 1], starts[slot - 1] = kept, begin


@njit(cache=True, error_model="numpy")
def mean(
    slopes: Floats, lengths: Floats, counts: Counts, starts: Floats, weights: Counts, slopes_out: Floats,
    lengths_out: Floats,
) -> tuple[int, float]:  # fmt: skip
    """The weighted mean of several functions where all are defined: its count and start.

    slopes, lengths: Shape (functions, pieces). weights: of any sum.
    """
    functions, whole, start, kept = len(weights), 0, starts[0], 0
    at, ends = np.zeros(functions, np.int64), np.empty(functions)
    for k in range(functions):
        whole, start = whole + weights[k], max(start, starts[k])
        ends[k] = starts[k] + lengths[k, 0]
    position = start
    while True:
        slope, end = 0.0, np.inf
        for k in range(functions):
            while at[k] < counts[k] and ends[k] <= position + NOTHING_WH:
                at[k] += 1
                if at[k] < counts[k]:
                    ends[k] += lengths[k, at[k]]
            if at[k] >= counts[k]:
                return kept, start
            slope += weights[k] * slopes[k, at[k]]
            end = min(end, ends[k])
        slopes_out[kept], lengths_out[kept] = slope / whole, end - position
        kept, position = kept + 1, end


@njit(cache=True, error_model="numpy")
def taken_at_best(
    stored: float, slopes: Floats, lengths: Floats, row: int, count: int, start: float, stage_slopes: Floats,
    stage_lengths: Floats, stage_count: int, stage_start: float, own: float,
) -> tuple[float, float]:  # fmt: skip
    """What to take in a slot that starts with ``stored``, and the slope there towards more content.

    What the content is worth after the slot stands in ``row``. Pieces are used up in order of slope until they make
    up the content. Where two ways cost the same, own surplus is kept and own need is covered at once, as
    self-consumption does (``own``: what that takes), and nothing else moves.
    """
    rest, taken = stored - stage_start - start, stage_start
    slope, i, j = 0.0, 0, 0
    while i < count or j < stage_count:
        tie_now = taken < own - NOTHING_WH
        if i == count or (
            j < stage_count and (stage_slopes[j] < slopes[row, i] or (stage_slopes[j] == slopes[row, i] and tie_now))
        ):
            slope, length, now = stage_slopes[j], stage_lengths[j], True
            j += 1
        else:
            slope, length, now = slopes[row, i], lengths[row, i], False
            i += 1
        used = min(length, max(rest, 0.0))
        if now:
            taken += used
        rest -= used
        if length > NOTHING_WH and used < length - NOTHING_WH:
            break
    return taken if abs(taken) > NOTHING_WH else 0.0, slope


@njit(cache=True, error_model="numpy")
def worths(
    site: Site, net: Counts, slopes: Floats, lengths: Floats, counts: Counts, starts: Floats, stage_slopes: Floats,
    stage_lengths: Floats,
) -> None:  # fmt: skip
    """What every content is worth after each slot but the last, back from the end. slopes: Shape (slots, pieces)."""
    last = len(net) - 1
    least = site.least[last]
    slopes[last, 0], lengths[last, 0], counts[last], starts[last] = -site.end_value, site.most - least, 1, least
    for slot in range(last, 0, -1):
        begin = stage(site, slot, net[slot], stage_slopes, stage_lengths)
        before(
            slopes, lengths, counts, starts, slot, stage_slopes, stage_lengths, begin, site.least[slot - 1], site.most
        )  # fmt: skip


@njit(cache=True, error_model="numpy")
def follow(
    site: Site, net: Counts, stored: float, slopes: Floats, lengths: Floats, counts: Counts, starts: Floats,
    stage_slopes: Floats, stage_lengths: Floats, taken: Floats,
) -> None:  # fmt: skip
    """The cheapest way from the second slot on, which starts with ``stored``."""
    for slot in range(1, len(net)):
        begin = stage(site, slot, net[slot], stage_slopes, stage_lengths)
        taken[slot], _ = taken_at_best(
            stored, slopes, lengths, slot, counts[slot], starts[slot], stage_slopes, stage_lengths,
            STAGE_PIECES, begin, own_taken(site, slot, net[slot]),
        )  # fmt: skip
        stored -= taken[slot]


@njit(cache=True, error_model="numpy")
def solve(
    net: Counts, weights: Counts, stores: Stores, rates: Rates, least: Floats, wanted: Flags, taken: Floats,
    value: Floats, worth_slopes: Floats, worth_lengths: Floats, worth_counts: Counts, worth_starts: Floats,
) -> None:  # fmt: skip
    """Plans of the wanted sites, into the last six columns. net, taken: Shape (sites, scenarios, slots).

    All scenarios share the first slot: its cost and the worth of what it leaves are weighted means. The worth is
    written out, shape (sites, pieces), unless that column has no pieces.
    """
    sites, scenarios, slots = net.shape
    shape = (scenarios, slots, STAGE_PIECES * slots)
    slopes, lengths = np.empty(shape), np.empty(shape)
    counts, starts = np.empty(shape[:2], np.int64), np.empty(shape[:2])
    stage_slopes, stage_lengths = np.empty((scenarios, STAGE_PIECES)), np.empty((scenarios, STAGE_PIECES))
    stage_counts, stage_starts = np.full(scenarios, STAGE_PIECES), np.empty(scenarios)
    first_slopes, first_lengths = np.empty(stage_slopes.size), np.empty(stage_slopes.size)
    kept_slopes, kept_lengths = np.empty((1, scenarios * shape[2])), np.empty((1, scenarios * shape[2]))
    for at in range(sites):
        if not wanted[at]:
            continue
        site, stored = site_of(stores, rates, least, at), float(stores.stored_wh[at])
        for k in range(scenarios):
            worths(
                site, net[at, k], slopes[k], lengths[k], counts[k], starts[k], stage_slopes[k], stage_lengths[k]
            )  # fmt: skip
            stage_starts[k] = stage(site, 0, net[at, k, 0], stage_slopes[k], stage_lengths[k])
        kept, start = mean(
            slopes[:, 0], lengths[:, 0], counts[:, 0], starts[:, 0], weights, kept_slopes[0], kept_lengths[0]
        )  # fmt: skip
        first, begin = mean(
            stage_slopes, stage_lengths, stage_counts, stage_starts, weights, first_slopes, first_lengths
        )  # fmt: skip
        taken_first, slope = taken_at_best(
            stored, kept_slopes, kept_lengths, 0, kept, start, first_slopes, first_lengths, first, begin,
            own_taken(site, 0, net[at, scenarios // 2, 0]),
        )  # fmt: skip
        value[at], worth_counts[at], worth_starts[at] = -slope, kept, start
        for piece in range(min(kept, worth_slopes.shape[1])):
            worth_slopes[at, piece], worth_lengths[at, piece] = kept_slopes[0, piece], kept_lengths[0, piece]
        for k in range(scenarios):
            taken[at, k, 0] = taken_first
            follow(
                site, net[at, k], stored - taken_first, slopes[k], lengths[k], counts[k], starts[k],
                stage_slopes[k], stage_lengths[k], taken[at, k],
            )  # fmt: skip
