"""Market surveillance: what traded, was ordered and was metered, searched for patterns that no honest household makes.

A slot is judged by itself, but for rings of identical orders and concentration, which only show over several. Rules
are pure: same columns, same findings.
"""

from market.surveillance.collusion import circular_trades, identical_orders, wash_trades
from market.surveillance.concentration import concentration
from market.surveillance.export_check import exports_above_nameplate, exports_in_the_dark
from market.surveillance.finding import Finding, Thresholds
from market.surveillance.observed import Observed
from market.surveillance.spoofing import spoofing


def survey(observed: Observed, thresholds: Thresholds | None = None) -> list[Finding]:
    """Every finding of every rule, rule by rule, each in rising order of slot and owner or site."""
    deals, lives, exports, plants, owner = observed
    lines = thresholds or Thresholds()
    return [
        *wash_trades(deals, owner, lines),
        *circular_trades(deals, owner, lines),
        *identical_orders(lives, owner, lines),
        *spoofing(lives, deals, owner, lines),
        *concentration(deals, owner, lines),
        *exports_above_nameplate(exports, plants, lines),
        *exports_in_the_dark(exports, plants, lines),
    ]
