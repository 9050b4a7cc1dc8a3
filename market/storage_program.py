"""The linear program of one battery behind one meter, solved by HiGHS.

Every slot may charge from own surplus or from the grid, and discharge for own need or into the grid. The power limit
is shared out beforehand, own use first: as buying never costs less than selling earns, no optimum wants it otherwise.
So only the store ties the slots together, one row a slot, and the program is solved in well under a millisecond.
"""

from functools import lru_cache
from typing import NamedTuple

import highspy
import numpy as np
import numpy.typing as npt

from domain.order import Column
from domain.site import Battery

Floats = npt.NDArray[np.float64]


class Prices(NamedTuple):
    """What energy is worth. buy, sell: Shape (slots,), int64, mJPY/kWh at the meter, sell at most buy, none negative.
    wear: mJPY for each kWh discharged. end_value: mJPY for each kWh left in the store after the last slot.
    """

    buy_mjpy_per_kwh: Column
    sell_mjpy_per_kwh: Column
    wear_mjpy_per_kwh: int = 0
    end_value_mjpy_per_kwh: int = 0


class Content(NamedTuple):
    """Bounds on what the store holds, Wh: at the start, at least during the plan, at least at its end."""

    start_wh: int
    least_wh: int
    end_least_wh: int


class Optimum(NamedTuple):
    """The cheapest way. charge_wh, discharge_wh, stored_wh: Shape (slots,), Wh. cost_ujpy counts the bill and wear less
    the worth of what is left. stored_value_mjpy_per_kwh: what one more kWh in the store at the start saves.
    """

    charge_wh: Floats
    discharge_wh: Floats
    stored_wh: Floats
    cost_ujpy: float
    stored_value_mjpy_per_kwh: float


def optimise(net_wh: Column, content: Content, battery: Battery, prices: Prices) -> Optimum:
    """The least cost over the slots. net_wh: Shape (slots,), int64, load less generation. The end content must be
    within reach.
    """
    buy, sell = prices.buy_mjpy_per_kwh, prices.sell_mjpy_per_kwh
    assert np.all(buy >= sell), "selling above the price to buy has no optimum here"
    assert np.all(sell >= 0), "a price is never negative"
    slots, power_wh = len(net_wh), battery.power_wh_per_slot
    own_charge_wh, own_discharge_wh = np.clip(-net_wh, 0, power_wh), np.clip(net_wh, 0, power_wh)
    stored_most_wh = np.full(slots, battery.capacity_wh)
    stored_least_wh = np.full(slots, content.least_wh)
    stored_least_wh[-1] = max(content.least_wh, content.end_least_wh)
    upper = (own_charge_wh, power_wh - own_charge_wh, own_discharge_wh, power_wh - own_discharge_wh, stored_most_wh)
    wear, end_worth = prices.wear_mjpy_per_kwh, np.zeros(slots)
    end_worth[-1] = -prices.end_value_mjpy_per_kwh
    costs = (sell, buy, wear - buy, wear - sell, end_worth)
    without_battery_ujpy = int(np.where(net_wh > 0, net_wh * buy, net_wh * sell).sum())
    zeros = np.zeros(slots)
    return _solve(
        _columns(costs), _columns((zeros, zeros, zeros, zeros, stored_least_wh)), _columns(upper),
        content.start_wh, battery.efficiency_permille, without_battery_ujpy,
    )  # fmt: skip


def _columns(parts: tuple[npt.NDArray[np.generic], ...]) -> Floats:
    """Five values a slot, slot by slot, as the program's columns stand."""
    return np.stack(parts, axis=1).astype(np.float64).ravel()


@lru_cache(maxsize=64)
def _matrix(slots: int, efficiency_permille: int) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], Floats]:
    """Row starts, columns and values: stored - stored before - gained by charging + spent by discharging = 0."""
    efficiency = efficiency_permille / 1000
    first = np.arange(slots)[:, None] * 5
    column = np.concatenate((first - 1, first + np.arange(5)), axis=1)
    value = np.tile([-1.0, -efficiency, -efficiency, 1 / efficiency, 1 / efficiency, 1.0], (slots, 1))
    starts = np.concatenate(([0], np.arange(slots) * 6 + 5))
    return starts.astype(np.int32), column.ravel()[1:].astype(np.int32), value.ravel()[1:]


def _solve(
    cost: Floats, lower: Floats, upper: Floats, start_wh: int, efficiency_permille: int, offset_ujpy: int
) -> Optimum:
    slots = len(cost) // 5
    starts, column, value = _matrix(slots, efficiency_permille)
    balance = np.zeros(slots)
    balance[0] = start_wh
    solver = highspy.Highs()  # type: ignore[no-untyped-call]  # its own stubs leave the constructor open
    for option, setting in (("output_flag", False), ("threads", 1), ("presolve", "off"), ("solver", "simplex")):
        solver.setOptionValue(option, setting)
    row_wise, minimise = highspy.MatrixFormat.kRowwise, highspy.ObjSense.kMinimize
    continuous = np.zeros(5 * slots, np.int32)
    solver.passModel(
        5 * slots, slots, len(value), int(row_wise), int(minimise), 0.0,
        cost, lower, upper, balance, balance, starts, column, value, continuous,
    )  # fmt: skip
    solver.run()
    status = solver.getModelStatus()
    assert status == highspy.HighsModelStatus.kOptimal, f"no such plan: {solver.modelStatusToString(status)}"
    solution = solver.getSolution()
    per_slot = np.array(solution.col_value).reshape(slots, 5)
    cost_ujpy = offset_ujpy + solver.getInfo().objective_function_value
    return Optimum(
        per_slot[:, 0] + per_slot[:, 1],
        per_slot[:, 2] + per_slot[:, 3],
        per_slot[:, 4],
        cost_ujpy,
        -solution.row_dual[0],
    )
