"""A slot's price at each site: that of its node on the feeder."""

import numpy as np

from domain.order import Column
from memory.trading.clearings import ClearingRow
from services.context import TradeContext


def node_prices(ctx: TradeContext, cleared: ClearingRow | None) -> Column | None:
    """Shape (sites,), int64, mJPY/kWh at the seller's meter; None when nobody cleared. Where the call traded nothing it
    is a price at which nothing would have been: what contracts made before the call are measured against."""
    if cleared is None:
        return None
    prices: Column = np.array(cleared.detail["node_price"], np.int64)[ctx.connections.node]
    return prices


def site_prices(ctx: TradeContext, cleared: ClearingRow | None) -> Column | None:
    """``node_prices`` of a call that traded; None when it did not or nobody cleared."""
    return None if cleared is None or cleared.price_mjpy_per_kwh is None else node_prices(ctx, cleared)
