"""What a vehicle is compared with: the same energy in each stay, as early as its power allows."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from domain.site import Vehicle
from services.vehicles.usual_charging import earliest, usual_charging

POWER_WH = 1_500
slots_of_a_day = st.lists(st.tuples(st.booleans(), st.integers(-POWER_WH, POWER_WH)), min_size=1, max_size=20)


def stays_of(home: list[bool]) -> list[list[int]]:
    """The slots of each stay, in order."""
    stays: list[list[int]] = []
    for slot, here in enumerate(home):
        if here and slot and home[slot - 1]:
            stays[-1].append(slot)
        elif here:
            stays.append([slot])
    return stays


@given(slots_of_a_day)
def test_each_stay_takes_what_it_took_but_earlier(day: list[tuple[bool, int]]) -> None:
    """Law, told stay by stay: the same energy, full power until it is reached, nothing while away; what a stay gave on
    the whole is unused."""
    home, taken_wh = [here for here, _ in day], [wh if here else 0 for here, wh in day]
    charge_wh, unused_wh = earliest(np.array(home), np.array(taken_wh), POWER_WH)
    wanted_wh, given_wh = [0] * len(day), 0
    for stay in stays_of(home):
        left_wh = sum(taken_wh[slot] for slot in stay)
        given_wh += max(-left_wh, 0)
        for slot in stay:
            wanted_wh[slot] = min(max(left_wh, 0), POWER_WH)
            left_wh -= wanted_wh[slot]
    assert charge_wh.tolist() == wanted_wh
    assert unused_wh == given_wh


@given(st.lists(st.booleans(), min_size=3, max_size=20), st.integers(0, 30_000))
def test_who_charges_by_habit_is_compared_with_itself(home: list[bool], lacking_wh: int) -> None:
    """Law: flows by habit are their own counterfactual, at the meter too; sites without a vehicle stay as they were."""
    charge_wh = np.zeros((2, len(home)), np.int64)
    for stay in stays_of(home):
        left_wh = lacking_wh
        for slot in stay:
            charge_wh[1, slot] = min(left_wh, POWER_WH)
            left_wh -= charge_wh[1, slot]
    nothing = np.zeros_like(charge_wh)
    flows = {
        "import_wh": charge_wh + 200, "export_wh": nothing, "vehicle_charge_wh": charge_wh,
        "vehicle_discharge_wh": nothing, "vehicle_stored_wh": np.array([[0] * len(home), home]) * 9_000,
    }  # fmt: skip
    usual = usual_charging({1: Vehicle(40_000, POWER_WH, 940, True, 14, 30_000)}, flows)
    assert np.array_equal(usual.charge_wh, charge_wh)
    assert np.array_equal(usual.metered_wh, flows["import_wh"])
    assert usual.unused_wh.tolist() == [0, 0]
