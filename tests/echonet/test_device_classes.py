"""Bytes of meters, panels, batteries and chargers as values with units; what is no value is None."""

from datetime import datetime
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from domain.errors import Fault
from gateways.echonet import battery, charger, field, meter, solar
from gateways.echonet.meter import Mark
from gateways.hub.scale import Scale

AT = datetime(2026, 11, 22, 13, 30)  # noqa: DTZ001 - a meter's own clock
ANY = st.dictionaries(st.integers(0x80, 0xFF), st.binary(max_size=255), max_size=40)


@given(ANY)
def test_no_device_can_say_what_breaks_us(values: dict[int, bytes]) -> None:
    """Any bytes under any code are values or faults."""
    meter.scale_of(values)
    for read in (meter.meter_of, solar.solar_of, battery.battery_of, charger.charger_of):
        _, faults = read(values)
        assert all(fault.code == "wrong_length" for fault in faults)


@given(st.binary(max_size=255))
def test_no_history_can_break_us(edt: bytes) -> None:
    """Histories of any bytes are marks or a fault."""
    for found in (meter.fixed_mark(edt), meter.day_marks(edt, AT), meter.recent_marks(edt)):
        assert found is not None


def test_a_register_is_scaled_by_unit_and_coefficient() -> None:
    """0.01 kWh a count, times three: 30 Wh."""
    values = {0xE1: b"\x02", 0xD3: bytes.fromhex("00000003"), 0xD7: b"\x06"}
    assert meter.scale_of(values) == (Scale(300, 6), [])
    without = {code: edt for code, edt in values.items() if code != 0xD3}
    assert meter.scale_of(without) == (Scale(100, 6), [])


def test_a_meter_without_unit_is_not_guessed_at() -> None:
    """A factor of ten in somebody's bill is not guessed."""
    scale, faults = meter.scale_of({0xD7: b"\x06"})
    assert scale is None
    assert [fault.code for fault in faults] == ["no_scale"]


def test_a_register_rolls_over_at_its_digits() -> None:
    """999,998 and then 3 are five counts."""
    assert Scale(100, 6).energy_wh(999_998, 3) == 50
    assert Scale(10_000, 4).energy_wh(9_999, 0) == 1_000


@given(st.lists(st.integers(0, 10**6), min_size=2, max_size=20), st.integers(1, 99))
def test_parts_of_a_wh_are_not_lost(steps: list[int], count_tenths_wh: int) -> None:
    """Differences add up to the difference of the whole, whatever the count is worth."""
    scale, values = Scale(count_tenths_wh, 8), [sum(steps[:place]) for place in range(len(steps))]
    parts = [scale.energy_wh(start, end) for start, end in pairwise(values)]
    assert sum(parts) == scale.energy_wh(values[0], values[-1])
    assert min(parts) >= 0


def test_a_half_hour_has_its_moment_and_its_register() -> None:
    """0xFFFFFFFE says that there is no data."""
    head = bytes.fromhex("07ea0b160d1e00")
    assert meter.fixed_mark(head + bytes.fromhex("000004d2")) == Mark(AT, 1234)
    assert meter.fixed_mark(head + bytes.fromhex("fffffffe")) == Mark(AT, None)
    assert isinstance(meter.fixed_mark(bytes.fromhex("07ea0d160d1e00") + bytes(4)), Fault)


def test_a_day_has_48_half_hours_from_midnight_on() -> None:
    """The day so many back; half hours still to come have no data."""
    counts = [*range(30), *[0xFFFFFFFE] * 18]
    marks = meter.day_marks(b"\0\1" + b"".join(count.to_bytes(4) for count in counts), AT.replace(hour=0, minute=0))
    assert not isinstance(marks, Fault)
    assert marks[1] == Mark(datetime(2026, 11, 21, 0, 30), 1)  # noqa: DTZ001
    assert [mark.count for mark in marks[30:]] == [None] * 18


def test_the_recent_half_hours_come_newest_first() -> None:
    """Imports and exports by turns; what was asked for is written the same way."""
    edt = bytes.fromhex("07ea0b160d1e 02 0000000a 00000001 00000008 00000000")
    marks = meter.recent_marks(edt)
    assert not isinstance(marks, Fault)
    assert [mark.count for mark in marks[0]] == [10, 8]
    assert [mark.at.minute for mark in marks[1]] == [30, 0]
    assert meter.recent_wanted(AT, 12) == bytes.fromhex("07ea0b160d1e0c")


def test_a_power_may_flow_back_and_a_phase_may_be_missing() -> None:
    """Signed numbers; 0x7FFE stands where there are two wires."""
    found, _ = meter.meter_of({0xE7: (-1500).to_bytes(4, signed=True), 0xE8: bytes.fromhex("00147ffe")})
    assert (found.power_w, found.current_da) == (-1500, (20, None))
    assert meter.meter_of({0xE0: bytes.fromhex("fffffffe")})[0].import_count is None


def test_a_battery_that_tells_percent_only_is_multiplied_out() -> None:
    """Rounded down, and only where it tells its capacity."""
    found, _ = battery.battery_of({0xE4: b"\x21", 0xA0: (10_001).to_bytes(4)})
    assert found.stored_wh == 3_300
    assert battery.battery_of({0xE4: b"\x21"})[0].stored_wh is None


def test_a_battery_is_told_by_power_or_else_by_amount() -> None:
    """The amount stands in for the power; zero is standby; the mode comes last."""
    assert battery.told(1500, 750, frozenset({0xEB})) == [(0xEB, (1500).to_bytes(4)), (0xDA, b"\x42")]
    assert battery.told(-1500, 750, frozenset({0xAB})) == [(0xAB, (750).to_bytes(4)), (0xDA, b"\x43")]
    assert battery.told(-1500, 750, frozenset()) == [(0xDA, b"\x43")]
    assert battery.told(0, 750, frozenset({0xEB})) == [(0xDA, b"\x44")]


def test_panels_are_limited_in_percent_or_else_in_watts() -> None:
    """Rounded down; panels that take neither are left alone."""
    assert solar.limited(33, 4_999, frozenset({0xA0, 0xA1})) == {0xA0: b"\x21"}
    assert solar.limited(33, 4_999, frozenset({0xA1})) == {0xA1: (1_649).to_bytes(2)}
    assert solar.limited(33, None, frozenset({0xA1})) == {}


@given(st.integers(0, 999_999_999))
def test_a_number_is_read_as_it_was_written(number: int) -> None:
    """Within its bounds."""
    counter = field.energy(0xE1)
    assert field.read({0xE1: field.write(counter, number)}, counter, []) == number


def parked(plug: int, charge_max_w: int | None = 6_000) -> charger.Charger:
    """A charger of 6 kW both ways with a vehicle that allows so much."""
    powers = {} if charge_max_w is None else {0xC8: bytes(4) + charge_max_w.to_bytes(4)}
    return charger.charger_of({0xC7: bytes([plug]), 0xC9: bytes(4) + (6_000).to_bytes(4), **powers})[0]


def test_a_charger_is_told_by_power_or_else_by_amount_or_else_only_switched() -> None:
    """The method that names a power comes with it; an amount stands in for it; the mode comes last."""
    both, all_of_it = parked(0x43), frozenset({0xDC, 0xEB, 0xE7})
    assert charger.told(both, 1500, 750, all_of_it) == [(0xDC, b"\3"), (0xEB, (1500).to_bytes(4)), (0xDA, b"\x42")]
    assert charger.told(both, 1500, 750, frozenset({0xE7})) == [(0xE7, (750).to_bytes(4)), (0xDA, b"\x42")]
    assert charger.told(both, -1500, 750, frozenset({0xEA})) == [(0xEA, (750).to_bytes(4)), (0xDA, b"\x43")]
    assert charger.told(both, 1500, 750, frozenset()) == [(0xDA, b"\x42")]
    assert charger.told(both, 0, 0, all_of_it) == [(0xDA, b"\x44")]


@given(st.integers(-20_000, 20_000), st.sampled_from([0x30, 0x40, 0x41, 0x42, 0x43, 0x44, 0xFF]))
def test_a_charger_is_told_no_more_than_it_may(power_w: int, plug: int) -> None:
    """Never past its powers, never against what the vehicle allows: giving only where it says so."""
    steps = dict(charger.told(parked(plug), power_w, 0, frozenset({0xEB, 0xEC})))
    charge_w, give_w = (int.from_bytes(steps.get(epc, b"")) for epc in (0xEB, 0xEC))
    assert charge_w <= min(6_000, max(power_w, 0)) * (plug not in {0x40, 0x42})
    assert give_w <= min(6_000, max(-power_w, 0)) * (plug in {0x42, 0x43})


def test_a_charger_left_alone_takes_the_percent_of_its_settings() -> None:
    """With all of it by its own method; a part as a power, rounded down; a part of what nobody knows is nothing."""
    settable = frozenset({0xDC, 0xEB})
    assert charger.left_alone(parked(0x41), 100, settable) == [(0xDC, b"\1"), (0xDA, b"\x42")]
    assert charger.left_alone(parked(0x41, 5_999), 50, settable)[1] == (0xEB, (2_999).to_bytes(4))
    assert charger.left_alone(parked(0x41, None), 50, settable) == [(0xDA, b"\x44")]
    assert charger.left_alone(parked(0x41), 100, frozenset({0xEB}))[0] == (0xEB, (6_000).to_bytes(4))
    assert charger.left_alone(parked(0x41), 100, frozenset()) == [(0xDA, b"\x42")]
