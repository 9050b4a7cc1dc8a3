"""What a home's battery does in one slot, in whole Wh, so that the simulated home, the plan and the bill agree.

Surplus fills the store and deficit empties it (self-consumption); a set-point from a trade shifts this by what was
sold or bought. Losses fall on the store: charging fills it by less than was taken from the meter side, rounded down,
discharging empties it by more than was given, rounded up.

What it should do over a day, and what its content is worth, is the plan of a storage (market.storage.plan).
"""

from collections.abc import Sequence
from itertools import zip_longest
from math import floor
from typing import NamedTuple

import numpy as np

from domain.order import Column
from domain.quantity import PERMILLE
from domain.site import Battery
from market.storage.faults import checked
from market.storage.plan import Needs, Plans, Rates, Stores, optimise

SOLVER_NOISE_WH = 1e-6


class Operation(NamedTuple):
    """One slot of a battery: Wh taken and given at the meter side (one of them is zero) and the content at the end."""

    charge_wh: int
    discharge_wh: int
    stored_wh: int


def operate(
    load_wh: int, pv_wh: int, stored_wh: int, battery: Battery, extra_charge_wh: int = 0, extra_discharge_wh: int = 0
) -> Operation:
    """What the battery does in a slot that starts with ``stored_wh`` in it.

    Self-consumption first; on top, ``extra_discharge_wh`` leaves for the grid and ``extra_charge_wh`` comes from it,
    as far as power and content allow. Trading never touches the reserve, nor does own use.
    """
    assert min(load_wh, pv_wh, extra_charge_wh, extra_discharge_wh) >= 0 <= stored_wh <= battery.capacity_wh
    charge_max_wh, discharge_max_wh = charge_limit_wh(stored_wh, battery), discharge_limit_wh(stored_wh, battery)
    own_wh = min(max(pv_wh - load_wh, -discharge_max_wh), charge_max_wh)
    into_wh = min(max(own_wh + extra_charge_wh - extra_discharge_wh, -discharge_max_wh), charge_max_wh)
    charge_wh, discharge_wh = max(into_wh, 0), max(-into_wh, 0)
    gained_wh = charge_wh * battery.efficiency_permille // PERMILLE
    spent_wh = -(-discharge_wh * PERMILLE // battery.efficiency_permille)
    return Operation(charge_wh, discharge_wh, stored_wh + gained_wh - spent_wh)


def charge_limit_wh(stored_wh: int, battery: Battery) -> int:
    """The most a battery with this content can take in a slot, at the meter side."""
    room_wh = battery.capacity_wh - stored_wh
    fits_wh = -(-room_wh * PERMILLE // battery.efficiency_permille)
    return min(battery.power_wh_per_slot, fits_wh)


def discharge_limit_wh(stored_wh: int, battery: Battery) -> int:
    """The most a battery with this content can give in a slot without touching its reserve, at the meter side."""
    free_wh = max(stored_wh - battery.reserve_wh, 0)
    return min(battery.power_wh_per_slot, free_wh * battery.efficiency_permille // PERMILLE)


def project(
    load_wh: Sequence[int],
    pv_wh: Sequence[int],
    stored_wh: int,
    battery: Battery,
    extra_charge_wh: Sequence[int] = (),
    extra_discharge_wh: Sequence[int] = (),
) -> int:
    """The content after some slots, Wh: what a plan starts from when the last reading is hours old.

    The extras are what trades concluded meanwhile will ask of it, one value a slot from the first slot on; slots
    beyond their end have none.
    """
    slots = zip_longest(load_wh, pv_wh, extra_charge_wh, extra_discharge_wh, fillvalue=0)
    for slot_load_wh, slot_pv_wh, charge_wh, discharge_wh in slots:
        operation = operate(int(slot_load_wh), int(slot_pv_wh), stored_wh, battery, int(charge_wh), int(discharge_wh))
        stored_wh = operation.stored_wh
    return stored_wh


def cheapest_ujpy(
    net_wh: Column, stored_start: int, stored_end: int, battery: Battery, buy_mjpy: Column, sell_mjpy: Column
) -> int:
    """The least bill that hindsight could have reached with at least ``stored_end`` Wh left, uJPY, rounded down.

    net_wh, buy_mjpy, sell_mjpy: as in ``plan``, of any number of slots. Wear is not part of a bill.
    """
    least_wh = np.full(len(net_wh), min(battery.reserve_wh, stored_start, stored_end))
    least_wh[-1] = stored_end
    best = _best(net_wh, stored_start, least_wh, battery, (buy_mjpy, sell_mjpy), (0, 0))
    assert best.missing_wh.max() < SOLVER_NOISE_WH, "a content that was reached is within reach"
    return floor(float(best.cost_ujpy[0]))


def _best(
    net_wh: Column,
    stored_wh: int,
    least_wh: Column,
    battery: Battery,
    prices: tuple[Column, Column],
    worth: tuple[int, int],
) -> Plans:
    """One battery, one course of things. prices: to buy and to sell; worth: wear and end value."""
    power_wh, permille = np.array([[battery.power_wh_per_slot]]), np.array([battery.efficiency_permille])
    wear, end_value = (np.array([value]) for value in worth)
    store = Stores(
        np.array([stored_wh]), np.array([battery.capacity_wh]), power_wh, power_wh, least_wh[None],
        permille, permille, wear, end_value, np.ones(1, np.bool_),
    )  # fmt: skip
    rates = Rates(prices[0][None], prices[1][None], np.zeros((1, 1), np.int64))
    return optimise(*checked(Needs(net_wh[None, None], np.ones(1, np.int64)), store, rates))
