"""Small deals for the tests of negotiation: a shop that buys, a roof that sells, and briefs for both."""

from dataclasses import replace

import numpy as np

from domain.order import Side
from domain.tariff import PriceStack
from market.negotiation.agenda import Agenda, Issue, Offer
from market.negotiation.bargaining import Brief, DealMandate, brief
from market.negotiation.manner import GUARDED, Manner
from market.negotiation.valuation import Buyer, Seller, gains_ujpy

ISSUES = (Issue(9_000, 1_000, 12), Issue(200, 200, 5), Issue(6, 6, 2), Issue(0, 200, 2), Issue(0, 5_000, 2))
AGENDA = Agenda("deal-1", "roof", "shop", ISSUES, slots_per_month=300, rounds=10)
LOW = Offer(*(issue.values[0] for issue in ISSUES))
HIGH = Offer(*(issue.values[-1] for issue in ISSUES))
OPEN = DealMandate(LOW, HIGH)
STACK = PriceStack(8_000, 3_980, 0, 0, 500, 40_000, 10_000)


def shop(need_wh: int = 800, tariff: int = 34_000, commitment_ujpy: int = 0) -> Buyer:
    need = np.array([[need_wh * 7 // 10, need_wh, need_wh * 13 // 10]], np.int64)
    return Buyer(need, np.array([tariff], np.int64), STACK, missed_permille=50, commitment_ujpy=commitment_ujpy)


def roof(surplus_wh: int = 900, buyback: int = 8_500, commitment_ujpy: int = 0) -> Seller:
    surplus = np.array([[surplus_wh * 7 // 10, surplus_wh, surplus_wh * 13 // 10]], np.int64)
    return Seller(surplus, np.array([buyback], np.int64), commitment_ujpy=commitment_ujpy)


def briefs(
    buyer: Buyer | None = None,
    seller: Seller | None = None,
    *,
    opener: Side = Side.SELL,
    mandates: tuple[DealMandate, DealMandate] = (OPEN, OPEN),
    manners: tuple[Manner, Manner] = (GUARDED, GUARDED),
) -> tuple[Brief, Brief]:
    """Buyer's and seller's brief on the small agenda."""
    agenda = replace(AGENDA, opener=opener)
    tables = gains_ujpy(agenda, buyer or shop()), gains_ujpy(agenda, seller or roof())
    first, second = (brief(agenda, side, mandates[side], tables[side], manners[side]) for side in Side)
    return first, second
