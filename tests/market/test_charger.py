"""Laws of what a charger does: ready in time whatever it is told, in whole Wh, never feeding in."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.site import Vehicle
from domain.slot import slots_per_day
from market.storage.charger import LEFT_WH, Charged, Fleet, Told, charge, fleet_of, habit

stays = st.integers(1, 12)
watt_hours = st.integers(0, 5_000)


@st.composite
def vehicles(draw: st.DrawFn) -> tuple[Fleet, int]:
    """A fleet of one, and what its vehicle holds on arrival."""
    asked_wh, slot_min = draw(st.integers(1, 60_000)), draw(st.sampled_from([15, 30, 60]))
    fleet = fleet_of(
        [
            Vehicle(
                draw(st.integers(asked_wh, 80_000)),
                draw(st.integers(1, 3_000)),
                draw(st.integers(700, 1_000)),
                draw(st.booleans()),
                draw(st.integers(0, slots_per_day(slot_min) - 1)),
                asked_wh,
            )
        ],
        slot_min,
    )
    return fleet, draw(st.integers(LEFT_WH, asked_wh))


def stayed(fleet: Fleet, stored_wh: int, told: list[tuple[int, int] | None], need_wh: list[int]) -> list[Charged]:
    """A stay until departure, slot by slot; None is a slot of which the charger heard nothing."""
    done, held_wh = [], np.array([stored_wh])
    for place, (each, need) in enumerate(zip(told, need_wh, strict=True)):
        asked = habit(fleet) if each is None else Told(np.array([each[0]]), np.array([each[1]]))
        left = np.array([len(told) - place])
        done.append(charge(fleet, np.array([True]), held_wh, left, np.array([need]), asked))
        held_wh = done[-1].stored_wh
    return done


@settings(deadline=None)
@given(vehicles(), stays, st.integers(0, 2**32))
def test_no_set_point_can_leave_a_vehicle_short(drawn: tuple[Fleet, int], slots: int, seed: int) -> None:
    """Law: whatever a charger is told for a cheaper price, its vehicle leaves with what is asked, or with all that
    full power from arrival could store, which is what the habit leaves it with."""
    fleet, stored_wh = drawn
    chance = np.random.default_rng(seed)
    moves, heard = chance.integers(0, 5_000, (slots, 2)).tolist(), (chance.random(slots) < 0.7).tolist()
    told = [(wh, back) if each else None for (wh, back), each in zip(moves, heard, strict=True)]
    need_wh = chance.integers(-3_000, 3_000, slots).tolist()
    by_habit = stayed(fleet, stored_wh, [None] * slots, need_wh)[-1].stored_wh[0]
    assert stayed(fleet, stored_wh, told, need_wh)[-1].stored_wh[0] == by_habit


@given(vehicles(), watt_hours, watt_hours, stays, st.integers(-3_000, 3_000), st.booleans())
def test_a_charger_keeps_its_limits_and_loses_what_it_says(
    drawn: tuple[Fleet, int], charge_wh: int, discharge_wh: int, left: int, need_wh: int, home: bool
) -> None:
    """Law: one direction a slot, within power, for own need only and where the owner allows; the store gains what went
    in less losses, rounded down, and loses what came out and more, rounded up; away nothing moves."""
    fleet, stored_wh = drawn
    column = np.array([stored_wh])
    told = Told(np.array([charge_wh]), np.array([discharge_wh]))
    done = charge(fleet, np.array([home]), column, np.array([left]), np.array([need_wh]), told)
    took, gave, held = (int(each[0]) for each in done)
    power, permille = int(fleet.power_wh_per_slot[0]), int(fleet.efficiency_permille[0])
    assert 0 <= took <= power
    assert 0 <= gave <= min(power, max(need_wh, 0))
    assert not (took and gave)
    assert not gave or fleet.feeds_home[0]
    assert held == stored_wh + took * permille // 1000 + (-gave * 1000 // permille)
    assert LEFT_WH <= held <= fleet.asked_wh[0]
    assert home or (took, gave) == (0, 0)


def test_who_hears_nothing_charges_from_arrival_until_full() -> None:
    """Lost communication is the habit: full power, then the rest, then nothing."""
    fleet = fleet_of([Vehicle(40_000, 3_000, 1_000, False, 14, 30_000)], 30)
    done = stayed(fleet, 22_500, [None] * 5, [500] * 5)
    assert [int(each.charge_wh[0]) for each in done] == [3_000, 3_000, 1_500, 0, 0]


def test_a_charger_waits_for_a_cheap_slot_only_as_long_as_full_power_can_still_make_it() -> None:
    """Told to wait all night, it begins when the slots that are left would just do."""
    fleet = fleet_of([Vehicle(40_000, 3_000, 1_000, False, 14, 30_000)], 30)
    done = stayed(fleet, 22_500, [(0, 0)] * 5, [500] * 5)
    assert [int(each.charge_wh[0]) for each in done] == [0, 0, 1_500, 3_000, 3_000]


def test_departure_is_counted_in_slots_to_the_next_one() -> None:
    """At the place of departure itself the next one is a day away."""
    fleet = fleet_of([Vehicle(40_000, 3_000, 1_000, False, 14, 30_000)], 30)
    assert [int(fleet.slots_left(place)[0]) for place in (13, 14, 15, 47, 0)] == [1, 48, 47, 15, 14]


@pytest.mark.parametrize("slot_min", [15, 30, 60])
def test_who_leaves_late_still_leaves_with_what_is_asked(slot_min: int) -> None:
    """Found by a day of arbitrary set-points: a vehicle of which a home drew between its hour and its departure. It is
    spared from a slot before seven until nine, whatever a slot's length."""
    leaves = 7 * 60 // slot_min
    fleet = fleet_of([Vehicle(40_000, 3_000, 1_000, True, leaves, 30_000)], slot_min)
    here, need_wh, draw = np.array([True]), np.array([2_000]), Told(np.array([0]), np.array([2_000]))
    spared = [
        charge(fleet, here, np.array([30_000]), fleet.slots_left(place), need_wh, draw).discharge_wh.tolist() == [0]
        for place in range(leaves - 1, leaves + 180 // slot_min)
    ]
    assert spared == [True] * (1 + 120 // slot_min) + [False] * (60 // slot_min)
