"""The same vehicles without anybody to tell them when to charge: what a member is compared with.

Each stay takes the energy that it did take, as early as the charger's power allows: the same drives, the same content
on arrival, at the end of the day and at departure. What a vehicle gave to its home is worth the energy that would have
had to be charged for it, losses of both ways included. A stay that gave more than it took would by habit have taken
nothing and ended fuller; what it would have had over is counted as energy that need not be bought.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from domain.order import Column
from domain.quantity import PERMILLE
from domain.site import Vehicle
from market.storage.plan import Flags


class UsualCharging(NamedTuple):
    """charge_wh, metered_wh (import less export): shape (sites, slots). unused_wh: shape (sites,). int64, Wh."""

    charge_wh: Column
    metered_wh: Column
    unused_wh: Column


def usual_charging(vehicles: Mapping[int, Vehicle], flows: Mapping[str, Column]) -> UsualCharging:
    """What the meters would have shown. flows: registers, shape (sites, slots), -1 where nothing was read."""
    known = {name: np.maximum(column, 0) for name, column in flows.items()}
    took_wh, gave_wh = known["vehicle_charge_wh"], known["vehicle_discharge_wh"]
    charge_wh, unused_wh = np.zeros_like(took_wh), np.zeros(len(took_wh), np.int64)
    for at, vehicle in vehicles.items():
        both_ways = vehicle.efficiency_permille**2
        replaced_wh = -(-gave_wh[at] * PERMILLE**2 // both_ways)
        home = known["vehicle_stored_wh"][at] > 0
        charge_wh[at], unused_wh[at] = earliest(home, took_wh[at] - replaced_wh, vehicle.power_wh_per_slot)
    metered_wh = known["import_wh"] - known["export_wh"] - took_wh + gave_wh + charge_wh
    return UsualCharging(charge_wh, metered_wh, unused_wh)


def earliest(home: Flags, taken_wh: Column, power_wh: int) -> tuple[Column, int]:
    """The energy of each stay at full power from its first slot on, shape (slots,), and what stays gave over that."""
    stay = np.cumsum(home & ~np.append(False, home[:-1]))
    charge_wh, unused_wh = np.zeros_like(taken_wh), 0
    for number in range(1, int(stay[-1]) + 1):
        slots = np.flatnonzero(home & (stay == number))
        energy_wh = int(taken_wh[slots].sum())
        charge_wh[slots] = np.clip(max(energy_wh, 0) - np.arange(len(slots)) * power_wh, 0, power_wh)
        unused_wh += max(-energy_wh, 0)
    return charge_wh, unused_wh
