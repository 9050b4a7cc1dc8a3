"""A bill: a person's lines of a month, what they come to in yen, and what the same energy costs without neighbours."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from domain.errors import Fault, InputRefused
from domain.quantity import UJPY_PER_JPY
from settlement.billing.energy_lines import energy_lines
from settlement.billing.line import Item, Line, in_order
from settlement.billing.month_lines import Standing, month_lines
from settlement.billing.posted import Posted, posting_faults
from settlement.billing.terms import DayTerms
from settlement.billing.totals import Credit, Total, input_credits, totals

OF_TRADING = frozenset({Item.SUBSCRIPTION, Item.VALUE_ADDED, Item.STORAGE})


class Without(NamedTuple):
    """The same metered energy with the utility alone. utility_ujpy: what its supply costs; buyback_ujpy: what it pays
    for surplus; monthly_ujpy: the charges by the month that do not come from trading."""

    import_wh: int
    export_wh: int
    utility_ujpy: int
    buyback_ujpy: int
    monthly_ujpy: int

    @property
    def value_ujpy(self) -> int:
        """What would have been paid, below zero received."""
        return self.utility_ujpy - self.buyback_ujpy + self.monthly_ujpy


@dataclass(frozen=True, slots=True)
class Bill:
    """One person's month. lines: in order. totals: by document and rate. credits: what the retailer may deduct.
    first, last: the days that are billed."""

    party_id: str
    first: date
    last: date
    lines: tuple[Line, ...]
    totals: tuple[Total, ...]
    credits: tuple[Credit, ...]
    without: Without

    @property
    def value_ujpy(self) -> int:
        """What the lines come to, exactly; below zero the person is paid."""
        return sum(line.value_ujpy for line in self.lines)

    @property
    def payable_jpy(self) -> int:
        """What is paid in the end, below zero received."""
        return sum(each.value_jpy for each in self.totals)

    @property
    def rounding_ujpy(self) -> int:
        """What the yen leave of the lines."""
        return self.value_ujpy - self.payable_jpy * UJPY_PER_JPY

    @property
    def saving_ujpy(self) -> int:
        """What trading saved against the utility alone, below zero what it cost."""
        return self.without.value_ujpy - self.value_ujpy


def bill_of(
    party_id: str,
    sites: Sequence[tuple[Posted, Standing]],
    terms: Mapping[date, DayTerms],
    sells_taxed: bool,
) -> Bill:
    """The bill of a person's sites, each on the days between its first and its last slot: who leaves is billed to that
    day. Raises InputRefused with every posting that no rule explains."""
    faults: list[Fault] = []
    lines: list[Line] = []
    for posted, standing in sites:
        own = _own_days(posted, terms)
        faults += posting_faults(posted, own)
        if not faults:
            lines += [*energy_lines(posted, own, sells_taxed), *month_lines(posted, standing, own, sells_taxed)]
    if faults:
        raise InputRefused(faults)
    days = [day for posted, _ in sites for day in _own_days(posted, terms)]
    tax_ppm = terms[max(days)].tax_ppm
    credited = input_credits(lines, tax_ppm)
    return Bill(party_id, min(days), max(days), in_order(lines), totals(lines), credited, _without(sites, lines, terms))


def _own_days(posted: Posted, terms: Mapping[date, DayTerms]) -> dict[date, DayTerms]:
    """The terms from a site's first day to its last."""
    first, last = int(posted.day.min()), int(posted.day.max())
    return {day: terms[day] for day in map(date.fromordinal, range(first, last + 1))}


def _without(
    sites: Sequence[tuple[Posted, Standing]], lines: Sequence[Line], terms: Mapping[date, DayTerms]
) -> Without:
    """Surplus at the day's buy-back; what else the flows cost without neighbours is the utility's supply."""
    import_wh = sum(int(posted.import_wh.sum()) for posted, _ in sites)
    export_wh = sum(int(posted.export_wh.sum()) for posted, _ in sites)
    earned_ujpy = sum(int(posted.no_trade_ujpy.sum()) for posted, _ in sites)
    buyback_ujpy = sum(
        wh * terms[date.fromordinal(day)].tariff.buyback
        for posted, _ in sites
        for day, wh in zip(posted.day.tolist(), posted.export_wh.tolist(), strict=True)
    )
    monthly_ujpy = sum(line.value_ujpy for line in lines if not line.posted and line.item not in OF_TRADING)
    return Without(import_wh, export_wh, buyback_ujpy - earned_ujpy, buyback_ujpy, monthly_ujpy)
