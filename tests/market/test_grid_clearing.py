"""Laws of the auction on a feeder, and its welfare against a linear program."""

import numpy as np
import pytest
from books import CORRIDOR, book_of, books, random_book
from feeders import Market, greatest_welfare, random_feeder, random_market
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.branch import Branch, Node
from domain.feeder import feeder_of, one_node
from domain.order import Book, Side
from domain.tariff import Corridor
from market.auction.clearing import clear
from market.grid.clearing import GridClearing, clear_on_grid, reason

BUY, SELL = Side.BUY, Side.SELL


def cleared(market: Market) -> GridClearing:
    """A market of random orders, cleared in the usual corridor."""
    return clear_on_grid(market.book, market.node, market.feeder, CORRIDOR)


markets = st.tuples(st.integers(0, 2**32), st.sampled_from((2, 5, 115)), st.sampled_from((0, 900))).map(
    lambda drawn: random_market(np.random.default_rng(drawn[0]), drawn[1], fee_max=drawn[2])
)
lossy_markets = st.tuples(st.integers(0, 2**32), st.sampled_from((2, 115)), st.sampled_from((0, 900))).map(
    lambda drawn: random_market(np.random.default_rng(drawn[0]), drawn[1], fee_max=drawn[2], loss_max=60)
)


@pytest.mark.parametrize("fee_max", [0, 900])
def test_welfare_is_the_linear_programs_on_every_book(fee_max: int) -> None:
    """Welfare equals the optimum exactly, in micro-yen, on 3,000 markets with ties, full and closed lines."""
    chance = np.random.default_rng(fee_max + 4)
    for turn in range(1_500):
        market = random_market(chance, prices=(2, 11, 115, 11_500)[turn % 4], fee_max=fee_max)
        assert cleared(market).welfare_ujpy == round(greatest_welfare(market))


def test_with_losses_welfare_is_within_its_bound() -> None:
    """On 1,000 markets it is never above the linear program's optimum and below it by at most two Wh a node and
    branch at the corridor's cap."""
    chance = np.random.default_rng(6)
    for turn in range(1_000):
        market = random_market(chance, prices=(2, 115, 11_500)[turn % 3], fee_max=900 * (turn % 2), loss_max=60)
        lost_ujpy = greatest_welfare(market) - cleared(market).welfare_ujpy
        assert -1 <= lost_ujpy <= 2 * (2 * len(market.feeder.parent) - 1) * CORRIDOR.cap


@settings(deadline=None)
@given(markets | lossy_markets)
def test_what_buyers_pay_is_what_sellers_and_branches_get(market: Market) -> None:
    """Money balances to the micro-yen: payments less receipts are fees and rents, branch by branch."""
    clearing, (book, node, feeder) = cleared(market), market
    value_ujpy = clearing.filled_wh * clearing.node_price_mjpy_per_kwh[node]
    surplus_ujpy = int(value_ujpy[book.side == BUY].sum() - value_ujpy[book.side == SELL].sum())
    assert surplus_ujpy == int(clearing.fee_ujpy.sum() + clearing.rent_ujpy.sum())
    assert np.all(clearing.fee_ujpy == np.abs(clearing.flow_wh) * feeder.fee_mjpy_per_kwh)
    if not feeder.loss_permille.any():
        assert np.all(clearing.rent_ujpy >= 0)


@settings(deadline=None)
@given(markets | lossy_markets)
def test_energy_balances_at_every_node(market: Market) -> None:
    """What comes in over the branch above is what is bought less what is sold and what goes on below, with its loss."""
    clearing, (book, node, feeder) = cleared(market), market
    balance_wh = clearing.flow_wh.copy()
    np.add.at(balance_wh, node, np.where(book.side == BUY, -clearing.filled_wh, clearing.filled_wh))
    np.subtract.at(balance_wh, feeder.parent[1:], clearing.flow_wh[1:] + clearing.loss_wh[1:])
    assert not balance_wh.any()
    assert clearing.flow_wh[0] == clearing.loss_wh[0] == 0
    assert np.all(np.abs(clearing.flow_wh) <= feeder.limit_wh)
    entered_wh = np.maximum(clearing.flow_wh + clearing.loss_wh, -clearing.flow_wh)
    share_wh = entered_wh * feeder.loss_permille / 1000
    assert np.all((clearing.loss_wh >= share_wh - 1e-9) & (clearing.loss_wh <= share_wh + 2))


@settings(deadline=None)
@given(markets | lossy_markets)
def test_nobody_trades_beyond_the_own_limit_at_the_own_node(market: Market) -> None:
    """Node prices lie in the corridor and no filled order is worse than its limit; without losses nobody who would
    have gained at the node's price is left unfilled."""
    clearing, (book, node, feeder) = cleared(market), market
    price, limits = clearing.node_price_mjpy_per_kwh, book.limit_mjpy_per_kwh
    assert np.all((price >= CORRIDOR.floor) & (price <= CORRIDOR.cap))
    is_bid, filled = book.side == BUY, clearing.filled_wh > 0
    assert np.all((clearing.filled_wh >= 0) & (clearing.filled_wh <= book.energy_wh))
    assert np.all(limits[filled & is_bid] >= price[node][filled & is_bid])
    assert np.all(limits[filled & ~is_bid] <= price[node][filled & ~is_bid])
    gains = np.where(is_bid, limits > price[node], limits < price[node])
    if not feeder.loss_permille.any():
        assert np.array_equal(clearing.filled_wh[gains], book.energy_wh[gains])


@settings(deadline=None)
@given(books())
def test_one_node_is_the_auction_without_wires(book: Book) -> None:
    """At one busbar fills, price, welfare and volume are those of the call auction."""
    on_grid, auction = (
        clear_on_grid(book, np.zeros(len(book.site), np.int64), one_node(), CORRIDOR),
        clear(book, CORRIDOR),
    )
    assert np.array_equal(on_grid.filled_wh, auction.filled_wh)
    assert (on_grid.welfare_ujpy, on_grid.volume_wh) == (auction.welfare_ujpy, auction.volume_wh)
    if auction.price_mjpy_per_kwh is not None:
        assert on_grid.node_price_mjpy_per_kwh.tolist() == [auction.price_mjpy_per_kwh]


def test_wires_that_never_fill_change_nothing() -> None:
    """With room on every line, fills are those of the call auction, ties by time of entry across all nodes, and every
    node has its price."""
    chance = np.random.default_rng(8)
    for turn in range(300):
        feeder = random_feeder(chance, limit_max=10)
        feeder.limit_wh[1:] = 10**6
        book = random_book(chance, 14, CORRIDOR, prices=(2, 11, 115)[turn % 3])
        node, auction = chance.integers(0, len(feeder.parent), len(book.site)), clear(book, CORRIDOR)
        on_grid = clear_on_grid(book, node, feeder, CORRIDOR)
        assert np.array_equal(on_grid.filled_wh, auction.filled_wh)
        if auction.price_mjpy_per_kwh is not None:
            assert set(on_grid.node_price_mjpy_per_kwh.tolist()) == {auction.price_mjpy_per_kwh}


@settings(deadline=None)
@given(markets)
def test_the_order_of_rows_does_not_matter_on_a_grid(market: Market) -> None:
    """Orders bring their own turn: the same orders in other rows are filled alike, at the same prices."""
    turned = market._replace(book=Book(*(column[::-1] for column in market.book)), node=market.node[::-1])
    straight, reverse = cleared(market), cleared(turned)
    assert np.array_equal(straight.filled_wh, reverse.filled_wh[::-1])
    assert np.array_equal(straight.node_price_mjpy_per_kwh, reverse.node_price_mjpy_per_kwh)
    assert np.array_equal(straight.rent_ujpy, reverse.rent_ujpy)


STREET = [Node("station"), Node("street"), Node("farm")]


def test_a_full_line_has_a_price_on_each_side_and_says_so() -> None:
    """A farm sells more than its line carries: its price falls, the street's does not, and the line takes the rent."""
    lines = [Branch("line 16", ("station", "street"), 9_000), Branch("line 17", ("street", "farm"), 1_000)]
    feeder = feeder_of(STREET, lines, ["station"])
    book = book_of((SELL, 10, 2_500), (BUY, 30, 1_800), (SELL, 25, 5_000))
    clearing = clear_on_grid(book, np.array([2, 1, 0]), feeder, Corridor(5, 40))
    assert clearing.filled_wh.tolist() == [1_000, 1_800, 800]
    assert clearing.flow_wh.tolist() == [0, 800, -1_000]
    assert clearing.node_price_mjpy_per_kwh.tolist() == [25, 25, 10]
    assert clearing.rent_ujpy.tolist() == [0, 0, 15_000]
    assert reason(clearing, feeder, 2) == "line 17 is full, the price below it falls"
    assert reason(clearing, feeder, 1) == "no branch above is full"


def test_a_fee_stands_between_buyer_and_seller() -> None:
    """A kWh that crosses two levels pays both fees; one that is worth less than they cost stays where it is."""
    lines = [Branch("line 1", ("station", "street"), 9_000, 3), Branch("line 2", ("station", "farm"), 9_000, 2)]
    feeder = feeder_of(STREET, lines, ["station"])
    book = book_of((SELL, 10, 1_000), (BUY, 20, 600), (BUY, 14, 700))
    clearing = clear_on_grid(book, np.array([2, 1, 1]), feeder, Corridor(5, 40))
    assert clearing.filled_wh.tolist() == [600, 600, 0]
    assert clearing.fee_ujpy.tolist() == [0, 1_800, 1_200]
    assert clearing.welfare_ujpy == 600 * (20 - 10 - 5)


def test_what_is_lost_on_the_way_is_bought_with_it() -> None:
    """Of what enters a line with 50 permille losses 950 arrive: 1,000 Wh are sold so that 950 are bought."""
    feeder = feeder_of(STREET[:2], [Branch("line 1", ("station", "street"), 9_000, 0, 50)], ["station"])
    clearing = clear_on_grid(book_of((SELL, 10, 1_000), (BUY, 20, 2_000)), np.array([0, 1]), feeder, Corridor(5, 40))
    assert clearing.filled_wh.tolist() == [1_000, 950]
    assert clearing.loss_wh.tolist() == [0, 50]


def test_a_branch_that_carries_nothing_parts_the_market() -> None:
    """Below it is an auction of its own, with its own price."""
    feeder = feeder_of(
        STREET, [Branch("a", ("station", "street"), 0), Branch("b", ("street", "farm"), 500)], ["station"]
    )
    book = book_of((SELL, 10, 100), (BUY, 20, 100), (SELL, 30, 70), (BUY, 32, 70), (BUY, 40, 900))
    clearing = clear_on_grid(book, np.array([2, 1, 0, 0, 0]), feeder, Corridor(5, 40))
    assert clearing.filled_wh.tolist() == [100, 100, 70, 0, 70]
    assert clearing.node_price_mjpy_per_kwh.tolist() == [40, 15, 15]
    assert reason(clearing, feeder, 2) == "a carries nothing, below it is a market of its own"
