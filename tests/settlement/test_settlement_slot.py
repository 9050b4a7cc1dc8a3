"""A slot's settlement: books that balance, each layer where it belongs, and the account of what trading gained."""

from collections import Counter
from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from domain.order import Column
from domain.quantity import split_in_proportion
from domain.tariff import PriceStack
from settlement.books import balances
from settlement.delivery import allocate, nothing_delivered
from settlement.difference import no_differences
from settlement.ledger import Transfer, TransferState, member_column
from settlement.slot import SlotAccount, procured_wh, reserve_slot, settle_slot

STACK = PriceStack(9_440, 4_180, 1_100, 550, 1_100, 69_000, 22_000)
OUTSIDE = ("network", "levy", "wholesale", "imbalance")


def example() -> SlotAccount:
    """S1 sold 2 kWh to S2 at 12 JPY, exported 1.5; S3 had 0.3 to spare; S2 took 2.5."""
    ids = ["S1", "S2", "S3"]
    sell, buy = np.array([2_000, 0, 0]), np.array([0, 2_000, 0])
    export, imported = np.array([1_500, 0, 300]), np.array([0, 2_500, 0])
    may = np.ones(3, bool)
    delivery = allocate(sell, buy, export, imported, may, may)
    alternative = np.array([27_480, 34_080, 27_480])
    price = np.full(3, 12_000)
    prices = (price, STACK, alternative, 8_500, 10_000, 25_000)
    return SlotAccount(7, ids, sell, buy, delivery, imported, export, *prices, no_differences())


@st.composite
def accounts(draw: st.DrawFn) -> SlotAccount:
    """Any slot: balanced contracts, meters and prices of any size, another at every node."""
    sites = draw(st.integers(2, 8))
    energy = st.integers(0, 5_000)

    def drawn(elements: st.SearchStrategy[int]) -> Column:
        return np.array(draw(st.lists(elements, min_size=sites, max_size=sites)), np.int64)

    half = sites // 2
    sell = drawn(energy)
    sell[half:] = 0
    buy = np.array([0] * half + split_in_proportion(int(sell.sum()), [1] * (sites - half)), np.int64)
    export, imported = drawn(energy), drawn(energy)
    flags = drawn(st.integers(0, 1)).astype(bool)
    delivery = allocate(sell, buy, export, imported, flags, flags)
    price = st.integers(0, 40_000)
    return SlotAccount(
        draw(st.integers(0, 10**6)),
        [f"S{site:03}" for site in range(sites)],
        sell,
        buy,
        delivery,
        imported,
        export,
        drawn(price),
        STACK,
        drawn(price),
        draw(price),
        draw(price),
        draw(st.integers(0, 300_000)),
        no_differences(),
    )


def without_trade(account: SlotAccount) -> SlotAccount:
    nothing = np.zeros(len(account.site_ids), np.int64)
    return replace(
        account,
        contracted_sell_wh=nothing,
        contracted_buy_wh=nothing,
        delivery=nothing_delivered(len(account.site_ids)),
    )


def booked(account: SlotAccount) -> dict[str, int]:
    """Every account's balance after reservation and settlement."""
    found = balances([*_reserved(account), *settle_slot(account)])
    assert sum(balance.ujpy for balance in found.values()) == 0
    assert all(balance.debits_pending == balance.credits_pending == 0 for balance in found.values())
    return Counter({name: balance.ujpy for name, balance in found.items()})


@given(accounts())
def test_every_slot_balances_to_the_micro_yen_and_leaves_nothing_pending(account: SlotAccount) -> None:
    """Reservation and settlement together are a closed set of double entries."""
    booked(account)
    booked(without_trade(account))


@given(accounts())
def test_what_the_community_gains_is_what_the_outside_receives_less(account: SlotAccount) -> None:
    """Members, retailer, platform and pool together gain exactly what network, levy and markets lose."""
    trade, none = booked(account), booked(without_trade(account))
    gain = {name: trade[name] - none[name] for name in trade.keys() | none.keys()}
    assert sum(gain.values()) == 0
    inside = sum(value for name, value in gain.items() if name not in OUTSIDE)
    assert inside == -sum(gain.get(name, 0) for name in OUTSIDE)
    assert gain.get("network", 0) == gain.get("levy", 0) == gain.get("wholesale", 0) == 0


@given(accounts())
def test_what_a_full_line_earns_has_an_account_of_its_own(account: SlotAccount) -> None:
    """Rent is what buyers pay at their nodes beyond what sellers get at theirs, and nothing where prices are one."""
    price = account.price_mjpy_per_kwh
    rent_ujpy = int(account.delivery.bought_wh @ price) - int(account.delivery.sold_wh @ price)
    assert booked(account)["congestion"] == rent_ujpy
    alike = replace(account, price_mjpy_per_kwh=np.full_like(price, price[0]))
    assert "congestion" not in booked(alike)


@given(accounts())
def test_members_pay_and_receive_by_their_own_meter(account: SlotAccount) -> None:
    """Each member: sales at the price, the rest at buy-back; purchases at the delivered price, the rest at its tier."""
    delivery, price = account.delivery, account.price_mjpy_per_kwh
    expected = (
        delivery.sold_wh * price
        + (account.export_wh - delivery.sold_wh) * account.buyback_mjpy_per_kwh
        - delivery.bought_wh * STACK.delivered_each(price)
        - (account.import_wh - delivery.bought_wh) * account.alternative_mjpy_per_kwh
    )
    found = balances([*_reserved(account), *settle_slot(account)])
    assert member_column(found, account.site_ids).tolist() == expected.tolist()


@given(accounts())
def test_a_seller_above_buy_back_and_a_buyer_below_its_tier_never_lose(account: SlotAccount) -> None:
    """Inside one's own limits trading is no worse than not trading, slot by slot."""
    trade = member_column(balances([*_reserved(account), *settle_slot(account)]), account.site_ids)
    other = without_trade(account)
    none = member_column(balances(settle_slot(other)), account.site_ids)
    price, delivered = account.price_mjpy_per_kwh, STACK.delivered_each(account.price_mjpy_per_kwh)
    for site in range(len(account.site_ids)):
        sells_well = account.delivery.sold_wh[site] == 0 or price[site] >= account.buyback_mjpy_per_kwh
        buys_well = account.delivery.bought_wh[site] == 0 or delivered[site] <= account.alternative_mjpy_per_kwh[site]
        if sells_well and buys_well:
            assert trade[site] >= none[site]


@given(accounts())
def test_settling_twice_gives_the_same_transfers(account: SlotAccount) -> None:
    """Ids, order and amounts follow from the slot alone, and no id stands for two transfers."""
    first = settle_slot(account)
    assert first == settle_slot(account)
    assert len({transfer.id for transfer in first}) == len(first)


def test_the_example_pays_each_layer_where_it_belongs() -> None:
    """1.5 kWh own and 0.3 kWh netted delivered at 12 JPY; 0.7 kWh from the utility; 0.2 kWh short at the imbalance."""
    account = example()
    assert account.delivery.sold_wh.tolist() == [1_500, 0, 300]
    found = booked(account)
    assert found["member:S1"] == 1_500 * 12_000
    assert found["member:S3"] == 300 * 12_000
    assert found["member:S2"] == -(1_800 * 29_523 + 700 * 34_080)
    assert found["network"] == 2_500 * 9_440
    assert found["levy"] == 2_500 * 4_180
    assert found["platform"] == 1_800 * 264
    assert found["wholesale"] == (procured_wh(2_500, 69_000) - 1_800) * 10_000
    assert found["imbalance"] == 200 * (25_000 - 10_000)
    assert found["pool"] == 1_800 * 550 - 200 * 15_000
    assert found["retailer"] == -sum(value for name, value in found.items() if name != "retailer")


def test_reservations_are_posted_in_part_or_voided() -> None:
    """The metered part of a contract is posted against its reservation, an undelivered one is void."""
    account = example()
    ends = {transfer.pending_id: transfer for transfer in settle_slot(account) if transfer.pending_id}
    assert ends["7:p2p_sale:S1:reserved"].amount_ujpy == 1_500 * 12_000
    nothing = replace(
        account,
        import_wh=np.zeros(3, np.int64),
        export_wh=np.zeros(3, np.int64),
        delivery=replace(nothing_delivered(3), short_wh=2_000, long_wh=2_000),
    )
    assert {transfer.state for transfer in settle_slot(nothing)} == {TransferState.VOID}
    assert set(booked(nothing).values()) == {0}


def test_losses_are_procured_rounded_up() -> None:
    """1,000 Wh at the meter with 6.9 % losses need 1,075 Wh, not 1,074.1."""
    assert procured_wh(1_000, 69_000) == 1_075
    assert procured_wh(931, 69_000) == 1_000
    assert procured_wh(0, 69_000) == 0


def _reserved(account: SlotAccount) -> list[Transfer]:
    return reserve_slot(
        account.slot,
        account.site_ids,
        account.contracted_sell_wh,
        account.contracted_buy_wh,
        account.price_mjpy_per_kwh,
        account.stack,
        account.differences,
    )
