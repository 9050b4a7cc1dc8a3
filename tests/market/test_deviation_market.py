"""Deviations meet each other after delivery: laws of energy, money and nobody's loss."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from domain.order import Column
from market.deviation_market import ImbalancePrices, Netting, net_deviations

Case = tuple[Column, Column, Column, ImbalancePrices]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """A few sites with deviations and limits around the imbalance prices, which may be negative."""
    paid = draw(st.integers(-5_000, 20_000))
    charged = draw(st.integers(paid, 60_000))
    limit = st.integers(paid - 100, charged + 100)
    rows = draw(st.lists(st.tuples(st.integers(-3_000, 3_000), limit, limit), max_size=9))
    columns = np.array(rows, np.int64).reshape(-1, 3).T
    return columns[0], columns[1], columns[2], ImbalancePrices(paid, charged)


def alone_ujpy(deviation_wh: Column, imbalance: ImbalancePrices) -> Column:
    """What each site would receive if everything met the imbalance price."""
    at = np.where(deviation_wh > 0, imbalance.paid_mjpy_per_kwh, imbalance.charged_mjpy_per_kwh)
    return deviation_wh * at


def netted(case: Case) -> Netting:
    return net_deviations(*case)


@given(cases())
def test_matched_and_rest_are_the_deviation(case: Case) -> None:
    """For each site; and neither part is larger than the deviation or of the other sign."""
    found = netted(case)
    assert np.array_equal(found.matched_wh + found.rest_wh, case[0])
    for part in (found.matched_wh, found.rest_wh):
        assert np.all(part * np.sign(case[0]) >= 0)


@given(cases())
def test_energy_and_money_balance(case: Case) -> None:
    """What is matched sums to zero, so only the rest moves money in or out of the community."""
    found = netted(case)
    assert found.matched_wh.sum() == 0
    assert found.received_ujpy.sum() == alone_ujpy(found.rest_wh, case[3]).sum()


@given(cases())
def test_nobody_is_worse_off_than_at_the_imbalance_price(case: Case) -> None:
    """Each site receives at least what it would alone, and nobody trades beyond the own limit."""
    found, (deviation_wh, sell_min, buy_max, imbalance) = netted(case), case
    assert np.all(found.received_ujpy >= alone_ujpy(deviation_wh, imbalance))
    assert np.all(sell_min[found.matched_wh > 0] <= found.price_mjpy_per_kwh)
    assert np.all(buy_max[found.matched_wh < 0] >= found.price_mjpy_per_kwh)


@given(cases())
def test_one_side_is_netted_in_full(case: Case) -> None:
    """Nobody who would trade is left on both sides: the smaller side meets no imbalance price."""
    found, (deviation_wh, sell_min, buy_max, _) = netted(case), case
    long_left = found.rest_wh[(deviation_wh > 0) & (sell_min <= found.price_mjpy_per_kwh)].sum()
    short_left = found.rest_wh[(deviation_wh < 0) & (buy_max >= found.price_mjpy_per_kwh)].sum()
    assert long_left == 0 or short_left == 0


@given(cases())
def test_the_larger_side_is_rationed_in_proportion(case: Case) -> None:
    """Each share lies within one Wh of the exact proportion."""
    found, (deviation_wh, sell_min, buy_max, _) = netted(case), case
    for willing in (
        (deviation_wh > 0) & (sell_min <= found.price_mjpy_per_kwh),
        (deviation_wh < 0) & (buy_max >= found.price_mjpy_per_kwh),
    ):
        whole, matched = int(deviation_wh[willing].sum()), int(found.matched_wh[willing].sum())
        exact = deviation_wh[willing] * matched
        assert np.all(np.abs(found.matched_wh[willing] * whole - exact) < max(abs(whole), 1))


def test_two_long_sites_share_one_short_one() -> None:
    """600 and 300 Wh too much meet 450 Wh too little at the middle of 8 and 40 yen: 300 and 150 are netted."""
    nothing, anything = np.zeros(3, np.int64), np.full(3, 10**6)
    found = net_deviations(np.array([600, 300, -450]), nothing, anything, ImbalancePrices(8_000, 40_000))
    assert found.price_mjpy_per_kwh == 24_000
    assert found.matched_wh.tolist() == [300, 150, -450]
    assert found.rest_wh.tolist() == [300, 150, 0]
    assert found.received_ujpy.tolist() == [9_600_000, 4_800_000, -10_800_000]
