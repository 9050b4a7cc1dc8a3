"""Laws of the plan of many vehicles: cheapest among what is possible, ready in time, full power where it is not."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.order import Column
from domain.site import Vehicle
from domain.tariff import Corridor, PriceStack
from market.charging import Parked, plan_charging
from market.storage.charger import charge, fleet_of
from market.storage.marginal_value import Prospect

SLOTS = 12
UTILITY, BUYBACK = 36_000, 8_500


def prospect(price: Column) -> Prospect:
    """What a buyer pays beside the price is nothing here."""
    stack = PriceStack(0, 0, 0, 0, 0, 0, 0)
    return Prospect(BUYBACK, price, Corridor(8_500, 40_000), stack, 1_000, 0)


def parked(stored_wh: list[int], left: list[int], net_wh: Column) -> Parked:
    """Home from the first slot on, in every slot."""
    count = len(stored_wh)
    home = np.ones((count, SLOTS), np.bool_)
    return Parked(home, np.array(stored_wh), np.array(left), net_wh, np.full(count, UTILITY))


@settings(deadline=None)
@given(st.integers(0, 2**32), st.integers(1, SLOTS), st.integers(1, 20_000))
def test_a_vehicle_that_can_be_ready_takes_its_energy_in_the_cheapest_slots(seed: int, left: int, stored: int) -> None:
    """Oracle: without sun, fill the cheapest slots until departure first. Who cannot be ready takes full power in
    every slot, and is named."""
    chance = np.random.default_rng(seed)
    price = chance.permutation(np.arange(10_000, 10_000 + 500 * SLOTS, 500))
    fleet = fleet_of([Vehicle(20_000, 2_000, 1_000, False, 0, 20_000)], 30)
    need_wh = np.full((1, SLOTS), 300)
    plan = plan_charging(fleet, parked([stored], [left], need_wh), prospect(price), ["S001"])
    lacking_wh, taken_wh = 20_000 - stored, np.zeros(SLOTS, np.int64)
    for slot in sorted(range(left), key=lambda each: price[each]):
        taken_wh[slot] = min(2_000, lacking_wh - int(taken_wh.sum()))
    assert plan.taken_wh[0].tolist() == taken_wh.tolist()
    assert plan.told.charge_wh.tolist() == [taken_wh[0]]
    assert plan.missing_wh.tolist() == [max(lacking_wh - 2_000 * left, 0)]
    assert plan.cost_mjpy_per_kwh[0].tolist() == price.tolist()


@settings(deadline=None)
@given(st.integers(0, 2**32), st.integers(1, SLOTS))
def test_a_plan_that_is_followed_slot_by_slot_never_leaves_a_vehicle_short(seed: int, left: int) -> None:
    """Law: planned anew in every slot at whatever prices, sun and losses, each vehicle of a fleet leaves with what full
    power from the start would have given it."""
    chance = np.random.default_rng(seed)
    fleet = fleet_of([Vehicle(30_000, 1_500, 940, bool(each % 2), 0, 20_000) for each in range(4)], 30)
    usual_wh = stored_wh = chance.integers(1, 20_001, 4)
    names = [f"S{each}" for each in range(4)]
    for slot in range(left):
        price, net_wh = chance.integers(8_500, 40_000, SLOTS), chance.integers(-2_000, 2_000, (4, SLOTS))
        remaining = np.full(4, left - slot)
        plan = plan_charging(fleet, parked(stored_wh.tolist(), remaining.tolist(), net_wh), prospect(price), names)
        here = np.ones(4, np.bool_)
        stored_wh = charge(fleet, here, stored_wh, remaining, net_wh[:, 0], plan.told).stored_wh
        usual_wh = np.minimum(usual_wh + 1_500 * 940 // 1_000, 20_000)
    assert stored_wh.tolist() == usual_wh.tolist()
