"""Random storage problems for the tests, and the linear program that is their oracle."""

import numpy as np
from scipy.optimize import linprog

from market.storage.faults import checked
from market.storage.plan import Floats, Needs, Rates, Stores

Problem = tuple[Needs, Stores, Rates]


def random_problem(seed: int, sites: int, scenarios: int, slots: int) -> Problem:
    """Homes with sun and need, storages of any size, some that may not export or are away now and then; prices of any
    spread, wear, access fees and contents that must be left, all of them often zero or equal."""
    chance = np.random.default_rng(seed)
    sun = np.clip(np.sin((np.arange(slots) + chance.integers(48, size=(sites, 1, 1))) / 24 * np.pi), 0, None)
    net_wh = chance.integers(0, 900, (sites, scenarios, slots)) - 2_500 * chance.random((sites, scenarios, 1)) * sun
    capacity_wh = chance.integers(0, 12_000, sites)
    home = chance.random((sites, slots)) < 0.9
    power_wh = chance.integers(0, 3_000, sites)[:, None] * home
    buy = chance.choice([np.full((sites, slots), 30_000), chance.integers(15_000, 40_000, (sites, slots))])
    sell = np.minimum(chance.choice([0, 8_500, 20_000], (sites, slots)), buy)
    least_wh = chance.integers(0, 6_000, (sites, slots)) * (chance.random((sites, slots)) < 0.1)
    return checked(
        Needs(net_wh.astype(np.int64), chance.integers(1, 5, scenarios)),
        Stores(
            stored_wh=(capacity_wh * chance.choice([0, 0.5, 1, 0.37], sites)).astype(np.int64),
            capacity_wh=capacity_wh,
            charge_max_wh=power_wh,
            discharge_max_wh=np.where(chance.random((sites, 1)) < 0.2, 0, power_wh),
            least_wh=least_wh,
            charge_permille=chance.choice([1_000, 950, 900, 613], sites),
            discharge_permille=chance.choice([1_000, 950, 880], sites),
            wear_mjpy_per_kwh=chance.choice([0, 1_000, 7_000], sites),
            end_value_mjpy_per_kwh=chance.choice([0, 8_000, 25_000], sites),
            exports=chance.random(sites) < 0.7,
        ),
        Rates(buy, sell, chance.choice([0, 0, 1_500], (sites, slots))),
    )


def reachable_wh(stores: Stores, site: int) -> Floats:
    """What must be left, as far as charging at the limit brings it, slot by slot."""
    stored_wh, reachable = float(stores.stored_wh[site]), []
    for most_wh, least_wh in zip(stores.charge_max_wh[site], stores.least_wh[site], strict=True):
        stored_wh = min(stored_wh + most_wh * stores.charge_permille[site] / 1_000, stores.capacity_wh[site])
        reachable.append(min(stored_wh, least_wh))
    return np.array(reachable)


def oracle_ujpy(problem: Problem, site: int) -> float:
    """The least expected cost by a linear program that knows imports, exports, charge and discharge of each scenario as
    metered, sums up the store, and holds the first slots of all scenarios together. Convex prices only."""
    needs, stores, rates = problem
    scenarios, slots = needs.net_wh.shape[1:]
    share = needs.weights / needs.weights.sum()
    eye, past = np.eye(slots), np.tril(np.ones((slots, slots)))
    into, out = stores.charge_permille[site] / 1_000, stores.discharge_permille[site] / 1_000
    worth = float(stores.end_value_mjpy_per_kwh[site])
    buy, sell, access = (price[site].astype(np.float64) for price in rates)
    one_cost = (buy, -sell, access - worth * into, access + stores.wear_mjpy_per_kwh[site] + worth / out)
    each = np.eye(scenarios)
    metered = np.kron(each, np.hstack((eye, -eye, -eye, eye)))
    stored = np.kron(each, np.hstack((0 * past, 0 * past, into * past, -past / out)))
    net_wh = needs.net_wh[site]
    bounds = []
    for net in net_wh:
        give = stores.discharge_max_wh[site] if stores.exports[site] else np.minimum(
            stores.discharge_max_wh[site], np.maximum(net, 0)
        )  # fmt: skip
        bounds += [(0, None)] * (2 * slots) + [(0, most) for most in (*stores.charge_max_wh[site], *give)]
    least_wh = np.tile(reachable_wh(stores, site) - 1e-9, scenarios)
    start_wh = float(stores.stored_wh[site])
    found = linprog(
        np.concatenate([np.concatenate(one_cost) * part for part in share]),
        A_ub=np.vstack((stored, -stored)),
        b_ub=np.concatenate((np.full(len(stored), stores.capacity_wh[site] - start_wh), start_wh - least_wh)),
        A_eq=np.vstack((metered, *_first_slots(scenarios, slots))),
        b_eq=np.concatenate((net_wh.ravel(), np.zeros(2 * (scenarios - 1)))),
        bounds=bounds,
        options={"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10},
    )
    assert found.success, found.message
    return float(found.fun) - worth * start_wh


def _first_slots(scenarios: int, slots: int) -> list[Floats]:
    """Rows that hold the first slot's charge, and its discharge, to the first scenario's."""
    rows = []
    for at in (2 * slots, 3 * slots):
        for other in range(1, scenarios):
            row = np.zeros((1, 4 * slots * scenarios))
            row[0, at], row[0, 4 * slots * other + at] = -1, 1
            rows.append(row)
    return rows
