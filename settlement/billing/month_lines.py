"""What is due beside the slots: basic charges, the generator-side charge, subsidies, subscription, services, storage.

A charge of a month counts by days: so many of the month's days, rounded down to a whole micro-yen in each line. The
generator-side charge (発電側課金, since 2024-04) is on what a plant may feed in beyond the demand contract, and on what
it feeds in; below the pack's bound a plant is exempt, and so is one in its FIT term. What members pay for energy out of
a storage is split among its owner, the platform and the community.
"""

from calendar import monthrange
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import NamedTuple

from domain.quantity import split_in_proportion
from settlement.billing.line import Item, Line, Section, Unit
from settlement.billing.posted import Posted
from settlement.billing.terms import DayTerms, Span, spans

STORAGE_SPLIT = ("storage_owner", "storage_platform", "storage_community")


class Standing(NamedTuple):
    """What a site is, as charges by the month ask. contract_w: of the demand contract; export_w: what it may feed in,
    0 for a plant that is exempt whatever its size."""

    contract_w: int
    export_w: int


def month_lines(
    posted: Posted, standing: Standing, terms: Mapping[date, DayTerms], sells_taxed: bool
) -> Iterator[Line]:
    """The lines of one site, for the days in ``terms``: those on which it took part. Charges that the pack does not
    have, and those of nothing, have no line."""
    for span in spans(terms):
        part = posted.between(span.first, span.last)
        charges = [*_basic(part, standing, span), *_generator(part, standing, span), *_others(part, span)]
        for line in [*charges, *_lent(part, span, sells_taxed)]:
            if line.value_ujpy:
                yield line


def storage_shares(fee_ujpy: int, terms: DayTerms) -> list[int]:
    """What owner, platform and community get of a storage fee: exact in sum, larger remainders first."""
    return split_in_proportion(fee_ujpy, [terms.amount(name) for name in STORAGE_SPLIT])


def _basic(of: Posted, standing: Standing, span: Span) -> Iterator[Line]:
    for item, rule in ((Item.BASIC, "basic"), (Item.WHEELING_BASIC, "network_basic")):
        price = span.terms.amount(rule)
        value_ujpy = _of_month(standing.contract_w * price, span)
        yield _line(of, span, item, standing.contract_w, Unit.W, price, value_ujpy, rule)


def _generator(of: Posted, standing: Standing, span: Span) -> Iterator[Line]:
    if standing.export_w < max(span.terms.amount("generator_exempt_below"), 1):
        return
    beyond_w = max(standing.export_w - standing.contract_w, 0)
    price, energy_wh = span.terms.amount("generator_charge_kw"), int(of.export_wh.sum())
    value_ujpy = _of_month(beyond_w * price, span)
    yield _line(of, span, Item.GENERATOR_KW, beyond_w, Unit.W, price, value_ujpy, "generator_charge_kw")
    each = span.terms.amount("generator_charge_kwh")
    yield _line(of, span, Item.GENERATOR_KWH, energy_wh, Unit.WH, each, energy_wh * each, "generator_charge_kwh")


def _others(of: Posted, span: Span) -> Iterator[Line]:
    energy_wh, subsidy = int(of.import_wh.sum()), span.terms.amount("subsidy")
    yield _line(of, span, Item.SUBSIDY, energy_wh, Unit.WH, -subsidy, -energy_wh * subsidy, "subsidy")
    for item, rule in ((Item.SUBSCRIPTION, "subscription"), (Item.VALUE_ADDED, "value_added")):
        price = span.terms.amount(rule)
        yield _line(of, span, item, 1, Unit.MONTH, price, _of_month(price, span), rule)
    stored_wh, fee = int(of.stored_wh.sum()), span.terms.amount("storage_fee")
    yield _line(of, span, Item.STORAGE, stored_wh, Unit.WH, fee, stored_wh * fee, "storage_fee")


def _lent(of: Posted, span: Span, taxed: bool) -> Iterator[Line]:
    """The owner's share of what others paid for energy out of its storage."""
    lent_wh = int(of.lent_wh.sum())
    if fee_ujpy := lent_wh * span.terms.amount("storage_fee"):
        owner_ujpy, _, _ = storage_shares(fee_ujpy, span.terms)
        line = _line(of, span, Item.STORAGE, lent_wh, Unit.WH, None, -owner_ujpy, "storage_owner")
        yield replace(line, section=Section.SOLD, tax_ppm=span.terms.tax_ppm if taxed else None)


def _of_month(value_ujpy: int, span: Span) -> int:
    """The span's part of what a whole month costs, by days, rounded down."""
    assert (span.first.year, span.first.month) == (span.last.year, span.last.month), "a span lies in one month"
    return value_ujpy * span.days // monthrange(span.first.year, span.first.month)[1]


def _line(
    of: Posted, span: Span, item: Item, quantity: int, unit: Unit, price: int | None, value_ujpy: int, rule: str
) -> Line:
    rules = span.terms.of(rule) if rule in span.terms.rules else ()
    return Line(
        of.site_id,
        Section.MONTHLY,
        item,
        span.first,
        span.last,
        quantity,
        unit,
        price,
        value_ujpy,
        span.terms.tax_ppm,
        rules,
        posted=False,
    )
