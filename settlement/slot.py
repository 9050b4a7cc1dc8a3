"""Who pays whom for one slot, under the retailer's umbrella.

The retailer buys from the seller and sells to the buyer; the neighbours' price is a schedule on top (Electricity
Business Act, article 2: supply to general demand through the grid needs a registered retailer). So every yen of a
member passes the retailer, who pays wheeling and levy on every kWh taken from the grid, buys what the members together
lack on the wholesale market with the network losses on it, and hands the platform its fee and the pool the
imbalance adder. The pool carries the community's deviation at the imbalance price. Where a full line parts the price,
what buyers pay at their nodes beyond what sellers get at theirs is the line's rent: it has an account of its own.
A contract at a price of its own moves the difference to its node price on top (``settlement.difference``).

A slot without trade passes through the same function. Both are sums of double entries, so over all accounts their
difference adds up to zero exactly: what members, pool, retailer and platform gain together is what the outside
(network, levy, wholesale, imbalance) receives less.

Debit pays, credit receives. Amounts in micro-yen are products of Wh and mJPY/kWh: nothing is rounded but the procured
energy, up to whole Wh.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from domain.order import Column
from domain.quantity import PPM
from domain.tariff import PriceStack
from settlement.delivery import Delivery
from settlement.difference import RESERVED, Differences, reserve_differences, settle_differences
from settlement.ledger import (
    CONGESTION,
    IMBALANCE,
    LEVY,
    NETWORK,
    PLATFORM,
    POOL,
    RETAILER,
    WHOLESALE,
    Transfer,
    TransferState,
    member,
    post,
    void,
)

PURCHASE = "p2p_purchase"
SALE = "p2p_sale"


@dataclass(frozen=True, slots=True)
class SlotAccount:
    """What a slot's settlement is made of. Columns of shape (sites,), int64, in the order of ``site_ids``.

    contracted_sell_wh, contracted_buy_wh: what ``reserve_slot`` booked; zeros when nothing was.
    price_mjpy_per_kwh: column, the slot's price at each site's node, seller's terms; the same everywhere unless a line
    is full. alternative_mjpy_per_kwh: column, what the utility charges each site for one kWh more, its own marginal
    tier, all in. Prices in whole mJPY/kWh. differences: the contracts themselves, for those at a price of their own.
    island: the community was cut off from the grid, and ``settlement.island`` settles it.
    """

    slot: int
    site_ids: Sequence[str]
    contracted_sell_wh: Column
    contracted_buy_wh: Column
    delivery: Delivery
    import_wh: Column
    export_wh: Column
    price_mjpy_per_kwh: Column
    stack: PriceStack
    alternative_mjpy_per_kwh: Column
    buyback_mjpy_per_kwh: int
    spot_mjpy_per_kwh: int
    imbalance_mjpy_per_kwh: int
    differences: Differences
    island: bool = False


def procured_wh(import_wh: int, loss_ppm: int) -> int:
    """What must be fed in so that this much arrives: import / (1 - loss), rounded up to whole Wh."""
    return -(-import_wh * PPM // (PPM - loss_ppm))


def reserve_slot(
    slot: int,
    site_ids: Sequence[str],
    contracted_sell_wh: Column,
    contracted_buy_wh: Column,
    price_mjpy_per_kwh: Column,
    stack: PriceStack,
    differences: Differences,
) -> list[Transfer]:
    """Pending transfers for what was contracted: one a site and side, purchases first, sites in order; then what
    contracts at a price of their own add.

    price_mjpy_per_kwh: Shape (sites,), the price at each site's node.
    """
    columns = (contracted_sell_wh, contracted_buy_wh, price_mjpy_per_kwh)
    return [*_at_node(slot, site_ids, *columns, stack), *reserve_differences(slot, site_ids, differences)]


def _at_node(
    slot: int,
    site_ids: Sequence[str],
    contracted_sell_wh: Column,
    contracted_buy_wh: Column,
    price_mjpy_per_kwh: Column,
    stack: PriceStack,
) -> list[Transfer]:
    """The reservations of ``reserve_slot`` at the prices of the nodes."""
    purchase_ujpy = contracted_buy_wh * stack.delivered_each(price_mjpy_per_kwh)
    sale_ujpy = contracted_sell_wh * price_mjpy_per_kwh
    return [
        Transfer(_reserved(slot, kind, site_id), *_parties(kind, site_id), amount, kind, slot, TransferState.PENDING)
        for kind, column in ((PURCHASE, purchase_ujpy), (SALE, sale_ujpy))
        for site_id, amount in zip(site_ids, column.tolist(), strict=True)
        if amount
    ]


def settle_slot(account: SlotAccount) -> list[Transfer]:
    """Every transfer of the slot, net per pair of accounts and kind, none of zero. Deterministic order and ids.

    Own deliveries post the reservations of ``reserve_slot`` (``pending_id``), undelivered ones void them; a contract's
    difference goes by its own metered part; what was
    netted in the pool, the utility's supply and the retailer's duties are posted outright. Asserts that
    nobody delivered more than was metered.
    """
    assert (account.delivery.sold_wh <= account.export_wh).all(), "nobody sells more than was exported"
    assert (account.delivery.bought_wh <= account.import_wh).all(), "nobody buys more than was imported"
    differences = settle_differences(account.slot, account.site_ids, account.differences)
    return [*_contracted(account), *differences, *_members_beside(account), *_duties(account), *_markets(account)]


def _contracted(account: SlotAccount) -> Iterator[Transfer]:
    """The end of every reservation at the node's price: the metered part posted, or all of it void."""
    own, price = account.delivery, account.price_mjpy_per_kwh
    metered_ujpy = {
        **_by_id(account, PURCHASE, own.own_bought_wh * account.stack.delivered_each(price)),
        **_by_id(account, SALE, own.own_sold_wh * price),
    }
    for reserved in reservations_of(account):
        new_id = reserved.id.removesuffix(RESERVED)
        amount = metered_ujpy[new_id]
        yield post(reserved, amount, new_id) if amount else void(reserved, new_id)


def reservations_of(account: SlotAccount) -> list[Transfer]:
    """What was reserved at the prices of the nodes for the contracts that the slot is settled with."""
    contracted = (account.contracted_sell_wh, account.contracted_buy_wh)
    return _at_node(account.slot, account.site_ids, *contracted, account.price_mjpy_per_kwh, account.stack)


def _by_id(account: SlotAccount, kind: str, amounts_ujpy: Column) -> dict[str, int]:
    ids = (f"{account.slot}:{kind}:{site_id}" for site_id in account.site_ids)
    return dict(zip(ids, amounts_ujpy.tolist(), strict=True))


def _members_beside(account: SlotAccount) -> Iterator[Transfer]:
    """What members pay and receive outside their contracts: netted energy, the utility's supply and its buy-back."""
    delivery, price = account.delivery, account.price_mjpy_per_kwh
    columns = (
        ("netted_purchase", (delivery.bought_wh - delivery.own_bought_wh) * account.stack.delivered_each(price)),
        ("netted_sale", (delivery.sold_wh - delivery.own_sold_wh) * price),
        ("utility_purchase", (account.import_wh - delivery.bought_wh) * account.alternative_mjpy_per_kwh),
        ("utility_sale", (account.export_wh - delivery.sold_wh) * account.buyback_mjpy_per_kwh),
    )
    for kind, amounts_ujpy in columns:
        for site_id, amount in zip(account.site_ids, amounts_ujpy.tolist(), strict=True):
            if amount:
                yield Transfer(f"{account.slot}:{kind}:{site_id}", *_parties(kind, site_id), amount, kind, account.slot)


def _duties(account: SlotAccount) -> Iterator[Transfer]:
    """What the retailer hands on: wheeling and levy on every kWh from the grid; fee, adder and rent on traded ones."""
    import_wh, traded_wh = int(account.import_wh.sum()), account.delivery.volume_wh
    stack, price, bought_wh = account.stack, account.price_mjpy_per_kwh, account.delivery.bought_wh
    rent_ujpy = int((bought_wh - account.delivery.sold_wh) @ price)
    yield from _between(account, "wheeling", RETAILER, NETWORK, import_wh * stack.wheeling)
    yield from _between(account, "levy", RETAILER, LEVY, import_wh * stack.levy)
    yield from _between(account, "fee", RETAILER, PLATFORM, int(bought_wh @ stack.fee_each(price)))
    yield from _between(account, "congestion", RETAILER, CONGESTION, rent_ujpy)
    yield from _between(account, "imbalance_adder", RETAILER, POOL, traded_wh * stack.imbalance)


def _markets(account: SlotAccount) -> Iterator[Transfer]:
    """What the community as a whole buys or sells outside, and what its deviation from plan costs or earns."""
    import_wh, export_wh = int(account.import_wh.sum()), int(account.export_wh.sum())
    net_wh = procured_wh(import_wh, account.stack.loss_ppm) - export_wh
    deviation_wh = account.delivery.short_wh - account.delivery.long_wh
    premium = account.imbalance_mjpy_per_kwh - account.spot_mjpy_per_kwh
    yield from _between(account, "wholesale", RETAILER, WHOLESALE, net_wh * account.spot_mjpy_per_kwh)
    yield from _between(account, "imbalance", POOL, IMBALANCE, deviation_wh * premium)


def _between(account: SlotAccount, kind: str, payer: str, payee: str, amount_ujpy: int) -> Iterator[Transfer]:
    """One transfer between two accounts; a negative amount flows the other way, zero not at all."""
    if amount_ujpy < 0:
        payer, payee = payee, payer
    if amount_ujpy:
        yield Transfer(f"{account.slot}:{kind}", payer, payee, abs(amount_ujpy), kind, account.slot)


def _parties(kind: str, site_id: str) -> tuple[str, str]:
    """(debit, credit): the member pays the retailer for purchases and is paid by it for sales."""
    return (RETAILER, member(site_id)) if kind.endswith("sale") else (member(site_id), RETAILER)


def _reserved(slot: int, kind: str, site_id: str) -> str:
    return f"{slot}:{kind}:{site_id}{RESERVED}"
