"""A slot's price at each site: that of its node on the feeder."""

import numpy as np

from domain.order import Column
from memory.clearings import ClearingRow
from services.context import TradeContext


def site_prices(ctx: TradeContext, cleared: ClearingRow | None) -> Column | None:
    """Shape (sites,), int64, mJPY/kWh at the seller's meter; None when nothing was traded or nobody cleared."""
    if cleared is None or cleared.price_mjpy_per_kwh is None:
        return None
    prices: Column = np.array(cleared.detail["node_price"], np.int64)[ctx.connections.node]
    return prices
