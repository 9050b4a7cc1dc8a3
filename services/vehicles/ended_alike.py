"""The run without trade, ended with as much in the vehicles as the traded run: what is put off past the end is no gain.

By habit a vehicle is full as early as it can be, so at the end of a run it holds what the traded one holds or more.
What it holds more, the last charging of the run without trade leaves out; where a vehicle has given its home more than
was charged, it gives that in this run too.
"""

from collections.abc import Mapping

import numpy as np

from domain.order import Column
from domain.quantity import PERMILLE
from domain.site import Vehicle


def ended_alike(vehicles: Mapping[int, Vehicle], alone: Mapping[str, Column], more_wh: Column) -> Column:
    """Import less export, shape (sites, slots), Wh. alone: registers without trade, of that shape; more_wh: shape
    (sites,), how much more each vehicle holds at their end than in the traded run.
    """
    metered_wh = alone["import_wh"] - alone["export_wh"]
    for at, vehicle in vehicles.items():
        home = alone["vehicle_stored_wh"][at] > 0
        spared_wh, left_wh = _not_charged(alone["vehicle_charge_wh"][at], vehicle, int(more_wh[at]))
        metered_wh[at] -= spared_wh
        metered_wh[at] -= _given(metered_wh[at] * home, vehicle, left_wh)
    return metered_wh


def _not_charged(charge_wh: Column, vehicle: Vehicle, more_wh: int) -> tuple[Column, int]:
    """What the last slots do not charge, so that so much less is stored (rounded to store no less); what is left of
    it."""
    wanted_wh = max(more_wh, 0) * PERMILLE // vehicle.efficiency_permille
    later_wh = charge_wh[::-1].cumsum()[::-1] - charge_wh
    spared_wh = np.clip(wanted_wh - later_wh, 0, charge_wh)
    left_wh = (wanted_wh - int(spared_wh.sum())) * vehicle.efficiency_permille // PERMILLE
    return spared_wh, left_wh


def _given(need_wh: Column, vehicle: Vehicle, left_wh: int) -> Column:
    """What the vehicle gives its home in the last slots that need it, losses taken off, rounded down."""
    most_wh = np.clip(need_wh, 0, vehicle.power_wh_per_slot) * vehicle.feeds_home
    later_wh = most_wh[::-1].cumsum()[::-1] - most_wh
    given_wh: Column = np.clip(left_wh * vehicle.efficiency_permille // PERMILLE - later_wh, 0, most_wh)
    return given_wh
