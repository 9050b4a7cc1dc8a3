"""Laws of storage plans: the optimum of an independent program, within limits, nothing planned on faults."""

from dataclasses import dataclass
from itertools import product
from typing import cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stores import oracle_ujpy, random_problem, reachable_wh

from domain.errors import InputRefused
from domain.order import Column
from market.storage.faults import checked
from market.storage.plan import Needs, Rates, Stores, convex_sites, optimise

NOISE_WH = 1e-8
# HiGHS accepts constraints broken by 1e-10 Wh; times a price and the slots that is far below a thousandth of a uJPY.
ORACLE_UJPY = 1e-3


@pytest.mark.parametrize(("seed", "slots"), [*product(range(100), (1, 2, 6, 12)), *product(range(10), (48,))])
def test_a_plan_costs_what_the_linear_program_costs(seed: int, slots: int) -> None:
    """The optimum equals HiGHS's on another formulation within 1e-9, over some three thousand problems of any kind."""
    problem = random_problem(1_000 * slots + seed, 8, 1, slots)
    costs = optimise(*problem).cost_ujpy
    assert costs.tolist() == pytest.approx([oracle_ujpy(problem, site) for site in range(8)], rel=1e-9, abs=ORACLE_UJPY)


@pytest.mark.parametrize(("seed", "scenarios"), [*product(range(40), (2, 3, 5))])
def test_a_first_slot_for_all_scenarios_costs_what_the_extensive_form_costs(seed: int, scenarios: int) -> None:
    """The mean of the scenarios' worth gives the optimum of the program that holds their first slots together."""
    problem = random_problem(seed, 6, scenarios, 5)
    plans = optimise(*problem)
    expected = [oracle_ujpy(problem, site) for site in range(6)]
    assert plans.cost_ujpy.tolist() == pytest.approx(expected, rel=1e-9, abs=ORACLE_UJPY)
    assert np.all(plans.stored_wh[:, :, 0] == plans.stored_wh[:, :1, 0])


@settings(deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 3), st.integers(1, 48))
def test_a_plan_keeps_every_limit(seed: int, scenarios: int, slots: int) -> None:
    """Power, capacity and what must be left hold in each scenario and slot; it never charges and discharges at once;
    what may not export never does; what is missing is what no charging could have brought."""
    needs, stores, rates = random_problem(seed, 5, scenarios, slots)
    plans = optimise(needs, stores, rates)
    assert np.all(plans.charge_wh <= stores.charge_max_wh[:, None] + NOISE_WH)
    assert np.all(plans.discharge_wh <= stores.discharge_max_wh[:, None] + NOISE_WH)
    assert np.all(np.minimum(plans.charge_wh, plans.discharge_wh) == 0)
    assert np.all(plans.stored_wh <= stores.capacity_wh[:, None, None] + NOISE_WH)
    least_wh = np.array([reachable_wh(stores, site) for site in range(5)])
    assert np.all(plans.stored_wh >= least_wh[:, None] - NOISE_WH)
    assert np.allclose(plans.missing_wh, stores.least_wh - least_wh)
    own_wh = np.maximum(needs.net_wh, 0)[~stores.exports]
    assert np.all(plans.discharge_wh[~stores.exports] <= own_wh + NOISE_WH)


@settings(deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 3))
def test_the_worth_of_a_content_is_what_the_rest_of_the_day_saves(seed: int, scenarios: int) -> None:
    """The pieces of ``worth`` add up to the difference in cost between two contents after the first slot."""
    needs, stores, rates = random_problem(seed, 1, scenarios, 6)
    stores = checked(needs, stores._replace(least_wh=np.zeros((1, 1), np.int64)), rates)[1]
    worth = optimise(needs, stores, rates, with_worth=True).worth
    count, capacity_wh = int(worth.filled[0]), int(stores.capacity_wh[0])
    length, value = worth.length_wh[0, :count], worth.value_mjpy_per_kwh[0, :count]
    assert np.all(np.diff(value) <= 0)
    assert worth.start_wh[0] + length.sum() == pytest.approx(capacity_wh, abs=NOISE_WH)
    ends = np.concatenate(([0.0], np.cumsum(length)))
    saved = np.concatenate(([0.0], np.cumsum(length * value)))
    contents_wh = [0, capacity_wh // 3, capacity_wh]
    rest = [_rest_ujpy(needs, stores, rates, content) for content in contents_wh]
    for content_wh, cost_ujpy in zip(contents_wh, rest, strict=True):
        assert rest[0] - cost_ujpy == pytest.approx(np.interp(content_wh, ends, saved), rel=1e-9, abs=1e-3)


def _rest_ujpy(needs: Needs, stores: Stores, rates: Rates, stored_wh: int) -> float:
    """The least expected cost of the slots after the first, each scenario for itself."""
    rest = Rates(*(price[:, 1:] for price in rates))
    store = stores._replace(
        stored_wh=np.array([stored_wh]),
        **{name: getattr(stores, name)[:, 1:] for name in ("charge_max_wh", "discharge_max_wh", "least_wh")},
    )
    alone = [
        optimise(*checked(Needs(net_wh[None, None, 1:], np.ones(1, np.int64)), store, rest)).cost_ujpy[0]
        for net_wh in needs.net_wh[0]
    ]
    return float(np.average(alone, weights=needs.weights))


@dataclass(frozen=True, slots=True)
class Tiny:
    """A storage without loss over three slots, small enough to try every whole Wh. Wh and mJPY/kWh."""

    net: list[int]
    buy: list[int]
    sell: list[int]
    stored: int
    capacity: int
    power: int

    def least_ujpy(self, wear: int) -> int:
        """Every course of whole Wh. With whole limits and no loss, no part of a Wh does better."""
        costs = []
        for moves in product(range(-self.power, self.power + 1), repeat=3):
            held = self.stored + np.cumsum(moves)
            if held.min() >= 0 and held.max() <= self.capacity:
                metered = [net + move for net, move in zip(self.net, moves, strict=True)]
                bill = sum(x * (b if x > 0 else s) for x, b, s in zip(metered, self.buy, self.sell, strict=True))
                costs.append(bill + wear * -sum(min(move, 0) for move in moves))
        return min(costs)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32))
def test_prices_that_are_not_convex_are_planned_by_trying_every_choice(seed: int) -> None:
    """Where selling earns more than buying costs, or a price is below zero, the plan is the best of every course that a
    meter allows."""
    chance = np.random.default_rng(seed)
    buy, sell = chance.integers(-20, 40, (2, 3)).tolist()
    capacity = int(chance.integers(0, 5))
    net = chance.integers(-3, 4, 3).tolist()
    tiny = Tiny(net, buy, sell, int(chance.integers(capacity + 1)), capacity, 3)
    wear = int(chance.integers(3))
    problem = checked(*_tiny_columns(tiny, wear))
    assert optimise(*problem).cost_ujpy[0] == pytest.approx(tiny.least_ujpy(wear), abs=1e-3)


def _tiny_columns(tiny: Tiny, wear: int) -> tuple[Needs, Stores, Rates]:
    one, power, none = np.array([1_000]), np.array([[tiny.power]]), np.array([[0]])
    store = Stores(
        np.array([tiny.stored]), np.array([tiny.capacity]), power, power, none, one, one, np.array([wear]),
        np.array([0]), np.array([True]),
    )  # fmt: skip
    needs = Needs(np.array([[tiny.net]]), np.array([1]))
    return needs, store, Rates(np.array([tiny.buy]), np.array([tiny.sell]), none)


def test_only_sites_that_are_not_convex_leave_the_exact_way() -> None:
    """The choice is made site by site: inverted prices, or a price below what wear and fees make up for."""
    needs, stores, rates = random_problem(3, 4, 2, 6)
    buy, sell = rates.buy_mjpy_per_kwh.copy(), rates.sell_mjpy_per_kwh.copy()
    sell[1, 2] = buy[1, 2] + 1
    buy[2, :] = sell[2, :] = -9_000
    stores = stores._replace(
        charge_permille=np.full(4, 950), discharge_permille=np.full(4, 950), wear_mjpy_per_kwh=np.full(4, 500)
    )
    mixed = checked(needs, stores, Rates(buy, sell, rates.access_mjpy_per_kwh))
    assert convex_sites(*mixed).tolist() == [True, False, False, True]
    plain, both = optimise(*checked(needs, stores, rates)), optimise(*mixed)
    assert both.cost_ujpy[[0, 3]].tolist() == plain.cost_ujpy[[0, 3]].tolist()


def test_the_mixed_program_agrees_where_prices_are_convex() -> None:
    """The same first slot for all scenarios, the same limits, the same cost."""
    from market.storage.program import solve

    for seed in range(15):
        needs, stores, rates = problem = random_problem(seed, 1, 2, 4)
        plans = optimise(*problem)
        least_wh = np.array([reachable_wh(stores, 0)])
        taken_wh, _ = solve(needs, stores, rates, least_wh, 0)
        into, out = stores.charge_permille[0] / 1_000, stores.discharge_permille[0] / 1_000
        charge_wh, discharge_wh = np.maximum(-taken_wh, 0) / into, np.maximum(taken_wh, 0) * out
        metered_wh = needs.net_wh[0] + charge_wh - discharge_wh
        spent = metered_wh * np.where(metered_wh > 0, rates.buy_mjpy_per_kwh, rates.sell_mjpy_per_kwh)
        spent += rates.access_mjpy_per_kwh * (charge_wh + discharge_wh) + stores.wear_mjpy_per_kwh[0] * discharge_wh
        left_wh = stores.stored_wh[0] - taken_wh.sum(axis=1)
        cost_ujpy = np.average(spent.sum(axis=1) - stores.end_value_mjpy_per_kwh[0] * left_wh, weights=needs.weights)
        assert cost_ujpy == pytest.approx(plans.cost_ujpy[0], rel=1e-6, abs=1)


def test_every_fault_of_the_columns_is_named_at_once() -> None:
    """A forecast that holds no number, limits below zero and an efficiency above one come back together."""
    needs, stores, rates = random_problem(1, 3, 2, 4)
    net_wh = needs.net_wh.astype(np.float64)
    net_wh[1, 0, 2], net_wh[2, 1, 3] = np.nan, 0.5
    stores = stores._replace(charge_max_wh=np.array([[-5]]), discharge_permille=np.array([950, 1_200, 900]))
    with pytest.raises(InputRefused) as refused:
        checked(
            Needs(cast(Column, net_wh), np.array([0, 1])),
            stores,
            rates._replace(access_mjpy_per_kwh=np.zeros((3, 5), np.int64)),
        )
    assert [(fault.where, fault.code) for fault in refused.value.faults] == [
        ("net_wh[1, 0, 2]", "not_a_number"),
        ("net_wh[2, 1, 3]", "not_whole"),
        ("weights[0]", "out_of_range"),
        ("charge_max_wh[0, 0]", "out_of_range"),
        ("discharge_permille[1]", "out_of_range"),
        ("access_mjpy_per_kwh", "wrong_shape"),
    ]


def test_a_store_fuller_than_full_is_refused() -> None:
    """A content above the capacity is a fault of the reading, not a gift."""
    needs, stores, rates = random_problem(1, 3, 1, 4)
    with pytest.raises(InputRefused, match=r"stored_wh\[0\]"):
        checked(needs, stores._replace(stored_wh=stores.capacity_wh + 1), rates)
    with pytest.raises(InputRefused, match="net_wh"):
        checked(needs._replace(net_wh=needs.net_wh[0]), stores, rates)
