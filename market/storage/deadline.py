"""Vehicles and loads that can wait: energy that must be there by a slot, taken whenever it costs least until then.

A vehicle is a storage that is home in some slots, with a content asked for at its departure; where its owner allows, it
covers the home's own need meanwhile and never feeds in. A load that can wait is a storage that only takes. Both are
planned as any storage is (market.storage.plan). Behind one meter the plan of one device is part of the net load of the
next.
"""

from collections.abc import Sequence
from math import ceil
from typing import NamedTuple

import numpy as np

from domain.errors import Fault, InputRefused
from domain.order import Column
from domain.quantity import PERMILLE
from market.storage.faults import checked
from market.storage.plan import Flags, Floats, Needs, Plans, Rates, Stores, optimise

NOISE_WH = 1e-6


class Errands(NamedTuple):
    """What must be stored by when. Shape (sites,), int64, Wh, but ``home``.

    needed: content when ``deadline`` slots have passed, counted from the plan's first one. power: at the meter, in a
    slot. home: Shape (sites, slots), when it is plugged in. to_home: may it cover the home's own need? wear: mJPY for
    each kWh discharged; end_value: mJPY for each kWh left after the last slot, zero for what is only used up.
    """

    needed_wh: Column
    deadline: Column
    stored_wh: Column
    capacity_wh: Column
    power_wh_per_slot: Column
    home: Flags
    to_home: Flags
    charge_permille: Column
    discharge_permille: Column
    wear_mjpy_per_kwh: Column
    end_value_mjpy_per_kwh: Column


def waiting_loads(energy_wh: Column, power_wh_per_slot: Column, window: Flags, deadline: Column) -> Errands:
    """Loads that take so much energy by a deadline, at most so much in a slot, only inside their window."""
    nothing, whole, never = (
        np.zeros_like(energy_wh),
        np.full_like(energy_wh, PERMILLE),
        np.zeros(len(energy_wh), np.bool_),
    )
    return Errands(
        energy_wh, deadline, nothing, energy_wh, power_wh_per_slot, window, never, whole, whole, nothing, nothing
    )  # fmt: skip


def plan_errands(errands: Errands, needs: Needs, rates: Rates, names: Sequence[str]) -> tuple[Plans, list[Fault]]:
    """The cheapest way to be ready in time, and a fault for each site that cannot be: how much it will lack.

    Such a site gets the most that its limits allow. names: of the sites, for the faults. Raises InputRefused when the
    columns themselves are wrong.
    """
    slots = needs.net_wh.shape[-1]
    late = (errands.deadline < 1) | (errands.deadline > slots)
    if late.any():
        message = f"must lie between 1 and {slots}"
        raise InputRefused(
            [Fault(names[site], "deadline_outside_plan", message) for site in np.flatnonzero(late).tolist()]
        )
    plans = optimise(*checked(needs, stores_of(errands, slots), rates))
    return plans, _shortfalls(plans.missing_wh, errands.deadline, names)


def stores_of(errands: Errands, slots: int) -> Stores:
    """The same as storages: their power while they are home, what must be left at the deadline and nowhere else."""
    power_wh = errands.power_wh_per_slot[:, None] * errands.home
    least_wh = np.where(np.arange(1, slots + 1) == errands.deadline[:, None], errands.needed_wh[:, None], 0)
    return Stores(
        errands.stored_wh, errands.capacity_wh, power_wh, power_wh * errands.to_home[:, None], least_wh,
        errands.charge_permille, errands.discharge_permille, errands.wear_mjpy_per_kwh,
        errands.end_value_mjpy_per_kwh, np.zeros(len(errands.needed_wh), np.bool_),
    )  # fmt: skip


def _shortfalls(missing_wh: Floats, deadline: Column, names: Sequence[str]) -> list[Fault]:
    """One fault a site, in whole Wh, rounded up."""
    lacking_wh = missing_wh.max(axis=1)
    return [
        Fault(
            names[site],
            "deadline_out_of_reach",
            f"lacks {ceil(lacking_wh[site] - NOISE_WH)} Wh after {deadline[site]} slots even charged at the limit: "
            "ask for less, later, or plug in sooner",
        )
        for site in np.flatnonzero(lacking_wh > NOISE_WH).tolist()
    ]
