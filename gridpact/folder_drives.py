"""When a folder's vehicles were away and what their drives took, from what their meters said.

A vehicle that is home holds something. What it held when it left, less what it held on arrival, is what the drive took;
what it charged elsewhere is not known and left out.
"""

from collections.abc import Mapping

import numpy as np

from domain.order import Column
from domain.quantity import PERMILLE
from domain.site import Vehicle
from simulation.vehicles import Drives


def drives_of(vehicles: Mapping[int, Vehicle], registers: Mapping[str, Column]) -> Drives:
    """The drives of each vehicle, by position. registers: the three of a vehicle, shape (sites, slots), Wh."""
    at = list(vehicles)
    stored_wh, took_wh, gave_wh = (registers[f"vehicle_{name}_wh"][at] for name in ("stored", "charge", "discharge"))
    permille = np.array([each.efficiency_permille for each in vehicles.values()], np.int64)[:, None]
    home = stored_wh > 0
    begun_wh = stored_wh - took_wh * permille // PERMILLE + gave_wh * PERMILLE // permille
    came = home[:, 1:] & ~home[:, :-1]
    used_wh = np.zeros_like(stored_wh)
    used_wh[:, 1:] = np.where(came, np.maximum(_held_before(stored_wh)[:, :-1] - begun_wh[:, 1:], 0), 0)
    return Drives(home, used_wh)


def _held_before(stored_wh: Column) -> Column:
    """What each vehicle held when it was last home, at the end of each slot; zero before it ever was."""
    slots = np.arange(stored_wh.shape[1])
    last = np.maximum.accumulate(np.where(stored_wh > 0, slots, 0), axis=1)
    return np.take_along_axis(stored_wh, last, axis=1)
