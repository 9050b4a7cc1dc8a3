"""The lines of what was posted: traded energy layer by layer, supply by tier, sales, buy-back and the pool's share.

Every kWh that came in stands in one energy line of ``BOUGHT`` or ``SUPPLY``, every kWh that went out in one of ``SOLD``
or ``BUYBACK``. The lines of a run of days with equal rules add up to what was posted on them, to the micro-yen.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date

import numpy as np

from domain.order import Column
from settlement.billing.line import Item, Line, Section, Unit
from settlement.billing.posted import Posted, sellers_price, unit_price
from settlement.billing.terms import DayTerms, Span, spans


def energy_lines(posted: Posted, terms: Mapping[date, DayTerms], sells_taxed: bool) -> Iterator[Line]:
    """The lines of one site. terms: of every day with a slot. sells_taxed: the seller is registered for the tax.

    Asserts what ``posting_faults`` looks for.
    """
    for span in spans(terms):
        part = posted.between(span.first, span.last)
        lines = [*_bought(part, span), *_supplied(part, span), *_sold(part, span, sells_taxed), *_others(part, span)]
        assert sum(each.value_ujpy for each in lines) == _posted_ujpy(part), "lines add up to what was posted"
        yield from lines


def _posted_ujpy(of: Posted) -> int:
    paid = of.purchase_ujpy + of.supply_ujpy + of.difference_paid_ujpy
    earned = of.sale_ujpy + of.buyback_ujpy + of.difference_earned_ujpy + of.share_ujpy + of.correction_ujpy
    return int((paid - earned).sum())


def _bought(of: Posted, span: Span) -> Iterator[Line]:
    stack, energy_wh = span.terms.stack, int(of.bought_wh.sum())
    if not energy_wh:
        return
    price = _layer(unit_price(of.purchase_ujpy, of.bought_wh), lambda paid: sellers_price(paid, span.terms))
    rent_ujpy, value_ujpy = int(of.rent_ujpy.sum()), int(of.bought_wh @ price)
    losses_ujpy, fee_ujpy = int(of.bought_wh @ _layer(price, stack.losses)), int(of.bought_wh @ stack.fee_each(price))
    yield _line(of, span, Section.BOUGHT, Item.ENERGY, energy_wh, value_ujpy - rent_ujpy, "market")
    for item, amount_ujpy, rules in (
        (Item.CONGESTION, rent_ujpy, ("market",)),
        (Item.DIFFERENCE, int(of.difference_paid_ujpy.sum()), ("market",)),
        (Item.LOSSES, losses_ujpy, ("loss",)),
        (Item.FEE, fee_ujpy, ("platform_fee", "consumption_tax")),
    ):
        if amount_ujpy:
            yield _line(of, span, Section.BOUGHT, item, energy_wh, amount_ujpy, *rules)
    for item, layer, rules in (
        (Item.WHEELING, stack.wheeling, ("wheeling", "near_field_discount")),
        (Item.LEVY, stack.levy, ("levy",)),
        (Item.CAPACITY, stack.capacity, ("capacity", "consumption_tax")),
        (Item.IMBALANCE, stack.imbalance, ("imbalance_reserve", "consumption_tax")),
        (Item.SERVICE, stack.service, ("service", "consumption_tax")),
    ):
        if layer:
            yield _line(of, span, Section.BOUGHT, item, energy_wh, energy_wh * layer, *rules, price=layer)


def _supplied(of: Posted, span: Span) -> Iterator[Line]:
    """By tier: its energy charge, the fuel adjustment on it, and the levy."""
    price, fuel, levy = (
        unit_price(of.supply_ujpy, of.supplied_wh),
        span.terms.amount("fuel_adjustment"),
        span.terms.stack.levy,
    )
    for all_in in np.unique(price[of.supplied_wh > 0]).tolist():
        tier = span.terms.tier_of(all_in)
        assert tier is not None, "what the utility supplies costs one of its tiers"
        energy_wh = int(of.supplied_wh[price == all_in].sum())
        for item, each, rule in (
            (Item.ENERGY, all_in - fuel - levy, f"tier{tier}"),
            (Item.FUEL, fuel, "fuel_adjustment"),
            (Item.LEVY, levy, "levy"),
        ):
            if each or item is Item.ENERGY:
                yield _line(of, span, Section.SUPPLY, item, energy_wh, energy_wh * each, rule, price=each, tier=tier)


def _sold(of: Posted, span: Span, taxed: bool) -> Iterator[Line]:
    """What the member delivered: values below zero, for it is paid. Untaxed sales name the share that a buyer without
    an invoice may deduct."""
    tax_ppm, more = (span.terms.tax_ppm, "consumption_tax") if taxed else (None, "input_credit")
    sold_wh, returned_wh = int(of.sold_wh.sum()), int(of.bought_back_wh.sum())
    difference_ujpy, price = int(of.difference_earned_ujpy.sum()), span.terms.tariff.buyback
    for section, item, energy_wh, value_ujpy, rule, each in (
        (Section.SOLD, Item.ENERGY, sold_wh, int(of.sale_ujpy.sum()), "market", None),
        (Section.SOLD, Item.DIFFERENCE, sold_wh if difference_ujpy else 0, difference_ujpy, "market", None),
        (Section.BUYBACK, Item.ENERGY, returned_wh, int(of.buyback_ujpy.sum()), "buyback", price),
    ):
        if energy_wh:
            rules = span.terms.of(rule, more)
            yield Line(
                of.site_id, section, item, span.first, span.last, energy_wh, Unit.WH, each, -value_ujpy, tax_ppm, rules
            )


def _others(of: Posted, span: Span) -> Iterator[Line]:
    """What the pool shared out and what disputes corrected. It lies outside the tax: nobody supplied anything."""
    traded_wh = int((of.bought_wh + of.sold_wh).sum())
    for section, item, column_ujpy, rules in (
        (Section.POOL, Item.SHARE, of.share_ujpy, ("pool", "scarcity_cap")),
        (Section.CORRECTIONS, Item.CORRECTION, of.correction_ujpy, ("dispute",)),
    ):
        if value_ujpy := -int(column_ujpy.sum()):
            line = _line(of, span, section, item, traded_wh, value_ujpy, *rules)
            yield replace(line, tax_ppm=None)


def _line(
    of: Posted,
    span: Span,
    section: Section,
    item: Item,
    energy_wh: int,
    value_ujpy: int,
    *rules: str,
    price: int | None = None,
    tier: int = 0,
) -> Line:
    """A line that the retailer charges, with tax."""
    return Line(
        of.site_id,
        section,
        item,
        span.first,
        span.last,
        energy_wh,
        Unit.WH,
        price,
        value_ujpy,
        span.terms.tax_ppm,
        span.terms.of(*rules),
        tier=tier,
    )


def _layer(prices: Column, layer: Callable[[int], int]) -> Column:
    """One layer for each price, of which a month has few different ones."""
    different, place = np.unique(prices, return_inverse=True)
    return np.array([layer(int(price)) for price in different], np.int64)[place]
