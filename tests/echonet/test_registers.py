"""From marks to readings: nothing lost, nothing below zero, and what was not measured says so."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from domain.reading import Quality, Reading
from gateways.hub.counts import Behind
from gateways.hub.registers import Amounts, RegisterMark, amounts, between, taken
from gateways.hub.scale import Scale

SCALE = Scale(100, 6)
START = RegisterMark(100, 1_000, 200, 5_000, 300, 200, 4_000)
STEPS = st.integers(0, 20_000)


def load_wh(used: Amounts) -> int:
    """The load that the market will work out."""
    return Reading(
        "M", 1, 0, used.slot, used.import_wh, used.export_wh, used.generation_wh, used.charge_wh, used.discharge_wh
    ).load_wh


def test_a_slot_is_the_difference_of_two_marks() -> None:
    """50 counts of 10 Wh in, 10 out; what the devices counted beside."""
    end = RegisterMark(101, 1_050, 210, 5_400, 500, 200, 4_190)
    assert amounts(START, end, SCALE) == Amounts(100, 500, 100, 400, 200, 0, 4_190, Quality.MEASURED)


@given(st.integers(0, 999_999), st.integers(0, 1_000), st.integers(0, 1_000), st.tuples(STEPS, STEPS, STEPS))
def test_no_load_is_below_zero(begun: int, imported: int, exported: int, steps: tuple[int, int, int]) -> None:
    """Devices give way to the revenue registers, which stay as they were read, past their last digit too."""
    start = RegisterMark(1, begun, begun, 10, 20, 30, 0)
    counts = ((begun + imported) % 10**6, (begun + exported) % 10**6)
    end = RegisterMark(2, *counts, 10 + steps[0], 20 + steps[1], 30 + steps[2], 0)
    used = amounts(start, end, SCALE)
    assert used is not None
    assert (used.import_wh, used.export_wh) == (10 * imported, 10 * exported)
    assert load_wh(used) >= 0


def test_a_small_contradiction_is_the_registers_step_and_a_large_one_is_estimated() -> None:
    """Exported 100 Wh of 90 generated: a count of 10 Wh explains it. Of none: nothing does."""
    small = amounts(START, RegisterMark(101, 1_000, 210, 5_090, 300, 200, 4_000), SCALE)
    large = amounts(START, RegisterMark(101, 1_000, 210, 5_000, 300, 200, 4_000), SCALE)
    assert small is not None
    assert large is not None
    assert (small.generation_wh, small.quality) == (100, Quality.MEASURED)
    assert (large.generation_wh, large.quality) == (100, Quality.ESTIMATED)


def test_a_changed_meter_begins_anew() -> None:
    """No connection carries what the registers would say."""
    assert amounts(START, RegisterMark(101, 3, 0, 5_000, 300, 200, 4_000), SCALE) is None


@given(st.integers(2, 60), st.integers(0, 2_000), st.integers(0, 2_000), STEPS)
def test_a_gap_is_filled_and_adds_up(slots: int, imported: int, exported: int, generated: int) -> None:
    """The readings of the gap are as many as its slots, add up to its registers, and are estimated."""
    start = RegisterMark(10, 999_000, 5, 100, 0, 0, 0)
    counts = ((999_000 + imported) % 10**6, 5 + exported)
    end = RegisterMark(10 + slots, *counts, 100 + generated, 0, 0, 50)
    marks = [start, *between(start, end, {}, SCALE)]
    used = [amounts(a, b, SCALE) for a, b in pairwise(marks)]
    good = [each for each in used if each is not None]
    assert [each.slot for each in good] == list(range(10, 10 + slots))
    assert sum(each.import_wh for each in good) == 10 * imported
    assert sum(each.export_wh for each in good) == 10 * exported
    assert {each.quality for each in good} == {Quality.ESTIMATED}


def test_the_meters_memory_stands_before_the_straight_line() -> None:
    """What the meter itself wrote down is taken as it is."""
    end = RegisterMark(102, 1_100, 200, 5_000, 300, 200, 4_000)
    (middle, _) = between(START, end, {101: (1_090, 200)}, SCALE)
    assert middle.import_count == 1_090


def test_a_silent_device_stands_still_and_says_so() -> None:
    """Its energy falls into the slot in which it speaks again."""
    mark = taken(101, (1_050, 200), Behind(None, 300, 200, 4_000), START)
    assert (mark.generated_wh, mark.estimated) == (5_000, True)
    assert not taken(101, (1_050, 200), Behind(5_100, 300, 200, 4_000), START).estimated
    assert taken(101, (1_050, 200), Behind(5_100, 300, 200, 4_000), START, late=True).estimated
