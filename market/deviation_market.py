"""After delivery: what one site has too much another misses, before either meets the imbalance price.

Whoever delivered more or took less than contracted is long, whoever delivered less or took more is short. A long site
that stays alone is paid the imbalance price for surplus, a short one pays the one for shortage. Between these two
both gain by meeting each other, so they do, in one shot and at one price: the middle. It depends on nobody's limit, so
nobody gains by stating another than the true one; who would rather not trade at it stays out. The larger side is
rationed in proportion to its deviations, as nobody can come first after the fact. The rest meets the imbalance price.
Where the grid has a single imbalance price, netting changes no bill, only how much the community settles with the grid.

How this relates to ``settlement.delivery.allocate``: that nets inside a slot's contracts, at the slot's own price, what
sellers did not deliver against what others have over, and the pool, which all members share, bears the rest. Here each
site bears its own deviation from its own contracts, at a price between the imbalance prices. For the same Wh a
settlement uses the one or the other, never both.
"""

from typing import NamedTuple

import numpy as np

from domain.order import Column
from domain.quantity import split_in_proportion


class ImbalancePrices(NamedTuple):
    """What the grid pays for surplus and charges for shortage. mJPY/kWh, of either sign, paid at most charged."""

    paid_mjpy_per_kwh: int
    charged_mjpy_per_kwh: int

    @property
    def middle_mjpy_per_kwh(self) -> int:
        """Between the two, rounded down."""
        return (self.paid_mjpy_per_kwh + self.charged_mjpy_per_kwh) // 2


class Netting(NamedTuple):
    """Each shape (sites,), int64. matched_wh: met inside the community, above zero sold, below bought; in sum zero.
    rest_wh: meets the imbalance price, signed alike; both together are the deviation. received_ujpy: for both, below
    zero when the site pays. price_mjpy_per_kwh: of what is matched.
    """

    matched_wh: Column
    rest_wh: Column
    received_ujpy: Column
    price_mjpy_per_kwh: int


def net_deviations(
    deviation_wh: Column, sell_min_mjpy_per_kwh: Column, buy_max_mjpy_per_kwh: Column, imbalance: ImbalancePrices
) -> Netting:
    """Who nets how much, and what rest meets the imbalance price.

    Each column has shape (sites,), int64. deviation_wh: brought into the grid less contracted: above zero is long.
    sell_min_mjpy_per_kwh, buy_max_mjpy_per_kwh: the least a long site wants, the most a short one gives, by mandate
    or scarcity. Shares are exact in sum: whole Wh that proportion leaves over go to the largest remainders, then to the
    earlier site.
    """
    assert imbalance.paid_mjpy_per_kwh <= imbalance.charged_mjpy_per_kwh, "surplus earns no more than shortage costs"
    price = imbalance.middle_mjpy_per_kwh
    long_wh = np.where(sell_min_mjpy_per_kwh <= price, np.maximum(deviation_wh, 0), 0)
    short_wh = np.where(buy_max_mjpy_per_kwh >= price, np.maximum(-deviation_wh, 0), 0)
    volume_wh = min(int(long_wh.sum()), int(short_wh.sum()))
    matched_wh = _rationed(volume_wh, long_wh) - _rationed(volume_wh, short_wh)
    rest_wh = deviation_wh - matched_wh
    at_imbalance = np.where(rest_wh > 0, imbalance.paid_mjpy_per_kwh, imbalance.charged_mjpy_per_kwh)
    return Netting(matched_wh, rest_wh, matched_wh * price + rest_wh * at_imbalance, price)


def _rationed(volume_wh: int, offered_wh: Column) -> Column:
    """A volume shared in proportion to what is offered, at most the sum of it. Shape (sites,), Wh."""
    if volume_wh == 0:
        return np.zeros_like(offered_wh)
    return np.array(split_in_proportion(volume_wh, offered_wh.tolist()), np.int64)
