"""What stands beside a traded run that put charging off: the same homes, ended with the same in their vehicles."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from domain.site import Vehicle
from services.vehicles.ended_alike import ended_alike

POWER_WH = 1_500


def registers(charge_wh: list[int], other_wh: list[int]) -> dict[str, np.ndarray]:
    """One home with a vehicle that is always there, and one without. other_wh: what the home itself needs, or has over
    below zero."""
    net_wh = np.array([charge_wh, [0] * len(charge_wh)]) + np.array([other_wh, other_wh])
    return {
        "import_wh": np.maximum(net_wh, 0), "export_wh": np.maximum(-net_wh, 0),
        "vehicle_charge_wh": np.array([charge_wh, [0] * len(charge_wh)]),
        "vehicle_stored_wh": np.array([[9_000] * len(charge_wh), [0] * len(charge_wh)]),
    }  # fmt: skip


slots = st.lists(st.tuples(st.integers(0, POWER_WH), st.integers(-2_000, 2_000)), min_size=1, max_size=12)


@given(slots, st.integers(0, 20_000), st.integers(700, 1_000), st.booleans())
def test_what_the_traded_vehicle_lacks_the_other_leaves_out_from_the_end(
    day: list[tuple[int, int]], more_wh: int, permille: int, feeds_home: bool
) -> None:
    """Law, told Wh by Wh at the meter: from the last slot back no charging, and only when none is left and the owner
    allows it, the home's need from the vehicle; the neighbour without one stays as it was."""
    charge_wh, other_wh = [wh for wh, _ in day], [wh for _, wh in day]
    alone = registers(charge_wh, other_wh)
    vehicle = Vehicle(40_000, POWER_WH, permille, feeds_home, 14, 30_000)
    found = ended_alike({0: vehicle}, alone, np.array([more_wh, 0]))
    expected = [mine + other for mine, other in day]
    wanted_wh = more_wh * 1_000 // permille
    for slot in reversed(range(len(day))):
        part_wh = min(charge_wh[slot], wanted_wh)
        expected[slot], wanted_wh = expected[slot] - part_wh, wanted_wh - part_wh
    wanted_wh = wanted_wh * permille // 1_000 * permille // 1_000 if feeds_home else 0
    for slot in reversed(range(len(day))):
        part_wh = min(max(expected[slot], 0), POWER_WH, wanted_wh)
        expected[slot], wanted_wh = expected[slot] - part_wh, wanted_wh - part_wh
    assert found.tolist() == [expected, other_wh]


def test_charging_put_off_past_midnight_gains_nothing() -> None:
    """A vehicle that was told to wait until tomorrow is compared with one that waits as well."""
    alone = registers([1_500, 1_500, 1_000, 0], [200] * 4)
    vehicle = Vehicle(40_000, POWER_WH, 1_000, False, 14, 30_000)
    assert ended_alike({0: vehicle}, alone, np.array([4_000, 0]))[0].tolist() == [200] * 4
