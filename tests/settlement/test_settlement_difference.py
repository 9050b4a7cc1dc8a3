"""Contracts at prices of their own: the difference to the node price goes from buyer to seller, on what was metered."""

from collections import Counter
from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from domain.order import Column
from domain.tariff import PriceStack
from settlement.books import balances
from settlement.delivery import allocate, nothing_delivered, per_trade
from settlement.difference import Differences, no_differences
from settlement.ledger import Transfer, TransferState
from settlement.slot import SlotAccount, reserve_slot, settle_slot

STACK = PriceStack(9_440, 4_180, 1_100, 550, 1_100, 69_000, 22_000)
SELLERS = 3


def slot_of(trades: Column, export: Column, imported: Column, node_price: Column, own_price: Column) -> SlotAccount:
    """The account of a slot. trades: rows of seller, buyer, Wh."""
    seller, buyer, energy_wh = trades
    sites = len(export)
    sell, buy = np.zeros((2, sites), np.int64)
    np.add.at(sell, seller, energy_wh)
    np.add.at(buy, buyer, energy_wh)
    delivery = allocate(sell, buy, export, imported, np.ones(sites, bool), np.ones(sites, bool))
    metered_wh = per_trade(seller, buyer, energy_wh, delivery.own_sold_wh, delivery.own_bought_wh)
    names = [f"d{row}" for row in range(len(seller))]
    differences = Differences(names, seller, buyer, energy_wh, metered_wh, own_price - node_price[seller])
    ids = [f"S{site}" for site in range(sites)]
    alternative = np.full(sites, 34_000)
    prices = (node_price, STACK, alternative, 8_500, 10_000, 25_000)
    return SlotAccount(7, ids, sell, buy, delivery, imported, export, *prices, differences)


@st.composite
def slots(draw: st.DrawFn) -> SlotAccount:
    """Any slot in which the first sites sell to the others, each contract at any price, with any meters."""
    sites = draw(st.integers(SELLERS + 1, 8))
    pair = st.tuples(st.integers(0, SELLERS - 1), st.integers(SELLERS, sites - 1), st.integers(1, 3_000))
    trades = np.array(draw(st.lists(pair, min_size=1, max_size=10)), np.int64).T

    def drawn(elements: st.SearchStrategy[int], size: int) -> Column:
        return np.array(draw(st.lists(elements, min_size=size, max_size=size)), np.int64)

    energy, price = st.integers(0, 5_000), st.integers(0, 40_000)
    return slot_of(
        trades, drawn(energy, sites), drawn(energy, sites), drawn(price, sites), drawn(price, trades.shape[1])
    )


def booked(account: SlotAccount) -> dict[str, int]:
    """Every account's balance after reservation and settlement, with nothing left pending."""
    found = balances([*_reserved(account), *settle_slot(account)])
    assert all(balance.debits_pending == balance.credits_pending == 0 for balance in found.values())
    return Counter({name: balance.ujpy for name, balance in found.items()})


def at_node_price(account: SlotAccount) -> SlotAccount:
    return replace(account, differences=no_differences())


@given(slots())
def test_books_balance_and_only_buyers_and_sellers_notice(account: SlotAccount) -> None:
    """Sum zero; retailer, platform, pool, congestion and the outside have what they have at the node price."""
    own, plain = booked(account), booked(at_node_price(account))
    assert sum(own.values()) == 0
    changed = {name for name in own if own[name] != plain[name]}
    assert all(name.startswith("member:") for name in changed)


@given(slots())
def test_a_members_net_is_its_own_price_times_what_was_delivered(account: SlotAccount) -> None:
    """Each contract's metered part at its own price, what netted beside it at the node's, layers on the node's."""
    held, delivery, node = account.differences, account.delivery, account.price_mjpy_per_kwh
    found = booked(account)
    layers = STACK.delivered_each(node) - node
    for site, site_id in enumerate(account.site_ids):
        sold, bought = held.seller == site, held.buyer == site
        metered_wh = held.metered_wh
        own_price = held.difference_mjpy_per_kwh + node[held.seller]
        congestion = node[site] - node[held.seller]
        earned = int(metered_wh[sold] @ own_price[sold])
        earned += int(delivery.sold_wh[site] - metered_wh[sold].sum()) * int(node[site])
        paid = int(metered_wh[bought] @ (own_price + congestion)[bought])
        paid += int(delivery.bought_wh[site] - metered_wh[bought].sum()) * int(node[site])
        paid += int(delivery.bought_wh[site] * layers[site])
        beside = int((account.export_wh - delivery.sold_wh)[site]) * account.buyback_mjpy_per_kwh
        beside -= int((account.import_wh - delivery.bought_wh)[site] * account.alternative_mjpy_per_kwh[site])
        assert found[f"member:{site_id}"] == earned - paid + beside


@given(slots())
def test_nothing_delivered_is_nothing_paid(account: SlotAccount) -> None:
    """Without energy every reservation is void, whatever prices were agreed."""
    nothing = np.zeros(len(account.site_ids), np.int64)
    none_metered = account.differences._replace(metered_wh=np.zeros_like(account.differences.metered_wh))
    idle = replace(
        account,
        import_wh=nothing,
        export_wh=nothing,
        delivery=nothing_delivered(len(account.site_ids)),
        differences=none_metered,
    )
    assert {each.state for each in settle_slot(idle)} <= {TransferState.VOID}
    assert set(booked(idle).values()) <= {0}


@given(slots())
def test_a_repeated_settlement_names_the_same_transfers(account: SlotAccount) -> None:
    """Ids follow from slot, kind and contract: booking twice moves nothing again."""
    every = [*_reserved(account), *settle_slot(account)]
    assert every == [*_reserved(account), *settle_slot(account)]
    assert len({each.id for each in every}) == len(every)
    assert balances(every + every) == balances(every)


def test_a_premium_goes_to_the_seller_and_a_discount_comes_back() -> None:
    """1 kWh at 14 where the node's price is 12, of which half is metered; 1 kWh at 9, all of it: 1 JPY over, 3 back."""
    trades = np.array([[0, 2, 1_000], [1, 3, 1_000]]).T
    node = np.full(4, 12_000)
    account = slot_of(
        trades, np.array([500, 1_000, 0, 0]), np.array([0, 0, 500, 1_000]), node, np.array([14_000, 9_000])
    )
    own, plain = booked(account), booked(at_node_price(account))
    moved = {name: own[name] - plain[name] for name in own if own[name] != plain[name]}
    assert moved == {"member:S0": 1_000_000, "member:S2": -1_000_000, "member:S1": -3_000_000, "member:S3": 3_000_000}


def _reserved(account: SlotAccount) -> list[Transfer]:
    contracted = (account.contracted_sell_wh, account.contracted_buy_wh, account.price_mjpy_per_kwh)
    return reserve_slot(account.slot, account.site_ids, *contracted, account.stack, account.differences)
