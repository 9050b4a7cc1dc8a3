"""How long the day plans of many batteries take, against HiGHS on the same plans in the same run.

Homes of any size with sun or without, prices that change every half hour, wear, an access fee, a reserve and an end
value: 48 slots each, with dispatch, and with the check of every column. CPU seconds of one thread, the best of several
rounds; compiling comes first and is a figure of its own. The floor is one HiGHS model a site after the other, each
started from the last one's basis, on a sample; its optimum is what ``gap_max`` is relative to.
"""

import time
from typing import Any

import highspy
import numpy as np
import numpy.typing as npt

from benchmarks.clearing import machine
from domain.order import Column
from market.storage.faults import checked
from market.storage.plan import Needs, Plans, Rates, Stores, optimise

SLOTS = 48
ROUNDS = 5
SAMPLE = 200
PER_SLOT = 5  # charged, discharged, imported, exported, stored

Floats = npt.NDArray[np.float64]
Problem = tuple[Needs, Stores, Rates]


def measure(sites: int = 10_000, seed: int = 1) -> dict[str, Any]:
    """CPU time of all plans, microseconds a plan, the largest gap to HiGHS and how far a content leaves its bounds."""
    problem = _problem(np.random.default_rng(seed), sites)
    started_s = time.process_time()
    plans = optimise(*checked(*problem))
    first_s, rounds_s = time.process_time() - started_s, []
    for _ in range(ROUNDS):
        started_s = time.process_time()
        plans = optimise(*checked(*problem))
        rounds_s.append(time.process_time() - started_s)
    cpu_s, sample = min(rounds_s), min(sites, SAMPLE)
    started_s = time.process_time()
    optima_ujpy = _hot_started(problem, sample)
    highs_us = (time.process_time() - started_s) * 1e6 / sample
    gap = np.abs(plans.cost_ujpy[:sample] - optima_ujpy) / np.abs(optima_ujpy)
    figures = {
        "sites": sites,
        "slots": SLOTS,
        "cpu_s": round(cpu_s, 4),
        "us_per_plan": round(cpu_s * 1e6 / sites, 2),
        "compile_cpu_s": round(max(first_s - cpu_s, 0.0), 2),
        "gap_max": float(f"{gap.max():.1e}"),
        "beyond_bounds_max_wh": float(f"{_beyond_bounds_wh(plans, problem[1]):.1e}"),
        "ratio": round(highs_us / (cpu_s * 1e6 / sites), 1),
    }
    floor = {"highs_hot_us_per_plan": round(highs_us, 1), "highs_sites": sample}
    return {"bench": "battery", "figures": figures, "floor": floor, "machine": machine()}


def _problem(chance: np.random.Generator, sites: int) -> Problem:
    sun = np.clip(np.sin((np.arange(SLOTS) - 12) / 24 * np.pi), 0, None)
    net_wh = chance.integers(100, 600, (sites, SLOTS)) - 2_500 * chance.random((sites, 1)) * sun
    capacity_wh = chance.integers(4_000, 15_000, sites)
    power_wh, permille = capacity_wh[:, None] // 4, np.full(sites, 950)
    store = Stores(
        capacity_wh // 2, capacity_wh, power_wh, power_wh, capacity_wh[:, None] // 10, permille, permille,
        np.full(sites, 1_000), np.full(sites, 12_000), np.ones(sites, np.bool_),
    )  # fmt: skip
    buy, sell = chance.integers(20_000, 40_000, (sites, SLOTS)), chance.integers(5_000, 18_000, (sites, SLOTS))
    rates = Rates(buy, sell, np.full((1, 1), 500))
    return checked(Needs(net_wh.astype(np.int64)[:, None], np.ones(1, np.int64)), store, rates)


def _beyond_bounds_wh(plans: Plans, stores: Stores) -> float:
    below, above = stores.least_wh[:, None] - plans.stored_wh, plans.stored_wh - stores.capacity_wh[:, None, None]
    return max(float(below.max()), float(above.max()), 0.0)


def _hot_started(problem: Problem, sample: int) -> Floats:
    """The optima by HiGHS, uJPY, one model whose costs and bounds are changed from site to site."""
    needs, stores, _ = problem
    solver: Any = highspy.Highs()  # type: ignore[no-untyped-call]  # its own stubs leave the constructor open
    for option, setting in (("output_flag", False), ("threads", 1)):
        solver.setOptionValue(option, setting)
    starts, columns, values = _rows(float(stores.charge_permille[0]) / 1_000)
    every, rows = np.arange(PER_SLOT * SLOTS, dtype=np.int32), np.arange(2 * SLOTS, dtype=np.int32)
    zeros = np.zeros(len(every))
    solver.passModel(
        len(every), len(rows), len(values), int(highspy.MatrixFormat.kRowwise), int(highspy.ObjSense.kMinimize), 0.0,
        zeros, zeros, zeros, np.zeros(len(rows)), np.zeros(len(rows)), starts, columns, values,
        np.zeros(len(every), np.int32),
    )  # fmt: skip
    optima = np.empty(sample)
    for site in range(sample):
        right = np.zeros(2 * SLOTS)
        right[:SLOTS], right[SLOTS] = needs.net_wh[site, 0], stores.stored_wh[site]
        solver.changeColsCost(len(every), every, _costs(problem, site))
        solver.changeColsBounds(len(every), every, *_bounds(stores, site))
        solver.changeRowsBounds(len(rows), rows, right, right)
        solver.run()
        optima[site] = solver.getInfo().objective_function_value
    return optima


def _rows(efficiency: float) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], Floats]:
    """Row starts, columns and values: the balance at the meter of every slot, then the store from slot to slot."""
    first = np.arange(SLOTS)[:, None] * PER_SLOT
    metered = first + np.array([0, 1, 2, 3])
    stored = np.concatenate((first - 1, first + np.array([0, 1, 4])), axis=1)
    columns = np.concatenate((metered.ravel(), stored.ravel()[1:]))
    values = np.concatenate(
        (np.tile([-1.0, 1, 1, -1], SLOTS), np.tile([-1.0, -efficiency, 1 / efficiency, 1], SLOTS)[1:])
    )
    starts = np.concatenate((np.arange(SLOTS) * 4, [4 * SLOTS], 4 * SLOTS + np.arange(1, SLOTS) * 4 - 1))
    return starts.astype(np.int32), columns.astype(np.int32), values


def _costs(problem: Problem, site: int) -> Floats:
    _, stores, rates = problem
    buy, sell, access = (price[site] for price in rates)
    left: Column = np.zeros(SLOTS, np.int64)
    left[-1] = -stores.end_value_mjpy_per_kwh[site]
    wear = stores.wear_mjpy_per_kwh[site]
    return np.stack((access, access + wear, buy, -sell, left), axis=1).astype(np.float64).ravel()


def _bounds(stores: Stores, site: int) -> tuple[Floats, Floats]:
    zeros, endless = np.zeros(SLOTS), np.full(SLOTS, np.inf)
    least = np.stack((zeros, zeros, zeros, zeros, stores.least_wh[site]), axis=1)
    most = (stores.charge_max_wh[site], stores.discharge_max_wh[site], endless, endless)
    full = np.full(SLOTS, stores.capacity_wh[site])
    return least.ravel(), np.stack((*most, full), axis=1).astype(np.float64).ravel()
