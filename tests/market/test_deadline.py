"""Laws of what must be charged by a deadline, against filling the cheapest slots first."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import InputRefused
from domain.order import Column
from market.storage.deadline import Errands, plan_errands, waiting_loads
from market.storage.plan import Flags, Needs, Rates

SLOTS = 12
ONE = np.ones(1, np.int64)


def rates_of(buy: Column, sell: int = 8_500) -> Rates:
    """One site's prices, without a fee."""
    return Rates(buy[None], np.array([[sell]]), np.array([[0]]))


def cheapest_ujpy(energy_wh: int, power_wh: int, window: Flags, buy: Column) -> int:
    """Fill the cheapest slots of the window first, as far as they go."""
    bill_ujpy = 0
    for price in sorted(buy[window].tolist()):
        taken_wh = min(power_wh, energy_wh)
        bill_ujpy, energy_wh = bill_ujpy + price * taken_wh, energy_wh - taken_wh
    return bill_ujpy


@settings(deadline=None)
@given(st.integers(0, 2**32), st.integers(0, 9_000), st.integers(0, 2_000), st.integers(1, SLOTS))
def test_a_load_that_can_wait_takes_the_cheapest_slots(seed: int, energy_wh: int, power_wh: int, deadline: int) -> None:
    """Its cost is that of filling the cheapest slots of its window; what does not fit is named to the Wh, and the most
    possible is taken all the same."""
    chance = np.random.default_rng(seed)
    window, buy, need_wh = (
        chance.random(SLOTS) < 0.7,
        chance.integers(9_000, 40_000, SLOTS),
        chance.integers(0, 900, SLOTS),
    )
    loads = waiting_loads(np.array([energy_wh]), np.array([power_wh]), window[None], np.array([deadline]))
    plans, faults = plan_errands(loads, Needs(need_wh[None, None], ONE), rates_of(buy), ["S001"])
    in_time = window & (np.arange(SLOTS) < deadline)
    possible_wh = min(energy_wh, power_wh * int(in_time.sum()))
    added_ujpy = plans.cost_ujpy[0] - float(need_wh @ buy)
    assert plans.charge_wh[0, 0, :deadline].sum() == pytest.approx(possible_wh, abs=1e-6)
    if possible_wh == energy_wh:
        assert faults == []
        assert added_ujpy == pytest.approx(cheapest_ujpy(energy_wh, power_wh, in_time, buy), abs=1)
    else:
        assert [(fault.where, fault.code) for fault in faults] == [("S001", "deadline_out_of_reach")]
        assert f"lacks {energy_wh - possible_wh} Wh" in faults[0].message


def vehicle(to_home: bool, stored_wh: int = 20_000, needed_wh: int = 30_000) -> Errands:
    """A car of 40 kWh at a 6 kW charger, away in the middle of the plan and due at its end."""
    home = np.ones((1, SLOTS), np.bool_)
    home[0, 4:7] = False
    return Errands(
        np.array([needed_wh]), np.array([SLOTS]), np.array([stored_wh]), np.array([40_000]), np.array([3_000]), home,
        np.array([to_home]), np.array([930]), np.array([930]), np.array([1_000]), np.array([10_000]),
    )  # fmt: skip


@settings(deadline=None)
@given(st.integers(0, 2**32), st.integers(0, 40_000), st.integers(0, 40_000))
def test_a_vehicle_that_may_help_its_home_never_costs_more(seed: int, stored_wh: int, needed_wh: int) -> None:
    """It discharges for own need only, moves nothing while it is away, and is as ready at its departure."""
    chance = np.random.default_rng(seed)
    needs = Needs(chance.integers(-1_500, 1_500, (1, 1, SLOTS)), ONE)
    rates = rates_of(chance.integers(9_000, 40_000, SLOTS))
    (alone, lacking), (helping, same) = (
        plan_errands(vehicle(to_home, stored_wh, needed_wh), needs, rates, ["S001"]) for to_home in (False, True)
    )
    assert lacking == same
    assert helping.cost_ujpy[0] <= alone.cost_ujpy[0] + 1e-3
    assert not alone.discharge_wh.any()
    assert np.all(helping.discharge_wh <= np.maximum(needs.net_wh, 0) + 1e-6)
    assert not helping.charge_wh[0, 0, 4:7].any()
    assert not helping.discharge_wh[0, 0, 4:7].any()
    ready_wh = min(needed_wh, needed_wh - float(helping.missing_wh.max()))
    assert helping.stored_wh[0, 0, -1] >= ready_wh - 1e-6


def test_a_vehicle_covers_a_dear_evening_and_charges_in_a_cheap_night() -> None:
    """The use that vehicle-to-home is for."""
    buy = np.array([38_000] * 4 + [30_000] * 3 + [12_000] * 5)
    plans, faults = plan_errands(vehicle(True), Needs(np.full((1, 1, SLOTS), 800), ONE), rates_of(buy), ["S001"])
    assert faults == []
    assert plans.discharge_wh[0, 0, :4].tolist() == pytest.approx([800] * 4)
    assert plans.charge_wh[0, 0, :4].sum() == 0
    assert plans.stored_wh[0, 0, -1] == pytest.approx(30_000)


def test_a_deadline_beyond_the_plan_is_refused_for_every_site() -> None:
    """All faults at once, by the name of the site."""
    two = waiting_loads(np.array([500, 500]), np.array([100, 100]), np.ones((2, SLOTS), np.bool_), np.array([0, 13]))
    with pytest.raises(InputRefused) as refused:
        plan_errands(two, Needs(np.zeros((2, 1, SLOTS), np.int64), ONE), rates_of(np.full(SLOTS, 30_000)), ["A", "B"])
    assert [(fault.where, fault.code) for fault in refused.value.faults] == [
        ("A", "deadline_outside_plan"),
        ("B", "deadline_outside_plan"),
    ]
