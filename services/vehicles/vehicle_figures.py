"""What the vehicles did: how many left as their owners asked, and how much they charged later than by habit."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from domain.order import Column
from domain.quantity import WH_PER_KWH
from domain.site import Vehicle


def vehicle_figures(
    vehicles: Mapping[int, Vehicle], flows: Mapping[str, Column], usual_charge_wh: Column
) -> dict[str, Any]:
    """Figures by public name. flows: registers of the run; usual_charge_wh: of the same homes without trading. Shape
    (sites, slots), Wh. A vehicle that is home in a slot and away in the next has departed.
    """
    at = list(vehicles)
    stored_wh, charge_wh = flows["vehicle_stored_wh"][at], flows["vehicle_charge_wh"][at]
    asked_wh = np.array([vehicle.asked_wh for vehicle in vehicles.values()], np.int64)
    left = (stored_wh[:, :-1] > 0) & (stored_wh[:, 1:] == 0)
    ready = left & (stored_wh[:, :-1] >= asked_wh[:, None])
    later_wh = np.maximum(usual_charge_wh[at] - np.maximum(charge_wh, 0), 0).sum()
    return {
        "vehicles": len(at),
        "departures": int(left.sum()),
        "departures_met": int(ready.sum()),
        "shifted_kwh": int(later_wh) / WH_PER_KWH,
    }
