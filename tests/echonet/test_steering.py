"""What panels and battery are told: set-points on top of self-consumption, on a lease, within what they may."""

from hypothesis import given
from hypothesis import strategies as st

from gateways.hub.battery import Battery
from gateways.hub.steering import Orders, Setpoint, orders

POWERS = st.integers(-6_000, 6_000)


def store(stored_wh: int | None = 5_000, power_w: int | None = 0) -> Battery:
    """A battery of 10 kWh that may do 3 kW."""
    return Battery(0x46, 10_000, stored_wh, 0, 0, power_w, 3_000, 3_000)


def held(
    point: Setpoint, silent_s: float | None, battery: Battery | None, net_w: int | None, *, takes_power: bool = True
) -> Orders:
    """What holds in slot 7 under a lease of 300 s; the safe output is 40 percent."""
    return orders({7: point}, 7, 30, silent_s, 300, 40, battery, net_w, takes_power=takes_power)


@given(st.floats(300, 1e9) | st.none(), POWERS, POWERS, st.integers(0, 3_000), st.integers(0, 3_000))
def test_silence_is_safe(silent_s: float | None, net_w: int, power_w: int, charge: int, discharge: int) -> None:
    """Whatever was asked: the safe output, and the battery left to itself."""
    assert held(Setpoint(charge, discharge), silent_s, store(power_w=power_w), net_w) == Orders(40)


@given(st.floats(0, 299), POWERS, POWERS, st.integers(0, 3_000), st.integers(0, 3_000), st.integers(0, 10_000))
def test_no_order_is_past_what_a_battery_may(
    silent_s: float, net_w: int, power_w: int, charge: int, discharge: int, stored_wh: int
) -> None:
    """In steps of 50 W, within its powers."""
    found = held(Setpoint(charge, discharge), silent_s, store(stored_wh, power_w), net_w)
    assert found.battery_w is None or (abs(found.battery_w) <= 3_000 and found.battery_w % 50 == 0)


def test_a_set_point_is_added_to_self_consumption() -> None:
    """The home needs 700 W and the market 500 Wh in half an hour: 1.7 kW. The battery's own power is not need."""
    assert held(Setpoint(discharge_wh=500), 0, store(power_w=0), 700).battery_w == -1_700
    assert held(Setpoint(discharge_wh=500), 0, store(power_w=-1_700), -1_000).battery_w == -1_700
    assert held(Setpoint(charge_wh=500), 0, store(power_w=0), -800).battery_w == 1_800


def test_a_full_battery_takes_no_surplus_and_an_empty_one_covers_nothing() -> None:
    """What it could not do by itself is not counted against the set-point."""
    assert held(Setpoint(discharge_wh=500), 0, store(10_000), -2_000).battery_w == -1_000
    assert held(Setpoint(charge_wh=500), 0, store(0), 2_000).battery_w == 1_000


def test_a_battery_that_takes_no_power_is_told_the_extra_alone() -> None:
    """Its amount is the slot's extra."""
    assert held(Setpoint(discharge_wh=500), 0, store(), 700, takes_power=False) == Orders(100, -1_000, 500)


def test_a_slot_without_a_set_point_leaves_the_battery_to_itself() -> None:
    """So does a battery that is silent."""
    assert held(Setpoint(pv_limit_percent=70), 0, store(), 700) == Orders(70)
    assert orders({8: Setpoint(discharge_wh=500)}, 7, 30, 0, 300, 40, store(), 0) == Orders(100)
    assert held(Setpoint(discharge_wh=500), 0, None, 700) == Orders(100)
