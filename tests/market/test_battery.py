"""Laws of a battery in one slot, and of the plan for a day against an independent program."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from domain.order import Column
from domain.site import Battery
from market.storage.battery import charge_limit_wh, cheapest_ujpy, discharge_limit_wh, operate, project
from market.storage.faults import checked
from market.storage.plan import Needs, Plans, Rates, Stores, optimise

ENERGY_WH = st.integers(0, 6_000)
BATTERY = Battery(10_000, 2_500, 950, reserve_wh=1_000)


@st.composite
def batteries(draw: st.DrawFn) -> tuple[Battery, int]:
    """A battery and its content, now and then below its reserve."""
    capacity_wh = draw(st.integers(1, 20_000))
    battery = Battery(
        capacity_wh, draw(st.integers(1, 6_000)), draw(st.integers(500, 1_000)), draw(st.integers(0, capacity_wh))
    )
    return battery, draw(st.integers(0, capacity_wh))


@settings(deadline=None)
@given(batteries(), ENERGY_WH, ENERGY_WH, ENERGY_WH, ENERGY_WH)
def test_no_battery_exceeds_its_limits(
    at_start: tuple[Battery, int], load_wh: int, pv_wh: int, extra_charge_wh: int, extra_discharge_wh: int
) -> None:
    """Power and content stay within limits, it never charges and discharges at once, and the reserve is touched by
    nothing: below it, the content only rises."""
    battery, stored_wh = at_start
    done = operate(load_wh, pv_wh, stored_wh, battery, extra_charge_wh, extra_discharge_wh)
    assert 0 <= done.charge_wh <= battery.power_wh_per_slot
    assert 0 <= done.discharge_wh <= battery.power_wh_per_slot
    assert done.charge_wh == 0 or done.discharge_wh == 0
    assert min(stored_wh, battery.reserve_wh) <= done.stored_wh <= battery.capacity_wh


@settings(deadline=None)
@given(batteries(), ENERGY_WH, ENERGY_WH, ENERGY_WH)
def test_no_energy_comes_from_nowhere(
    at_start: tuple[Battery, int], load_wh: int, pv_wh: int, extra_discharge_wh: int
) -> None:
    """The content changes by what went in less the loss, rounded against the owner by less than one Wh."""
    battery, stored_wh = at_start
    done = operate(load_wh, pv_wh, stored_wh, battery, 0, extra_discharge_wh)
    change_wh, permille = done.stored_wh - stored_wh, battery.efficiency_permille
    if done.discharge_wh:
        assert 0 <= -change_wh * permille - 1_000 * done.discharge_wh < permille
    else:
        assert 0 <= done.charge_wh * permille - 1_000 * change_wh < 1_000


@settings(deadline=None)
@given(batteries(), ENERGY_WH, ENERGY_WH)
def test_a_home_uses_its_own_energy_first(at_start: tuple[Battery, int], load_wh: int, pv_wh: int) -> None:
    """Without a set-point nothing is exported that fits into the store, and nothing imported that it holds."""
    battery, stored_wh = at_start
    done = operate(load_wh, pv_wh, stored_wh, battery)
    over_wh = pv_wh - load_wh - done.charge_wh + done.discharge_wh
    if over_wh > 0:
        assert done.charge_wh == charge_limit_wh(stored_wh, battery)
    if over_wh < 0:
        assert done.discharge_wh == discharge_limit_wh(stored_wh, battery)


@settings(deadline=None)
@given(batteries(), ENERGY_WH, ENERGY_WH, ENERGY_WH)
def test_a_set_point_within_limits_reaches_the_meter_in_full(
    at_start: tuple[Battery, int], load_wh: int, pv_wh: int, sold_wh: int
) -> None:
    """What was sold leaves on top of what would have left anyway, unless power or content do not suffice."""
    battery, stored_wh = at_start
    before, after = (operate(load_wh, pv_wh, stored_wh, battery, 0, extra_wh) for extra_wh in (0, sold_wh))
    shift_wh = (after.discharge_wh - after.charge_wh) - (before.discharge_wh - before.charge_wh)
    assert shift_wh == sold_wh or (shift_wh < sold_wh and after.discharge_wh == discharge_limit_wh(stored_wh, battery))


def test_a_battery_fills_and_empties_to_the_last_wh() -> None:
    """Rounding never leaves the top or the bottom out of reach."""
    assert operate(0, 5_000, 9_999, BATTERY).stored_wh == 10_000
    assert operate(0, 5_000, 8_000, BATTERY) == (2_106, 0, 10_000)
    assert operate(5_000, 0, 1_950, BATTERY) == (0, 902, 1_000)


def test_a_projection_lives_through_the_slots() -> None:
    """The content after some slots is that of one operation after the other, set-points included."""
    stored_wh = 5_000
    for load_wh, pv_wh, extra_wh in ((300, 900, 200), (800, 100, 0), (400, 0, 0)):
        stored_wh = operate(load_wh, pv_wh, stored_wh, BATTERY, 0, extra_wh).stored_wh
    assert project([300, 800, 400], [900, 100, 0], 5_000, BATTERY, extra_discharge_wh=[200]) == stored_wh


def day(seed: int) -> tuple[Column, Column, Column]:
    """Net load, price to buy and price to sell of 48 slots."""
    chance = np.random.default_rng(seed)
    sun = np.clip(np.sin((np.arange(48) - 12) / 24 * np.pi), 0, None)
    net_wh = (chance.integers(50, 1_200, 48) - 2_500 * chance.random() * sun).astype(np.int64)
    buy = np.full(48, chance.integers(25_000, 38_000)) if seed % 2 else chance.integers(20_000, 38_000, 48)
    return net_wh, buy, chance.integers(5_000, 20_000, 48)


def independent_cost_ujpy(net_wh: Column, start_wh: int, end_least_wh: int, buy: Column, sell: Column) -> float:
    """Another formulation: imports, exports, charge and discharge as they are metered, the store summed up."""
    slots, efficiency = len(net_wh), BATTERY.efficiency_permille / 1_000
    eye, past = np.eye(slots), np.tril(np.ones((slots, slots)))
    balance = np.hstack((eye, -eye, -eye, eye))
    stored = np.hstack((0 * past, 0 * past, efficiency * past, -past / efficiency))
    least_wh = np.full(slots, float(min(BATTERY.reserve_wh, start_wh, end_least_wh)))
    least_wh[-1] = max(least_wh[-1], end_least_wh)
    found = linprog(
        np.concatenate((buy, -sell, 0 * buy, 0 * buy)),
        A_ub=np.vstack((stored, -stored)),
        b_ub=np.concatenate((np.full(slots, BATTERY.capacity_wh - start_wh), start_wh - least_wh)),
        A_eq=balance,
        b_eq=net_wh,
        bounds=[(0, None)] * (2 * slots) + [(0, BATTERY.power_wh_per_slot)] * (2 * slots),
    )
    return float(found.fun)


@pytest.mark.parametrize("seed", range(20))
def test_hindsight_is_the_optimum_of_an_independent_program(seed: int) -> None:
    """The least bill with a given end content equals another formulation solved apart, to a thousandth of a yen."""
    net_wh, buy, sell = day(seed)
    cost_ujpy = cheapest_ujpy(net_wh, 4_000, 3_000, BATTERY, buy, sell)
    assert cost_ujpy == pytest.approx(independent_cost_ujpy(net_wh, 4_000, 3_000, buy, sell), abs=1_000)


@settings(deadline=None)
@given(st.integers(0, 10_000), st.lists(st.integers(-2_000, 2_000), min_size=48, max_size=48), st.integers(0, 10_000))
def test_nobody_beats_hindsight(seed: int, setpoints_wh: list[int], stored_start_wh: int) -> None:
    """Whatever a battery does, its bill is at least the cheapest one that leaves as much in the store."""
    net_wh, buy, sell = day(seed)
    stored_wh, bill_ujpy = stored_start_wh, 0
    for over_wh, setpoint_wh, buy_now, sell_now in zip(
        net_wh.tolist(), setpoints_wh, buy.tolist(), sell.tolist(), strict=True
    ):
        extra = max(setpoint_wh, 0), max(-setpoint_wh, 0)
        done = operate(max(over_wh, 0), max(-over_wh, 0), stored_wh, BATTERY, *extra)
        metered_wh = over_wh + done.charge_wh - done.discharge_wh
        bill_ujpy += metered_wh * (buy_now if metered_wh > 0 else sell_now)
        stored_wh = done.stored_wh
    assert cheapest_ujpy(net_wh, stored_start_wh, stored_wh, BATTERY, buy, sell) <= bill_ujpy + 1


def battery_columns(stored_wh: int, buy: Column, sell: Column, wear: int, end_value: int) -> tuple[Stores, Rates]:
    """The battery and its prices as the planner takes them."""
    power_wh, permille = np.array([[BATTERY.power_wh_per_slot]]), np.array([BATTERY.efficiency_permille])
    stores = Stores(
        np.array([stored_wh]), np.array([BATTERY.capacity_wh]), power_wh, power_wh, np.array([[BATTERY.reserve_wh]]),
        permille, permille, np.array([wear]), np.array([end_value]), np.ones(1, np.bool_),
    )  # fmt: skip
    return stores, Rates(buy[None], sell[None], np.array([[0]]))


def planned(net_wh: Column, stored_wh: int, buy: Column, sell: Column, wear: int, end_value: int) -> Plans:
    """The plan of the battery's day, its reserve untouched."""
    needs = Needs(net_wh[None, None], np.ones(1, np.int64))
    return optimise(*checked(needs, *battery_columns(stored_wh, buy, sell, wear, end_value)))


@settings(deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 9_000))
def test_the_value_of_stored_energy_is_what_more_of_it_saves(seed: int, stored_wh: int) -> None:
    """The marginal value lies between what the last Wh was worth and what the next one is."""
    net_wh, buy, sell = day(seed)
    assume(stored_wh >= BATTERY.reserve_wh + 10)
    plans = [planned(net_wh, stored_wh + by_wh, buy, sell, 500, 8_000) for by_wh in (-10, 0, 10)]
    less, here, more = (float(plan.cost_ujpy[0]) for plan in plans)
    value = float(plans[1].stored_value_mjpy_per_kwh[0])
    assert here - more - 1 <= 10 * value <= less - here + 1


def test_a_plan_keeps_stored_energy_for_own_use() -> None:
    """With a flat tariff stored energy is worth the own price times the efficiency while need lies ahead, and the
    buy-back where none does."""
    buy, sell = np.full(48, 34_080), np.full(48, 8_500)
    needy = planned(np.full(48, 600), 5_000, buy, sell, 0, 0)
    assert needy.stored_value_mjpy_per_kwh[0] == pytest.approx(34_080 * 0.95)
    assert needy.discharge_wh.sum() == pytest.approx(3_800)
    sunny = planned(np.full(48, -200), 5_000, buy, sell, 0, 0)
    assert sunny.stored_value_mjpy_per_kwh[0] == pytest.approx(8_500 * 0.95)


def test_a_fee_for_access_means_fewer_cycles() -> None:
    """The dearer each kWh into and out of the store, the less is cycled through it, down to what prices repay."""
    net_wh, buy, sell = day(4)
    cycled_wh = []
    for fee in (0, 1_000, 3_000, 20_000):
        stores, rates = battery_columns(5_000, buy, sell, 0, 5_000)
        fees = rates._replace(access_mjpy_per_kwh=np.array([[fee]]))
        plans = optimise(*checked(Needs(net_wh[None, None], np.ones(1, np.int64)), stores, fees))
        cycled_wh.append(float(plans.discharge_wh.sum()))
    assert cycled_wh == sorted(cycled_wh, reverse=True)
    assert cycled_wh[0] > 2 * cycled_wh[-1]
