"""What the triggers measure as amounts: the same arithmetic for one contract and for columns of many.

Every amount grows with the facts it is made from and is rounded up, so that a hair above a bound counts as above.
"""

from collections.abc import Callable
from datetime import date
from typing import Any, Protocol

import numpy as np

from domain.order import Column
from domain.quantity import PPM
from policies.facts import UNKNOWN
from policies.pack import RulePack

Amount = Any
"""A whole number, or a column of them."""


class Numbers(Protocol):
    """The numbers of one contract, or of many: each a whole number, or a column of shape (trades,), int64. Units as in
    ``facts.Facts``."""

    @property
    def value_ujpy(self) -> Amount: ...
    @property
    def energy_wh_per_year(self) -> Amount: ...
    @property
    def tenor_days(self) -> Amount: ...
    @property
    def price_mjpy_per_kwh(self) -> Amount: ...
    @property
    def reference_price_mjpy_per_kwh(self) -> Amount: ...
    @property
    def clauses_outside_template(self) -> Amount: ...
    @property
    def zone_share_ppm(self) -> Amount: ...
    @property
    def exposure_ujpy(self) -> Amount: ...
    @property
    def exposure_limit_ujpy(self) -> Amount: ...
    @property
    def grid_loading_ppm(self) -> Amount: ...
    @property
    def dispute_ujpy(self) -> Amount: ...
    @property
    def anomaly_ppm(self) -> Amount: ...
    @property
    def confidence_ppm(self) -> Amount: ...
    @property
    def correction_ujpy(self) -> Amount: ...
    @property
    def account_day_ujpy(self) -> Amount: ...
    @property
    def zone_day_ujpy(self) -> Amount: ...
    @property
    def imbalance_ujpy(self) -> Amount: ...


def share_up(part: Amount, whole: Amount) -> Amount:
    """part / whole in ppm, rounded up; whole is one or more."""
    return -(-part * PPM // whole)


def money_share_up(part_ujpy: Amount, whole_ujpy: Amount) -> Amount:
    """The same of money, counted in thousandths of a yen so that columns hold it: part rounded up, whole down."""
    return share_up(-(-part_ujpy // 1_000), np.maximum(whole_ujpy // 1_000, 1))


def known(amount: Amount, *facts: Amount) -> Amount:
    """The amount where every fact is known, else UNKNOWN."""
    least = facts[0]
    for each in facts[1:]:
        least = np.minimum(least, each)
    if isinstance(amount, np.ndarray) or isinstance(least, np.ndarray):
        return np.where(np.asarray(least) == UNKNOWN, UNKNOWN, amount)
    return UNKNOWN if least == UNKNOWN else amount


def _deviation(of: Numbers, pack: RulePack, on: date) -> Amount:
    return share_up(abs(of.price_mjpy_per_kwh - of.reference_price_mjpy_per_kwh), of.reference_price_mjpy_per_kwh)


def _exposure(of: Numbers, pack: RulePack, on: date) -> Amount:
    share = money_share_up(of.exposure_ujpy, of.exposure_limit_ujpy)
    return known(share, of.exposure_ujpy, of.exposure_limit_ujpy)


def _totals(of: Numbers, pack: RulePack, on: date) -> Amount:
    """The larger of the account's and the zone's share of what they may trade in a day."""
    account = money_share_up(of.account_day_ujpy, pack.value("account_day_cap", on))
    zone = money_share_up(of.zone_day_ujpy, pack.value("zone_day_cap", on))
    return known(np.maximum(account, zone), of.account_day_ujpy, of.zone_day_ujpy)


def _imbalance(of: Numbers, pack: RulePack, on: date) -> Amount:
    """What is expected, over the value; where nobody expects anything, what the pack reserves for a kWh, over its
    price."""
    reserve = share_up(pack.value("imbalance_reserve", on), np.maximum(of.price_mjpy_per_kwh, 1))
    expected = money_share_up(of.imbalance_ujpy, of.value_ujpy)
    return np.where(np.asarray(of.imbalance_ujpy) == UNKNOWN, reserve, expected)


AMOUNTS: dict[str, Callable[[Numbers, RulePack, date], Amount]] = {
    "E01": lambda of, pack, on: of.value_ujpy,
    "E02": lambda of, pack, on: of.energy_wh_per_year,
    "E03": lambda of, pack, on: of.tenor_days,
    "E04": lambda of, pack, on: of.zone_share_ppm,
    "E05": _deviation,
    "E06": _exposure,
    "E08": lambda of, pack, on: of.grid_loading_ppm,
    "E11": lambda of, pack, on: of.dispute_ujpy,
    "E12": lambda of, pack, on: of.anomaly_ppm,
    "E13": lambda of, pack, on: of.clauses_outside_template,
    "E15": lambda of, pack, on: of.confidence_ppm,
    "E20": lambda of, pack, on: of.correction_ujpy,
    "E23": _totals,
    "E24": _imbalance,
}
"""What each trigger measures, in the whole units of its bands; the others know classes alone."""


def amount_of(trigger: str, of: Numbers, pack: RulePack, on: date) -> int | None:
    """One contract's amount, None when it is not known or the trigger knows classes alone."""
    measured = AMOUNTS[trigger](of, pack, on) if trigger in AMOUNTS else UNKNOWN
    return None if int(measured) == UNKNOWN else int(measured)


def column_of(trigger: str, of: Numbers, pack: RulePack, on: date) -> Column:
    """The amounts of many, UNKNOWN where they are not known. Shape (trades,), int64."""
    return np.asarray(AMOUNTS[trigger](of, pack, on), np.int64)
