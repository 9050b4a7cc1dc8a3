"""A trade or a proposal as a contract: its terms, their digest, and whether they are standard.

Terms are whole numbers and text under stable keys, so that everybody hashes the same bytes (``domain.canonical``).
They hold the fields a Japanese supply contract with a neighbour schedule needs beyond the fixed clauses of
``contracts.template``, name people only by site, and carry a salt: a digest that is public must not be found again
by trying a few thousand sites and amounts.
"""

import hmac
from dataclasses import dataclass, field
from typing import Any

from contracts.template import STANDARD_TEMPLATE, SUPPORT_SCHEMES, TENOR_DAYS_MAX, VALUE_UJPY_MAX, VOLTAGE_CLASSES
from domain.canonical import digest
from domain.tariff import PriceStack

VERSION = 3
MINUTES_PER_DAY = 1440
Terms = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Frame:
    """What the contracts of one market share.

    pack_id, pack_digest: the rule pack whose values these terms stand on. label: shown on every contract, e.g.
    ``demonstration: not for billing``; empty in earnest. salt_key: a secret of the platform, never part of the terms.
    """

    market: str
    area: str
    slot_length_min: int
    retailer_id: str
    retailer_registration: str
    pack_id: str
    pack_digest: str
    stack: PriceStack
    label: str = ""
    salt_key: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Deal:
    """What two sites agreed. ``id``: of the trade or the proposal, unique in its market. ``slot_first`` to before
    ``slot_end``: when it is delivered. ``energy_wh``: over the whole time, at the seller's meter.

    congestion_mjpy_per_kwh: what the buyer's node costs above the seller's, below zero where it costs less.
    difference_mjpy_per_kwh: what the price is above that of the seller's node, below zero where it is lower: a wish's
    premium, or a price agreed before the call.
    extra_clauses: text beyond the template. The rest says where the deal stands outside the ordinary.
    """

    id: str
    slot_first: int
    slot_end: int
    seller_site: str
    buyer_site: str
    energy_wh: int
    price_mjpy_per_kwh: int
    seller_area: str
    buyer_area: str
    voltage_class: str = "LV"
    support_scheme: str = "none"
    congestion_mjpy_per_kwh: int = 0
    difference_mjpy_per_kwh: int = 0
    extra_clauses: tuple[str, ...] = ()
    template: str = STANDARD_TEMPLATE

    def __post_init__(self) -> None:
        if self.slot_end <= self.slot_first:
            raise ValueError(f"a deal is delivered in one slot or more: {self.slot_first} to {self.slot_end}")
        if self.energy_wh <= 0 or self.price_mjpy_per_kwh < 0:
            raise ValueError(f"a deal has energy and no negative price: {self.energy_wh}, {self.price_mjpy_per_kwh}")
        if self.seller_site == self.buyer_site:
            raise ValueError(f"{self.seller_site} cannot sell to itself")


def slot_terms(
    frame: Frame,
    *,
    trade_id: str,
    slot: int,
    seller_site: str,
    buyer_site: str,
    energy_wh: int,
    price_mjpy_per_kwh: int,
    congestion_mjpy_per_kwh: int = 0,
    difference_mjpy_per_kwh: int = 0,
) -> Terms:
    """The terms of one trade of one slot inside one area. Raises ValueError on an impossible deal."""
    deal = Deal(
        id=trade_id,
        slot_first=slot,
        slot_end=slot + 1,
        seller_site=seller_site,
        buyer_site=buyer_site,
        energy_wh=energy_wh,
        price_mjpy_per_kwh=price_mjpy_per_kwh,
        seller_area=frame.area,
        buyer_area=frame.area,
        congestion_mjpy_per_kwh=congestion_mjpy_per_kwh,
        difference_mjpy_per_kwh=difference_mjpy_per_kwh,
    )
    return _terms(frame, "slot", deal)


def proposal_terms(frame: Frame, deal: Deal) -> Terms:
    """The terms of a deal that two sites made beside the auction, such as a shop's yearly contract."""
    return _terms(frame, "bilateral", deal)


def is_standard(terms: Terms) -> bool:
    """Whether the terms are of the standard class: the standard template with nothing added, one area, low voltage,
    paid over the retailer's bill (the template's only rail), no feed-in support, up to a year and the class's value.

    Decided from the terms alone, before any trigger runs; nothing that happens later changes it.
    """
    return (
        terms["template"] == STANDARD_TEMPLATE
        and not terms["extra_clauses"]
        and terms["seller_area"] == terms["buyer_area"]
        and terms["voltage_class"] in VOLTAGE_CLASSES
        and terms["support_scheme"] in SUPPORT_SCHEMES
        and terms["tenor_days"] <= TENOR_DAYS_MAX
        and terms["value_ujpy"] <= VALUE_UJPY_MAX
    )


def term_digest(terms: Terms) -> str:
    """SHA-256 of the canonical terms, 64 hex digits: the contract's name everywhere."""
    return digest(terms)


def _terms(frame: Frame, kind: str, deal: Deal) -> Terms:
    return {
        "version": VERSION,
        "kind": kind,
        "market": frame.market,
        "deal": deal.id,
        "slot_first": deal.slot_first,
        "slot_end": deal.slot_end,
        "slot_length_min": frame.slot_length_min,
        "tenor_days": tenor_days(deal, frame.slot_length_min),
        "seller_site": deal.seller_site,
        "buyer_site": deal.buyer_site,
        "seller_area": deal.seller_area,
        "buyer_area": deal.buyer_area,
        "retailer": {"id": frame.retailer_id, "registration": frame.retailer_registration},
        "voltage_class": deal.voltage_class,
        "support_scheme": deal.support_scheme,
        "energy_wh": deal.energy_wh,
        "price_mjpy_per_kwh": deal.price_mjpy_per_kwh,
        "value_ujpy": deal.energy_wh * deal.price_mjpy_per_kwh,
        "difference_mjpy_per_kwh": deal.difference_mjpy_per_kwh,
        "price_layers_mjpy_per_kwh": price_layers(
            frame.stack, deal.price_mjpy_per_kwh, deal.congestion_mjpy_per_kwh, deal.difference_mjpy_per_kwh
        ),
        "settlement": "as_metered_allocation",
        "template": deal.template,
        "extra_clauses": list(deal.extra_clauses),
        "pack": {"id": frame.pack_id, "digest": frame.pack_digest},
        "label": frame.label,
        "salt": _salt(frame.salt_key, deal.id),
    }


def tenor_days(deal: Deal, slot_length_min: int) -> int:
    """How long a deal runs, rounded up to whole days."""
    return -(-(deal.slot_end - deal.slot_first) * slot_length_min // MINUTES_PER_DAY)


def price_layers(
    stack: PriceStack, price_mjpy_per_kwh: int, congestion_mjpy_per_kwh: int, difference_mjpy_per_kwh: int
) -> dict[str, int]:
    """What a buyer pays for one kWh, layer by layer, mJPY/kWh with tax; ``delivered`` is their sum.

    Losses and fee are on the price of the buyer's node: that of the seller's with congestion, without the difference
    between the contract's price and the node's, of which the seller gets all.
    """
    node_price = price_mjpy_per_kwh - difference_mjpy_per_kwh + congestion_mjpy_per_kwh
    return {
        "seller": price_mjpy_per_kwh,
        "congestion": congestion_mjpy_per_kwh,
        "losses": stack.losses(node_price),
        "platform_fee": stack.fee(node_price),
        "wheeling": stack.wheeling,
        "levy": stack.levy,
        "capacity": stack.capacity,
        "imbalance": stack.imbalance,
        "service": stack.service,
        "delivered": stack.delivered(node_price) + difference_mjpy_per_kwh,
    }


def _salt(salt_key: bytes, deal_id: str) -> str:
    """One salt a contract, 32 hex digits: opening one contract opens no other. Made from the deal's id so that the
    same trade always has the same digest."""
    return hmac.digest(salt_key, deal_id.encode(), "sha256").hex()[:32]
