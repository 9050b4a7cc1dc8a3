"""What batteries can do for the neighbourhood without harm to their homes, as firm orders.

Energy in the store is worth the home's own retail price where it will be needed, and only the buy-back where it will
not. The limit is what a kWh in the store is worth over low, expected and high need ahead
(market.storage.marginal_value), and the order holds every Wh that costs no more, or spares no less: a trade at the
limit or better leaves the home no worse off on average, whatever part of the order it fills. A battery below its
reserve fills that first and offers nothing.

One limit a battery: further steps at worse limits gained the demonstration's members nothing.
"""

from typing import NamedTuple

import numpy as np

from domain.order import Column, Side
from domain.quantity import PERMILLE
from market.storage.marginal_value import Homes, Prospect, Slopes, slopes_of
from market.storage.plan import Floats

# A limit lies this far beyond the value found, so that rounding never makes the plan indifferent to the trade.
STRICTLY_MJPY = 2
NOISE_WH = 1e-6


class Offer(NamedTuple):
    """One firm order of one site."""

    site: int
    side: Side
    limit_mjpy_per_kwh: int
    energy_wh: int


def flexible_offers(homes: Homes, prospect: Prospect) -> list[Offer]:
    """Each battery's firm order, if it has one, on the side where the site already stands; where it stands on none,
    the ask first.
    """
    givers = homes.rows((homes.position_wh >= 0) & (homes.stored_low_wh >= homes.reserve_wh))
    takers = homes.rows((homes.position_wh <= 0) & (homes.stored_high_wh >= homes.reserve_wh))
    if not givers.site.size and not takers.site.size:
        return []
    given, taken = slopes_of(givers, takers, prospect)
    asks = _asks(givers, given, prospect)
    asking = {ask.site for ask in asks}
    return asks + [bid for bid in _bids(takers, taken, prospect) if bid.site not in asking]


def _asks(homes: Homes, slopes: Slopes, prospect: Prospect) -> list[Offer]:
    """All that costs no more than the limit: what a kWh out of the store is worth, wear and access included."""
    kept = homes.efficiency_permille / PERMILLE
    spent = prospect.wear_mjpy_per_kwh + prospect.access_mjpy_per_kwh + STRICTLY_MJPY
    worth = np.floor(np.maximum(np.rint(slopes.stored_value_mjpy_per_kwh), 0) / kept).astype(np.int64) + spent
    limit = np.maximum(worth, np.maximum(homes.sell_min_mjpy_per_kwh, prospect.corridor.floor))
    most = np.minimum(homes.alternative_mjpy_per_kwh, prospect.corridor.cap)
    energy_wh = np.where(slopes.value_mjpy_per_kwh <= limit[:, None], slopes.energy_wh, 0.0)
    return _offers(Side.SELL, homes.site, limit, np.where(limit <= most, energy_wh.sum(axis=1), 0.0))


def _bids(homes: Homes, slopes: Slopes, prospect: Prospect) -> list[Offer]:
    """All that spares at least what it costs at the limit: what a kWh into the store is worth, access paid."""
    kept = homes.efficiency_permille / PERMILLE
    worth = np.maximum(np.rint(slopes.stored_value_mjpy_per_kwh), 0) * kept - prospect.access_mjpy_per_kwh
    values, of_home = np.unique(np.maximum(np.floor(worth).astype(np.int64) - STRICTLY_MJPY, 0), return_inverse=True)
    caps = np.array([prospect.stack.cap(value) for value in values.tolist()], np.int64)[of_home]
    limit = np.minimum(caps, np.minimum(homes.buy_max_mjpy_per_kwh, prospect.corridor.cap))
    delivered = np.array([prospect.stack.delivered(price) for price in limit.tolist()], np.int64)
    energy_wh = np.where(slopes.value_mjpy_per_kwh >= delivered[:, None], slopes.energy_wh, 0.0)
    return _offers(Side.BUY, homes.site, limit, np.where(limit >= prospect.corridor.floor, energy_wh.sum(axis=1), 0.0))


def _offers(side: Side, site: Column, limit: Column, energy_wh: Floats) -> list[Offer]:
    """Energy is rounded down to whole Wh; what is none is no offer."""
    whole_wh = np.floor(energy_wh + NOISE_WH).astype(np.int64)
    rows = np.flatnonzero(whole_wh > 0)
    return [
        Offer(at, side, price, wh)
        for at, price, wh in zip(site[rows].tolist(), limit[rows].tolist(), whole_wh[rows].tolist(), strict=True)
    ]
