"""What the books hold of one site, slot by slot, and whether that follows from the rules of the day.

Prices are not kept beside the postings: they follow from amount and energy, exactly, because an amount is their product
(Wh x mJPY/kWh = uJPY). An amount that no price of the day's rules explains is a fault that names site, slot and rule;
it blocks this bill and no other.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np

from domain.errors import Fault
from domain.order import Column
from settlement.billing.terms import DayTerms


@dataclass(frozen=True, slots=True)
class Posted:
    """One site's settled slots. Columns of shape (slots,), int64, in order of the slots.

    day: ordinal of the slot's local day. import_wh, export_wh: metered; bought_wh, sold_wh: of it with neighbours.
    purchase_ujpy: paid for bought energy, all layers. sale_ujpy: received for sold energy. supply_ujpy, buyback_ujpy:
    paid to and received from the utility. difference_paid_ujpy, difference_earned_ujpy: what contracts moved beyond
    their node price, of either sign. rent_ujpy: what full lines added to the price, inside purchase_ujpy.
    stored_wh: taken out of a storage of others; lent_wh: taken by others out of the site's own.
    share_ujpy: received from the pool, below zero paid; correction_ujpy: by a dispute's outcome.
    no_trade_ujpy: received less paid without neighbours.
    """

    site_id: str
    slot: Column
    day: Column
    import_wh: Column
    export_wh: Column
    bought_wh: Column
    sold_wh: Column
    purchase_ujpy: Column
    sale_ujpy: Column
    supply_ujpy: Column
    buyback_ujpy: Column
    difference_paid_ujpy: Column
    difference_earned_ujpy: Column
    rent_ujpy: Column
    share_ujpy: Column
    correction_ujpy: Column
    no_trade_ujpy: Column
    stored_wh: Column
    lent_wh: Column

    @property
    def supplied_wh(self) -> Column:
        """What the utility supplied."""
        return self.import_wh - self.bought_wh

    @property
    def bought_back_wh(self) -> Column:
        """What the utility bought back."""
        return self.export_wh - self.sold_wh

    def between(self, first: date, last: date) -> "Posted":
        """The slots of the days from first to last."""
        kept = (self.day >= first.toordinal()) & (self.day <= last.toordinal())
        columns = (getattr(self, name)[kept] for name in Posted.__slots__[1:])
        return Posted(self.site_id, *columns)


def unit_price(amount_ujpy: Column, energy_wh: Column) -> Column:
    """The price that an amount and its energy have, mJPY/kWh; 0 where there is neither, -1 where none is whole."""
    price, rest = np.divmod(amount_ujpy, np.maximum(energy_wh, 1))
    return np.where((rest == 0) & ((energy_wh > 0) | (amount_ujpy == 0)), price, -1)


def sellers_price(stack_price: int, terms: DayTerms) -> int:
    """The price at the seller's meter behind what a buyer paid for a kWh all in; -1 when there is none.

    What a buyer pays grows by at least 1 mJPY with each mJPY of the price, so there is one at most."""
    price = terms.stack.cap(stack_price)
    return price if price >= 0 and terms.stack.delivered(price) == stack_price else -1


def posting_faults(posted: Posted, terms: Mapping[date, DayTerms]) -> list[Fault]:
    """Every amount that does not follow from energy and rules, all at once, in order of the slots."""
    found: list[tuple[int, Fault]] = []
    for ordinal in np.unique(posted.day).tolist():
        day = date.fromordinal(ordinal)
        found += _of_day(posted.between(day, day), terms[day])
    return [fault for _, fault in sorted(found, key=lambda each: each[0])]


def _of_day(of: Posted, terms: DayTerms) -> Iterator[tuple[int, Fault]]:
    checks = (
        ("purchase", "price stack", of.purchase_ujpy, of.bought_wh, lambda price: sellers_price(price, terms) >= 0),
        ("sale", "contract price", of.sale_ujpy, of.sold_wh, lambda price: True),
        ("supply", "tiers", of.supply_ujpy, of.supplied_wh, lambda price: terms.tier_of(price) is not None),
        ("buy-back", "buyback", of.buyback_ujpy, of.bought_back_wh, lambda price: price == terms.tariff.buyback),
    )
    for name, rule, amount_ujpy, energy_wh, holds in checks:
        price = unit_price(amount_ujpy, energy_wh)
        known = {each: each >= 0 and holds(each) for each in np.unique(price[energy_wh > 0]).tolist()}
        for row in np.flatnonzero((energy_wh > 0) | (amount_ujpy != 0)).tolist():
            if not known.get(int(price[row]), False):
                where = f"{of.site_id}, slot {of.slot[row]}"
                said = f"{name}: {amount_ujpy[row]} uJPY for {energy_wh[row]} Wh does not follow from rule {rule}"
                yield int(of.slot[row]), Fault(where, "not_by_rule", said)
