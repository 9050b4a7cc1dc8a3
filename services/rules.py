"""What the rule pack says for one delivery day, made ready for arithmetic.

Every value is asked for with its date. A value that is missing, expired or not trusted raises RuleValueUnusable and
names itself; trading of that day stops there.
"""

from dataclasses import dataclass, field
from datetime import date

from domain.errors import RuleValueUnusable
from domain.product import Product
from domain.tariff import Corridor, PriceStack, RetailTariff
from identity.credit import CreditTerms
from policies.corridor import CREDIT_KEYS, corridor, price_stack, retail_tariff, trading_keys
from policies.pack import RulePack
from policies.products import traded_product


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


@dataclass(frozen=True, slots=True)
class Rules:
    """A pack applied to one area."""

    pack: RulePack
    area: str
    _days: dict[date, DayRules] = field(default_factory=dict)

    @property
    def product(self) -> Product:
        """What the market trades: slot length and gate times. Raises as ``policies.products.traded_product``."""
        return traded_product(self.pack)

    def of(self, day: date) -> DayRules:
        """The rules of a delivery day. Raises RuleValueUnusable naming every value that cannot be relied on."""
        if day not in self._days:
            if faults := self.pack.usable(day, trading_keys(self.area)):
                raise RuleValueUnusable("\n".join(map(str, faults)))
            stack, tariff = price_stack(self.pack, self.area, day), retail_tariff(self.pack, self.area, day)
            access = self.pack.value("storage_access", day)
            credit = _credit_terms(self.pack, day)
            self._days[day] = DayRules(stack, tariff, corridor(stack, tariff), access, credit)
        return self._days[day]


def _credit_terms(pack: RulePack, day: date) -> CreditTerms:
    """Raises RuleValueUnusable when the bounds are not in order."""
    terms = CreditTerms(*(pack.value(key, day) for key in CREDIT_KEYS))
    if not 0 <= terms.least_ujpy <= terms.new_ujpy <= terms.most_ujpy:
        raise RuleValueUnusable(f"{pack.id}: credit_least, credit_new and credit_most on {day} are not in this order")
    return terms
