"""What the rules of a delivery day say, as a bill needs it, and the runs of days on which they say the same."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from domain.tariff import PriceStack, RetailTariff
from settlement.billing.rule import Rule

TIERS = ("tier1", "tier2", "tier3")


@dataclass(frozen=True, slots=True)
class DayTerms:
    """One day's rules. rules: by short name, e.g. ``levy``, ``wheeling``, ``tier2``; optional ones where the pack has
    them. Amounts as in ``settlement.billing.rule``."""

    stack: PriceStack
    tariff: RetailTariff
    rules: Mapping[str, Rule]

    def of(self, *names: str) -> tuple[Rule, ...]:
        """The rules of these names."""
        return tuple(self.rules[name] for name in names)

    def amount(self, name: str) -> int:
        """The whole number of a rule, 0 where the pack has none of the name."""
        found = self.rules.get(name)
        return 0 if found is None or found.value is None else found.value

    @property
    def tax_ppm(self) -> int:
        """The rate of consumption tax."""
        return self.amount("consumption_tax")

    def tier_of(self, price_mjpy_per_kwh: int) -> int | None:
        """The place, from 1, of the tariff's tier that costs this much all in; None when none does."""
        prices = [price for _, price in self.tariff.tiers]
        return prices.index(price_mjpy_per_kwh) + 1 if price_mjpy_per_kwh in prices else None


@dataclass(frozen=True, slots=True)
class Span:
    """Days in a row on which the rules are the same, both ends inside."""

    first: date
    last: date
    terms: DayTerms

    @property
    def days(self) -> int:
        """How many there are."""
        return (self.last - self.first).days + 1


def spans(terms: Mapping[date, DayTerms]) -> list[Span]:
    """The runs of days with equal rules, in order; a day that is missing ends one."""
    found: list[Span] = []
    for day in sorted(terms):
        if found and found[-1].terms == terms[day] and (day - found[-1].last).days == 1:
            found[-1] = Span(found[-1].first, day, terms[day])
        else:
            found.append(Span(day, day, terms[day]))
    return found
