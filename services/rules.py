"""What the rule pack says for one delivery day, made ready for arithmetic.

Every value is asked for with its date. A value that is missing, expired or not trusted raises RuleValueUnusable and
names itself; trading of that day stops there.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from domain.errors import RuleValueUnusable
from domain.product import Product
from domain.tariff import Corridor, PriceStack, RetailTariff
from identity.credit import CreditTerms
from policies.corridor import CREDIT_KEYS, corridor, price_stack, retail_tariff, trading_keys
from policies.pack import RulePack
from policies.products import traded_product

FIRST_VERSION = 1
"""The number of the pack that the settings name. What is drafted counts on from there."""


@dataclass(frozen=True, slots=True)
class DayRules:
    """The layers of price, the utility's tariff and the corridor of one day. storage_access: mJPY for each kWh into a
    storage and each out of it. credit: what members may owe.
    """

    stack: PriceStack
    tariff: RetailTariff
    corridor: Corridor
    storage_access_mjpy_per_kwh: int
    credit: CreditTerms


class Active(NamedTuple):
    """A version of the rules and the first delivery day on which it holds."""

    from_day: date
    number: int
    pack: RulePack


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of one area: the pack of the settings, which is a world's first version, and what people activated
    since (``services.policies.versions``). A day's rules are those of the last version activated for it.
    """

    pack: RulePack
    area: str
    _activated: list[Active] = field(default_factory=list)
    _days: dict[tuple[date, int], DayRules] = field(default_factory=dict)

    @property
    def product(self) -> Product:
        """What the market trades: slot length and gate times. Raises as ``policies.products.traded_product``."""
        return traded_product(self.pack)

    @property
    def activated(self) -> tuple[Active, ...]:
        """The activations it knows, in the order in which they were made."""
        return tuple(self._activated)

    def follow(self, activated: Sequence[Active]) -> None:
        """Take note of every activation there is, in the order in which they were made."""
        self._activated[:] = activated

    def on(self, day: date) -> RulePack:
        """The pack that holds on a delivery day."""
        return self._active(day).pack

    def version_on(self, day: date) -> int:
        """The number of the version that holds on a delivery day, 1 for the pack of the settings."""
        return self._active(day).number

    def of(self, day: date) -> DayRules:
        """The rules of a delivery day. Raises RuleValueUnusable naming every value that cannot be relied on."""
        key = day, self.version_on(day)
        if key not in self._days:
            self._days[key] = day_rules(self.on(day), self.area, day)
        return self._days[key]

    def _active(self, day: date) -> Active:
        first = Active(date.min, FIRST_VERSION, self.pack)
        return next((each for each in reversed(self._activated) if each.from_day <= day), first)


def day_rules(pack: RulePack, area: str, day: date) -> DayRules:
    """What a pack says for one day. Raises RuleValueUnusable naming every value that cannot be relied on."""
    if faults := pack.usable(day, trading_keys(area)):
        raise RuleValueUnusable("\n".join(map(str, faults)))
    stack, tariff = price_stack(pack, area, day), retail_tariff(pack, area, day)
    access, credit = pack.value("storage_access", day), _credit_terms(pack, day)
    return DayRules(stack, tariff, corridor(stack, tariff), access, credit)


def _credit_terms(pack: RulePack, day: date) -> CreditTerms:
    """Raises RuleValueUnusable when the bounds are not in order."""
    terms = CreditTerms(*(pack.value(key, day) for key in CREDIT_KEYS))
    if not 0 <= terms.least_ujpy <= terms.new_ujpy <= terms.most_ujpy:
        raise RuleValueUnusable(f"{pack.id}: credit_least, credit_new and credit_most on {day} are not in this order")
    return terms
