"""One line of a bill: so much of something between two days, at a price, by a rule."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from settlement.billing.rule import Rule


class Section(StrEnum):
    """The parts of a bill, in the order in which it shows them."""

    BOUGHT = "bought"
    SUPPLY = "supply"
    MONTHLY = "monthly"
    SOLD = "sold"
    BUYBACK = "buyback"
    POOL = "pool"
    CORRECTIONS = "corrections"


class Item(StrEnum):
    """What a line is for. Of each section every kWh stands in one ``ENERGY`` line; the others lie on top."""

    ENERGY = "energy"
    CONGESTION = "congestion"
    DIFFERENCE = "difference"
    LOSSES = "losses"
    FUEL = "fuel"
    WHEELING = "wheeling"
    LEVY = "levy"
    CAPACITY = "capacity"
    IMBALANCE = "imbalance"
    SERVICE = "service"
    FEE = "fee"
    SUBSIDY = "subsidy"
    BASIC = "basic"
    WHEELING_BASIC = "wheeling_basic"
    GENERATOR_KW = "generator_kw"
    GENERATOR_KWH = "generator_kwh"
    SUBSCRIPTION = "subscription"
    VALUE_ADDED = "value_added"
    STORAGE = "storage"
    SHARE = "share"
    CORRECTION = "correction"


class Unit(StrEnum):
    """What a quantity counts."""

    WH = "Wh"
    W = "W"
    MONTH = "month"


CHARGED = frozenset({Section.BOUGHT, Section.SUPPLY, Section.MONTHLY})
EARNED = frozenset({Section.SOLD, Section.BUYBACK})


@dataclass(frozen=True, slots=True)
class Line:
    """One line. value_ujpy: what the member pays, below zero what it receives; tax included where tax_ppm is a rate.

    tax_ppm: the rate of consumption tax, None outside that tax. price: in mJPY per kWh (per kW and month, a month),
    None where it moved from slot to slot. tier: of the utility's tariff, 0 where there is none. first, last: delivery
    days, both inside. posted: stands in the ledger slot by slot; the others are due with the bill.
    """

    site_id: str
    section: Section
    item: Item
    first: date
    last: date
    quantity: int
    unit: Unit
    price: int | None
    value_ujpy: int
    tax_ppm: int | None
    rules: tuple[Rule, ...]
    posted: bool = True
    tier: int = 0


def in_order(lines: Iterable[Line]) -> tuple[Line, ...]:
    """By site, section, tier, item, then day; a section's energy first."""
    sections, items = list(Section), list(Item)
    return tuple(
        sorted(
            lines,
            key=lambda each: (
                each.site_id,
                sections.index(each.section),
                each.tier,
                items.index(each.item),
                each.first,
            ),
        )
    )
