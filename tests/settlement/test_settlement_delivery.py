"""Delivery laws on random slots, and worked examples."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from domain.order import Column
from domain.quantity import split_in_proportion
from settlement.delivery import Delivery, Flags, allocate, nothing_delivered, per_trade, split_column

SLOT = tuple[Column, Column, Column, Column, Flags, Flags]


def column(*values: int) -> Column:
    return np.array(values, np.int64)


def delivered(
    sell: list[int], buy: list[int], export: list[int], imported: list[int], may: list[bool] | None = None
) -> Delivery:
    flags = np.array(may if may is not None else [True] * len(sell))
    return allocate(column(*sell), column(*buy), column(*export), column(*imported), flags, flags)


@st.composite
def slots(draw: st.DrawFn) -> SLOT:
    """A slot of contracts that balance, one side a site, and meters that say anything."""
    sites = draw(st.integers(2, 12))
    sellers = draw(st.integers(1, sites - 1))
    energy = st.integers(0, 3_000)
    sold = draw(st.lists(energy, min_size=sellers, max_size=sellers))
    weights = draw(st.lists(st.integers(0, 9), min_size=sites - sellers, max_size=sites - sellers))
    bought = split_in_proportion(sum(sold), weights if any(weights) else [1] * len(weights))
    metered = st.lists(energy, min_size=sites, max_size=sites).map(lambda values: np.array(values, np.int64))
    flags = st.lists(st.booleans(), min_size=sites, max_size=sites).map(np.array)
    order = np.array(draw(st.permutations(range(sites))))
    contracted_sell = column(*sold, *[0] * len(bought))[order]
    contracted_buy = column(*[0] * len(sold), *bought)[order]
    return contracted_sell, contracted_buy, draw(metered), draw(metered), draw(flags), draw(flags)


@given(slots())
def test_delivered_sales_equal_delivered_purchases_and_stay_within_meters(slot: SLOT) -> None:
    """One volume for both sides, at most each site's register."""
    sell, buy, export, imported, _, _ = slot
    found = allocate(*slot)
    assert found.sold_wh.sum() == found.bought_wh.sum() == found.volume_wh
    assert (found.sold_wh <= export).all()
    assert (found.bought_wh <= imported).all()
    assert ((found.own_sold_wh >= 0) & (found.own_sold_wh <= np.minimum(sell, found.sold_wh))).all()
    assert ((found.own_bought_wh >= 0) & (found.own_bought_wh <= np.minimum(buy, found.bought_wh))).all()


@given(slots())
def test_the_shorter_side_decides_the_volume(slot: SLOT) -> None:
    """Where the community lacks or leaves what it contracted, the volume is what remains; else it is no less."""
    found = allocate(*slot)
    missed_wh = max(found.short_wh, found.long_wh)
    assert min(found.short_wh, found.long_wh) >= 0
    assert found.volume_wh >= slot[0].sum() - missed_wh
    assert found.volume_wh == slot[0].sum() - missed_wh or missed_wh == 0


@given(slots())
def test_no_two_deviations_are_left_that_could_have_met(slot: SLOT) -> None:
    """After netting, unsold surplus that may be sold and unmet need that may be served never stand side by side."""
    sell, buy, export, imported, may_sell, may_buy = slot
    found = allocate(*slot)
    sells = (sell > 0) | ((buy == 0) & (export >= imported))
    surplus_wh = (export - found.sold_wh)[may_sell & sells].sum()
    need_wh = (imported - found.bought_wh)[may_buy & ~sells].sum()
    assert min(surplus_wh, need_wh) == 0


@given(slots())
def test_nobody_stands_on_both_sides_of_a_slot(slot: SLOT) -> None:
    """A site never buys from itself, whatever its registers say."""
    found = allocate(*slot)
    assert not ((found.sold_wh > 0) & (found.bought_wh > 0)).any()


@given(slots())
def test_whoever_may_not_trade_beyond_its_contract_does_not(slot: SLOT) -> None:
    """Netting uses only the surplus of members whose mandate allows it."""
    found = allocate(*slot)
    assert (found.sold_wh - found.own_sold_wh)[~slot[4]].sum() == 0
    assert (found.bought_wh - found.own_bought_wh)[~slot[5]].sum() == 0


@given(slots())
def test_netting_never_lowers_the_volume(slot: SLOT) -> None:
    """Deviations that meet each other inside the community need no imbalance energy."""
    nobody = np.zeros(len(slot[0]), bool)
    assert allocate(*slot[:4], nobody, nobody).volume_wh <= allocate(*slot).volume_wh


@given(slots())
def test_whoever_metered_what_was_contracted_delivers_it_when_the_others_do(slot: SLOT) -> None:
    """Contracts that meters fulfil settle in full and leave no deviation."""
    sell, buy, export, imported, may_sell, may_buy = slot
    found = allocate(sell, buy, np.maximum(export, sell), np.maximum(imported, buy), may_sell, may_buy)
    assert (found.own_sold_wh == sell).all()
    assert (found.own_bought_wh == buy).all()
    assert (found.short_wh, found.long_wh) == (0, 0)


def test_anothers_surplus_fills_what_one_seller_misses() -> None:
    """The first delivers 600 of 1,000; two without contract export 300 and 100 and fill the 400."""
    found = delivered([1_000, 0, 0, 0], [0, 0, 0, 1_000], [600, 300, 100, 0], [0, 0, 0, 1_500])
    assert found.sold_wh.tolist() == [600, 300, 100, 0]
    assert found.own_sold_wh.tolist() == [600, 0, 0, 0]
    assert (found.short_wh, found.long_wh, found.volume_wh) == (0, 0, 1_000)


def test_what_nobody_can_fill_is_short_and_cuts_the_buyers() -> None:
    """600 of 1,000 arrive: buyers get 600 in proportion, the community is 400 short."""
    found = delivered([1_000, 0, 0], [0, 750, 250], [600, 0, 0], [0, 900, 900])
    assert found.bought_wh.tolist() == [0, 450, 150]
    assert (found.short_wh, found.long_wh) == (400, 0)


def test_the_netted_part_of_the_longer_side_gives_way_before_own_deliveries() -> None:
    """Buyers take 500 of 1,000: the filler leaves first, then the seller's own delivery shrinks."""
    found = delivered([1_000, 0, 0], [0, 0, 1_000], [700, 300, 0], [0, 0, 500])
    assert found.own_sold_wh.tolist() == [500, 0, 0]
    assert found.sold_wh.tolist() == [500, 0, 0]
    assert (found.short_wh, found.long_wh) == (0, 500)


def test_what_nobody_planned_meets_in_the_pool() -> None:
    """Surplus and need that no forecast saw go to each other, at most the smaller of the two."""
    found = delivered([0, 0], [0, 0], [700, 0], [0, 500])
    assert (found.sold_wh.tolist(), found.bought_wh.tolist()) == ([500, 0], [0, 500])
    assert (found.own_sold_wh.sum(), found.short_wh, found.long_wh) == (0, 0, 0)


def test_who_may_not_trade_at_the_price_nets_nothing() -> None:
    """Without contracts and leave to trade, the slot stays with the utility."""
    nobody = np.zeros(2, bool)
    found = allocate(column(0, 0), column(0, 0), column(500, 0), column(0, 500), nobody, nobody)
    assert found.volume_wh == nothing_delivered(2).volume_wh == 0


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=20), st.data())
def test_columns_split_like_single_amounts(weights: list[int], data: st.DataObject) -> None:
    """The column form shares to the unit like ``split_in_proportion``, and no share exceeds its weight."""
    total = data.draw(st.integers(0, sum(weights)))
    shares = split_column(total, column(*weights))
    assert (shares <= column(*weights)).all()
    assert shares.tolist() == (split_in_proportion(total, weights) if total else [0] * len(weights))


@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(1, 2_000)), max_size=20),
    st.lists(st.integers(0, 100), min_size=5, max_size=5),
    st.lists(st.integers(0, 100), min_size=5, max_size=5),
)
def test_the_metered_parts_of_trades_stay_within_trades_and_own_deliveries(
    trades: list[tuple[int, int, int]], sold_percent: list[int], bought_percent: list[int]
) -> None:
    """No trade settles more than it was, no site's trades more than it delivered."""
    seller, buyer, energy = (column(*(trade[side] for trade in trades)) for side in range(3))
    sums = [np.zeros(5, np.int64), np.zeros(5, np.int64)]
    np.add.at(sums[0], seller, energy)
    np.add.at(sums[1], buyer, energy)
    own_sold, own_bought = sums[0] * column(*sold_percent) // 100, sums[1] * column(*bought_percent) // 100
    parts = per_trade(seller, buyer, energy, own_sold, own_bought)
    assert ((parts >= 0) & (parts <= energy)).all()
    for site in range(5):
        assert parts[seller == site].sum() <= own_sold[site]
        assert parts[buyer == site].sum() <= own_bought[site]
    if sold_percent == bought_percent == [100] * 5:
        assert (parts == energy).all()


def test_a_sites_own_delivery_is_shared_over_its_trades_to_the_last_watt_hour() -> None:
    """A seller of 100 and 200 who delivers 100 fulfils 33 and 67; the buyers took all."""
    seller, buyer = column(0, 0), column(1, 2)
    parts = per_trade(seller, buyer, column(100, 200), column(100, 0, 0), column(0, 100, 200))
    assert parts.tolist() == [33, 67]
