"""Laws of the auction with voltage limits, and its welfare against the linear program of single orders."""

import numpy as np
import pytest
from books import CORRIDOR, book_of
from feeders import Market, greatest_welfare, weak_street, wired_market
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.order import Side
from market.grid.ac_check import check_grid
from market.grid.clearing import clear_on_grid
from market.grid.voltage_clearing import VoltageClearing, clear_within_voltages, voltage_reason
from market.grid.voltage_map import sensitivity_pu2_per_wh, squared_voltages
from market.grid.whole_wh import net_demand_wh

BUY, SELL = Side.BUY, Side.SELL


def cleared(market: Market) -> VoltageClearing:
    """A market of random orders, cleared in the usual corridor."""
    return clear_within_voltages(market.book, market.node, market.feeder, CORRIDOR)


def drawn(seed: int, prices: int, loss: int, fee: int) -> Market:
    """A market out of a seed."""
    return wired_market(np.random.default_rng(seed), prices, loss, fee)


markets = st.builds(
    drawn, st.integers(0, 2**32), st.sampled_from((2, 11, 115)), st.sampled_from((0, 0, 60)), st.sampled_from((0, 900))
)


@pytest.mark.parametrize(("loss_max", "fee_max"), [(0, 0), (0, 900), (60, 900)])
def test_welfare_is_the_linear_programs_within_the_rounding(loss_max: int, fee_max: int) -> None:
    """Never above the optimum of the single orders, and below it by at most two Wh a node at the corridor's cap; with
    losses by as much for each of the Wh that the band is narrowed by. Voltages bind in many of the markets."""
    chance, bound = np.random.default_rng(loss_max + fee_max), 0
    for turn in range(200):
        market = wired_market(chance, (2, 11, 115, 11_500)[turn % 4], loss_max, fee_max)
        found, nodes = cleared(market), len(market.feeder.parent)
        lost_ujpy = greatest_welfare(market, voltages=True) - found.clearing.welfare_ujpy
        assert -1 <= lost_ujpy <= 2 * nodes * CORRIDOR.cap * (2 * nodes if loss_max else 1)
        bound += bool(found.pull_mjpy_per_ppm.any())
    assert bound > 50


@settings(deadline=None)
@given(markets)
def test_every_voltage_ends_inside_its_band(market: Market) -> None:
    """By the linear map of the whole fills; where nothing flowing is already outside, no further out than a Wh does."""
    found, feeder = cleared(market), market.feeder
    low, high = feeder.low_permille / 1000, feeder.high_permille / 1000
    idle = np.sqrt(squared_voltages(feeder, np.zeros(len(low))))
    assert np.all(found.voltage_pu >= np.minimum(low, idle) - 1e-9)
    assert np.all(found.voltage_pu <= np.maximum(high, idle) + 1e-9)


@settings(deadline=None)
@given(markets)
def test_prices_and_fills_are_a_markets(market: Market) -> None:
    """Bought is sold but for losses, nobody trades beyond the own limit, and money balances to the micro-yen."""
    clearing, (book, node, feeder) = cleared(market).clearing, market
    price, is_bid, filled = clearing.node_price_mjpy_per_kwh[node], book.side == BUY, clearing.filled_wh > 0
    assert np.all((clearing.filled_wh >= 0) & (clearing.filled_wh <= book.energy_wh))
    assert np.all((clearing.node_price_mjpy_per_kwh >= CORRIDOR.floor) & (price.max(initial=0) <= CORRIDOR.cap))
    assert np.all(book.limit_mjpy_per_kwh[filled & is_bid] >= price[filled & is_bid])
    assert np.all(book.limit_mjpy_per_kwh[filled & ~is_bid] <= price[filled & ~is_bid])
    value_ujpy = clearing.filled_wh * price
    surplus_ujpy = int(value_ujpy[is_bid].sum() - value_ujpy[~is_bid].sum())
    assert surplus_ujpy == int(clearing.fee_ujpy.sum() + clearing.rent_ujpy.sum())
    net_wh = net_demand_wh(book, node, clearing.filled_wh, len(feeder.parent))
    assert net_wh.sum() == -clearing.loss_wh.sum()


@settings(deadline=None)
@given(markets)
def test_voltages_with_room_change_nothing(market: Market) -> None:
    """Where the tree's own clearing keeps every band, it is the result."""
    market.feeder.low_permille[:], market.feeder.high_permille[:] = 0, 9_000
    found, alone = cleared(market), clear_on_grid(market.book, market.node, market.feeder, CORRIDOR)
    assert np.array_equal(found.clearing.filled_wh, alone.filled_wh)
    assert np.array_equal(found.clearing.node_price_mjpy_per_kwh, alone.node_price_mjpy_per_kwh)
    assert not found.pull_mjpy_per_ppm.any()


@settings(deadline=None)
@given(markets, st.integers(0, 7), st.integers(0, 7))
def test_sensitivities_are_the_maps_own(market: Market, of: int, by: int) -> None:
    """One Wh more used at a node takes off a squared voltage what the map of flows says."""
    feeder, nodes = market.feeder, len(market.feeder.parent)
    of, by = of % nodes, by % nodes
    flow_wh, at = np.zeros(nodes), by
    while at > 0:
        flow_wh[at], at = 1e6, int(feeder.parent[at])
    moved = squared_voltages(feeder, np.zeros(nodes), 300)[of] - squared_voltages(feeder, flow_wh, 300)[of]
    assert moved == pytest.approx(1e6 * sensitivity_pu2_per_wh(feeder, of, 300)[by], abs=1e-9)


def test_the_map_is_the_power_flow_at_small_flows() -> None:
    """To a few parts in a million where little flows, a transformer's ratio and the source included."""
    chance = np.random.default_rng(3)
    for _ in range(20):
        feeder = wired_market(chance, 2).feeder
        demand_wh = chance.integers(-300, 300, len(feeder.parent))
        flow_wh = demand_wh.copy()
        for node in range(len(flow_wh) - 1, 0, -1):
            flow_wh[feeder.parent[node]] += flow_wh[node]
        check = check_grid(feeder, demand_wh[None, :], demand_wh[None, :] * 3 // 10)
        assert np.allclose(np.sqrt(squared_voltages(feeder, flow_wh, 300)), check.voltage_pu[0], atol=3e-5)


def test_a_voltage_at_its_bound_has_its_price_and_says_so() -> None:
    """Sun at the end of a weak street: it sells what the voltage bears, its price is its limit, the bar's is not."""
    feeder = weak_street(90_000)
    book = book_of((SELL, 9_000, 90_000), (BUY, 15_000, 90_000))
    found = clear_within_voltages(book, np.array([3, 0]), feeder, CORRIDOR)
    sold_wh = found.clearing.filled_wh[0]
    # (1.1^2 - 1) / (2 * 1.55) MW for half an hour
    assert sold_wh == pytest.approx(0.21 / 3.1 * 1e6 / 2, abs=2)
    assert found.clearing.node_price_mjpy_per_kwh[[0, 3]].tolist() == [15_000, 9_000]
    assert voltage_reason(found, feeder, 3) == "the voltage at far is at its upper bound"
    assert voltage_reason(found, feeder, 0) == "no branch above is full"
    use = clear_within_voltages(
        book_of((BUY, 15_000, 90_000), (SELL, 9_000, 90_000)), np.array([3, 0]), feeder, CORRIDOR
    )
    assert voltage_reason(use, feeder, 2) == "the voltage at far is at its lower bound"
