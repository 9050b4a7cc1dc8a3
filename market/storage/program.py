"""The storage problem of one site as a mixed-integer program, solved by HiGHS, for prices that make it not convex.

Where selling earns more than buying costs, a meter could import and export at once; where a negative price pays for
waste, a battery could charge and discharge at once. Neither exists, so a binary a slot chooses one of the two.
"""

from typing import NamedTuple

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array, diags_array, eye_array, hstack, vstack

from domain.quantity import PERMILLE
from market.storage.plan import Floats, Needs, Rates, Stores

VARIABLES = ("charge", "discharge", "imported", "exported", "stored", "charges", "imports")


class Program(NamedTuple):
    """One site's program. cost: Shape (variables,); the others as HiGHS wants them."""

    cost: Floats
    bounds: Bounds
    whole: Floats
    constraints: list[LinearConstraint]


def solve(needs: Needs, stores: Stores, rates: Rates, least_wh: Floats, site: int) -> tuple[Floats, float]:
    """What to take out of the store, shape (scenarios, slots), Wh, and the value of one more kWh in it, mJPY/kWh.

    The value is what one Wh more saves; in a full store, what one less costs.
    """
    stored_wh, full = int(stores.stored_wh[site]), stores.stored_wh[site] >= stores.capacity_wh[site]
    cost, taken_wh = _best(needs, stores, rates, least_wh, site, stored_wh)
    assert taken_wh is not None, "what must be left is within reach"
    other, _ = _best(needs, stores, rates, least_wh, site, stored_wh + (-1 if full else 1))
    return taken_wh, (other - cost if full else cost - other)


def _best(
    needs: Needs, stores: Stores, rates: Rates, least_wh: Floats, site: int, stored_wh: int
) -> tuple[float, Floats | None]:
    """The least cost from a content, uJPY, and what is taken; infinite and nothing where that cannot be."""
    scenarios, slots = needs.net_wh.shape[1:]
    program = _program(needs, stores, rates, least_wh, site, stored_wh)
    found = milp(
        program.cost, integrality=program.whole, bounds=program.bounds, constraints=program.constraints,
        options={"mip_rel_gap": 0.0},
    )  # fmt: skip
    if found.x is None:
        return np.inf, None
    charge_wh, discharge_wh = found.x.reshape(len(VARIABLES), scenarios, slots)[:2]
    into, out = stores.charge_permille[site] / PERMILLE, stores.discharge_permille[site] / PERMILLE
    return float(found.fun), discharge_wh / out - charge_wh * into


def _program(needs: Needs, stores: Stores, rates: Rates, least_wh: Floats, site: int, stored_wh: int) -> Program:
    """Variables in blocks of scenario by slot, in the order of VARIABLES."""
    net = needs.net_wh[site].astype(np.float64)
    buy, sell, access = (np.broadcast_to(price[site], net.shape) for price in rates)
    zero, ones = np.zeros(net.shape), np.ones(net.shape)
    charge_max, discharge_max = (
        np.broadcast_to(most[site], net.shape) for most in (stores.charge_max_wh, stores.discharge_max_wh)
    )
    if not stores.exports[site]:
        discharge_max = np.minimum(discharge_max, np.maximum(net, 0))
    import_max, export_max = np.maximum(net, 0) + charge_max, np.maximum(-net, 0) + discharge_max
    worth = zero.copy()
    worth[:, -1] = -float(stores.end_value_mjpy_per_kwh[site])
    share = (needs.weights / needs.weights.sum())[:, None]
    wear = int(stores.wear_mjpy_per_kwh[site])
    cost = [
        share * part for part in (access * ones, (access + wear) * ones, buy * ones, -sell * ones, worth, zero, zero)
    ]
    least = [zero, zero, zero, zero, np.broadcast_to(least_wh[site], net.shape), zero, zero]
    most = [charge_max, discharge_max, import_max, export_max, stores.capacity_wh[site] * ones, ones, ones]
    return Program(
        np.concatenate([part.ravel() for part in cost]),
        Bounds(np.concatenate([part.ravel() for part in least]), np.concatenate([part.ravel() for part in most])),
        np.repeat([0, 0, 0, 0, 0, 1, 1], net.size).astype(np.float64),
        _constraints(net, stores, site, stored_wh, charge_max, discharge_max, import_max, export_max),
    )


def _constraints(
    net: Floats, stores: Stores, site: int, stored_wh: int, charge_max: Floats, discharge_max: Floats,
    import_max: Floats, export_max: Floats,
) -> list[LinearConstraint]:  # fmt: skip
    """Balance at the meter, the store from slot to slot, one direction a slot each, and one first slot for all."""
    scenarios, slots = net.shape
    one, none = eye_array(net.size), coo_array((net.size, net.size))
    step = diags_array(np.tile(np.arange(slots) > 0, scenarios)[1:].astype(np.float64), offsets=-1)
    into, out = stores.charge_permille[site] / PERMILLE, stores.discharge_permille[site] / PERMILLE
    start = np.zeros(net.shape)
    start[:, 0] = stored_wh
    equal = vstack([
        hstack([-one, one, one, -one, none, none, none]),
        hstack([-into * one, one / out, none, none, one - step, none, none]),
        _same_first_slot(scenarios, slots),
    ])  # fmt: skip
    right = np.concatenate((net.ravel(), start.ravel(), np.zeros(2 * (scenarios - 1))))
    charges, imports = (diags_array(most.ravel().astype(np.float64)) for most in (charge_max, import_max))
    gives, exports = (diags_array(most.ravel().astype(np.float64)) for most in (discharge_max, export_max))
    exclusive = vstack([
        hstack([one, none, none, none, none, -charges, none]),
        hstack([none, one, none, none, none, gives, none]),
        hstack([none, none, one, none, none, none, -imports]),
        hstack([none, none, none, one, none, none, exports]),
    ])  # fmt: skip
    zeros = np.zeros(net.size)
    upper = np.concatenate((zeros, discharge_max.ravel(), zeros, export_max.ravel()))
    return [LinearConstraint(equal, right, right), LinearConstraint(exclusive, -np.inf, upper)]


def _same_first_slot(scenarios: int, slots: int) -> coo_array:
    """Rows that hold what every scenario charges and discharges in the first slot to what the first one does."""
    others, block = np.arange(1, scenarios) * slots, scenarios * slots
    column = np.concatenate((others, 0 * others, block + others, block + 0 * others))
    row = np.arange(len(others))
    rows = np.concatenate((row, row, row + len(row), row + len(row)))
    values = np.concatenate((np.ones(len(others)), -np.ones(len(others)))).tolist() * 2
    return coo_array((values, (rows, column)), (2 * len(others), len(VARIABLES) * block))
