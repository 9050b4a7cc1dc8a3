"""The cheapest way to run storages behind meters: batteries, vehicles and loads that can wait, many sites at once.

Charging costs what is bought, or earns no longer what own surplus would have sold for; discharging spares a purchase or
sells. Losses fall on both ways, wear on what is discharged, and an access fee on every kWh that goes in or out. A fee
quoted per kW of storage used in a quarter of an hour enters as four times as much per kWh. A fee for using a slot at
all, however little, would not be convex and is not offered.

Where buying costs at least what selling earns, a plan is the exact optimum of market.storage.kernel. Where it costs
less, or a negative price pays for wasting energy, the problem is not convex: such sites, and only they, go to
market.storage.program.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from domain.order import Column
from domain.quantity import PERMILLE

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


class Stores(NamedTuple):
    """Storages, one row each, int64, Wh; charge and discharge are counted at the meter, content in the store.

    stored, capacity: Shape (sites,). charge_max, discharge_max: Shape (sites, slots), zero while it is away. least:
    Shape (sites, slots), what must be left when the slot ends. charge, discharge: Shape (sites,), efficiency each way.
    wear: for each kWh discharged; end_value: for each kWh left at the end. exports: may it discharge into the grid?
    """

    stored_wh: Column
    capacity_wh: Column
    charge_max_wh: Column
    discharge_max_wh: Column
    least_wh: Column
    charge_permille: Column
    discharge_permille: Column
    wear_mjpy_per_kwh: Column
    end_value_mjpy_per_kwh: Column
    exports: Flags


class Rates(NamedTuple):
    """What energy is worth at the meter. Shape (sites, slots) or what extends to it, int64, mJPY/kWh. access: for each
    kWh charged and each discharged, never negative.
    """

    buy_mjpy_per_kwh: Column
    sell_mjpy_per_kwh: Column
    access_mjpy_per_kwh: Column


class Needs(NamedTuple):
    """Load less generation, without the storage. net: Shape (sites, scenarios, slots), int64, Wh. weights: Shape
    (scenarios,), int64, positive, of any sum: how much each scenario counts.
    """

    net_wh: Column
    weights: Column


class Worth(NamedTuple):
    """What content is worth after the first slot, each site's marginal value from little content to much.

    start_wh: Shape (sites,), the least content. length_wh, value_mjpy_per_kwh: Shape (sites, pieces), of which
    the first ``filled``, shape (sites,), are in use, values descending; none where a site's problem is not convex.
    """

    start_wh: Floats
    length_wh: Floats
    value_mjpy_per_kwh: Floats
    filled: Column


class Plans(NamedTuple):
    """The cheapest ways. charge, discharge (at the meter), stored (when a slot ends): Shape (sites, scenarios, slots),
    Wh. Every scenario has the same first slot.

    cost: Shape (sites,), uJPY, expected bill, fees and wear less the worth of what is left. stored_value: Shape
    (sites,), mJPY/kWh, what one more kWh at the start would save. missing: Shape (sites, slots), Wh, what ``least``
    asks beyond the most that can be stored by then; the plan holds that most instead.
    """

    charge_wh: Floats
    discharge_wh: Floats
    stored_wh: Floats
    cost_ujpy: Floats
    stored_value_mjpy_per_kwh: Floats
    missing_wh: Floats
    worth: Worth


def optimise(needs: Needs, stores: Stores, rates: Rates, with_worth: bool = False) -> Plans:
    """The least expected cost of each site. The columns are as ``market.storage.faults.checked`` gives them.

    with_worth: fill ``worth`` too; without, its pieces are empty.
    """
    from market.storage.kernel import STAGE_PIECES, solve

    sites, scenarios, slots = needs.net_wh.shape
    least_wh, missing_wh = _within_reach(stores)
    convex = convex_sites(needs, stores, rates)
    taken, value = np.empty(needs.net_wh.shape), np.empty(sites)
    pieces = STAGE_PIECES * slots * scenarios if with_worth else 0
    slopes, lengths = np.empty((sites, pieces)), np.empty((sites, pieces))
    counts, starts = np.zeros(sites, np.int64), np.zeros(sites)
    solve(
        needs.net_wh, needs.weights, stores, rates, least_wh, convex, taken, value, slopes, lengths, counts, starts
    )  # fmt: skip
    if not convex.all():
        from market.storage.program import solve as solve_mixed

        for site in np.flatnonzero(~convex):
            taken[site], value[site] = solve_mixed(needs, stores, rates, least_wh, int(site))
    worth = Worth(starts, lengths, np.negative(slopes, out=slopes), counts)
    return _plans(needs, stores, rates, taken, value, missing_wh, worth)


def convex_sites(needs: Needs, stores: Stores, rates: Rates) -> Flags:
    """Which sites have a convex problem: no slot sells above its price to buy, and none has a price so far below zero
    that it pays to charge and discharge at once. Shape (sites,).
    """
    buy, sell, access = rates
    if np.all(buy >= sell) and np.all(sell >= 0):
        return np.ones(len(buy), np.bool_)
    into, out = stores.charge_permille[:, None] / PERMILLE, stores.discharge_permille[:, None] / PERMILLE
    wear = stores.wear_mjpy_per_kwh[:, None]
    lost = (1 / into - out)[:, None] * np.where(needs.net_wh > 0, buy[:, None], sell[:, None])
    spent = out * (wear + access) + access / into
    convex: Flags = np.all((buy >= sell)[:, None] & (lost + spent[:, None] >= 0), axis=(1, 2))
    return convex


def _within_reach(stores: Stores) -> tuple[Floats, Floats]:
    """What must be left after each slot as far as charging at the limit can bring it, and how much that is short."""
    reached_wh, least_wh = stores.stored_wh.astype(np.float64), np.empty_like(stores.least_wh, np.float64)
    gain_wh = stores.charge_max_wh * (stores.charge_permille[:, None] / PERMILLE)
    for slot in range(stores.least_wh.shape[1]):
        reached_wh = np.minimum(reached_wh + gain_wh[:, slot], stores.capacity_wh)
        least_wh[:, slot] = np.minimum(stores.least_wh[:, slot], reached_wh)
    return least_wh, stores.least_wh - least_wh


def _plans(
    needs: Needs, stores: Stores, rates: Rates, taken_wh: Floats, value: Floats, missing_wh: Floats, worth: Worth
) -> Plans:
    """What is taken out of each store, seen from the meter and from the bill."""
    into, out = (permille[:, None, None] / PERMILLE for permille in (stores.charge_permille, stores.discharge_permille))
    charge_wh, discharge_wh = np.maximum(-taken_wh, 0.0) / into, np.maximum(taken_wh, 0.0) * out
    stored_wh = stores.stored_wh[:, None, None].astype(np.float64) - np.cumsum(taken_wh, axis=2)
    metered_wh = needs.net_wh + charge_wh - discharge_wh
    buy, sell, access = (price[:, None] for price in rates)
    spent = metered_wh * np.where(metered_wh > 0, buy, sell) + access * (charge_wh + discharge_wh)
    spent += stores.wear_mjpy_per_kwh[:, None, None] * discharge_wh
    left_ujpy = stores.end_value_mjpy_per_kwh[:, None] * stored_wh[:, :, -1]
    cost_ujpy = (spent.sum(axis=2) - left_ujpy) @ needs.weights / needs.weights.sum()
    return Plans(charge_wh, discharge_wh, stored_wh, cost_ujpy, value, missing_wh, worth)
