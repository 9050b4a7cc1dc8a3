"""An island's plan: the balance holds to the Wh, and what is missing is missing by class and evenly."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from domain.quantity import split_in_proportion
from market.island import IslandMeans, plan_island


@st.composite
def means(draw: st.DrawFn) -> IslandMeans:
    """Any island of up to eight sites, most of the time with less than it needs."""
    sites = draw(st.integers(1, 8))
    column = st.lists(st.integers(0, 3_000), min_size=sites, max_size=sites)
    classes = st.lists(st.integers(0, 2), min_size=sites, max_size=sites)
    return IslandMeans(*(np.array(draw(each), np.int64) for each in (column, column, column, column, classes)))


@given(means())
def test_what_is_used_and_stored_is_what_is_generated_and_drawn(island: IslandMeans) -> None:
    """Nothing comes from outside and nothing is left over; storage never gives and takes in one slot."""
    plan = plan_island(island)
    given_wh = island.generation_wh.sum() - plan.curtailed_wh.sum() + plan.discharge_wh.sum()
    assert plan.served_wh.sum() + plan.charge_wh.sum() == given_wh
    bounds = (island.load_wh, island.discharge_wh, island.charge_wh, island.generation_wh)
    for column, most in zip(plan, bounds, strict=True):
        assert ((column >= 0) & (column <= most)).all()
    assert not (plan.charge_wh.sum() and plan.discharge_wh.sum())
    if plan.curtailed_wh.any():
        assert (plan.charge_wh == island.charge_wh).all()


@given(means())
def test_nobody_lacks_anything_while_a_later_class_is_served(island: IslandMeans) -> None:
    """Use is shed only when storage gives all it can; classes before the one served in part lack nothing, those after
    it get nothing, and inside it shares are even to the Wh."""
    plan = plan_island(island)
    lacking = plan.served_wh < island.load_wh
    if not lacking.any():
        return
    assert (plan.discharge_wh == island.discharge_wh).all()
    worst = int(island.priority[lacking].min())
    assert not plan.served_wh[island.priority > worst].any()
    rows = island.priority == worst
    assert not lacking[island.priority < worst].any()
    given_wh, asked = int(plan.served_wh[rows].sum()), island.load_wh[rows].tolist()
    assert plan.served_wh[rows].tolist() == (split_in_proportion(given_wh, asked) if given_wh else [0] * len(asked))
