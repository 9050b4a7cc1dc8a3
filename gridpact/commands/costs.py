"""``gridpact costs``: what bringing contracts about cost, beside a baseline, and what may be claimed of it."""

import argparse
import json
from typing import Any

import numpy as np

from domain.errors import Fault, InputRefused
from domain.order import Column
from domain.quantity import UJPY_PER_JPY
from gridpact.existing import open_existing
from services.figures.transaction_costs import Counted, counted
from settlement.activity_costs import BASELINE, COSTS
from settlement.transaction_cost import Activity, Baseline, ContractCosts, contract_costs, per_kwh_mjpy, ratio

LAST_SLOT = 2**40


def run(options: argparse.Namespace) -> int:
    """Print counts, costs and the ratio; good also where nothing can be claimed."""
    with open_existing(options) as world, world.house.database.read() as tx:
        found = counted(tx, 0, LAST_SLOT)
    costs = contract_costs(found.counts, COSTS, found.stands, found.energy_wh)
    told = figures(found, costs, _baseline(options))
    if options.json:
        print(json.dumps(told))
        return 0
    for name, value in told.items():
        print(f"{name.replace('_', ' ')}: {_line(value)}")
    return 0


def figures(found: Counted, costs: ContractCosts, baseline: Baseline) -> dict[str, Any]:
    """Everything by name: yen a contract as median and nine tenths, yen a kWh, the ratio and its verdict."""
    compared = ratio(costs, baseline)
    return {
        "contracts": len(found.contracts),
        "contracts_settled": int(found.stands.sum()),
        "contracts_planted_left_out": found.planted,
        "energy_kwh": found.energy_wh / 1_000,
        "activities": {str(name): int(column.sum()) for name, column in found.counts.items()},
        "unit_costs": {str(name): COSTS[name].source for name in Activity},
        "jpy_per_contract_median": [_quantile(costs.low_ujpy, 50), _quantile(costs.high_ujpy, 50)],
        "jpy_per_contract_p90": [_quantile(costs.low_ujpy, 90), _quantile(costs.high_ujpy, 90)],
        "mjpy_per_kwh": [per_kwh_mjpy(int(end.sum()), costs.energy_wh) for end in (costs.low_ujpy, costs.high_ujpy)],
        "baseline_mjpy_per_kwh": [baseline.low_mjpy_per_kwh, baseline.high_mjpy_per_kwh],
        "baseline": baseline.source,
        "ratio_ppm": [compared.low_ppm, compared.high_ppm] if compared else None,
        "saving_of_70_percent": str(compared.verdict) if compared else "nothing delivered yet",
    }


def _baseline(options: argparse.Namespace) -> Baseline:
    if options.baseline is None:
        return BASELINE
    low, high, contracts = options.baseline
    if not 0 < low <= high or contracts < 0:
        says = f"a baseline is from LOW to HIGH above nothing, on CONTRACTS, not {low} {high} {contracts}"
        raise InputRefused([Fault("baseline", "wrong_range", says)])
    return Baseline(low, high, contracts, f"named on the command line, measured on {contracts} contracts")


def _quantile(ujpy: Column, percent: int) -> float | None:
    return float(np.percentile(ujpy, percent)) / UJPY_PER_JPY if len(ujpy) else None


def _line(value: Any) -> str:
    match value:
        case dict():
            return "".join(f"\n  {name.replace('_', ' ')}: {each}" for name, each in value.items())
        case list():
            return f"{value[0]} to {value[1]}"
        case _:
            return str(value)
