"""The vehicles' figures, counted by hand."""

import numpy as np

from domain.site import Vehicle
from services.vehicles.vehicle_figures import vehicle_figures


def test_departures_and_what_was_charged_later_are_counted() -> None:
    """Two departures, one of them 1 Wh short; of 3 kWh that the habit takes first, 2 are taken later."""
    vehicle = Vehicle(40_000, 3_000, 940, False, 14, 30_000)
    flows = {
        "vehicle_stored_wh": np.array([[0, 0, 0, 0], [30_000, 0, 29_999, 0]]),
        "vehicle_charge_wh": np.array([[0, 0, 0, 0], [1_000, 0, 2_000, -1]]),
    }
    usual_wh = np.array([[0, 0, 0, 0], [3_000, 0, 0, 0]])
    assert vehicle_figures({1: vehicle}, flows, usual_wh) == {
        "vehicles": 1, "departures": 2, "departures_met": 1, "shifted_kwh": 2.0,
    }  # fmt: skip


def test_a_community_without_vehicles_has_none_of_it() -> None:
    """Zero is a figure too."""
    none = np.zeros((3, 4), np.int64)
    flows = {"vehicle_stored_wh": none, "vehicle_charge_wh": none}
    assert set(vehicle_figures({}, flows, none).values()) == {0}
