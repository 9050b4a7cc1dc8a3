"""What energy will be worth in the slots ahead, before anybody has bid for them.

Forecasts say for each slot how much the sites will have over and how much they will lack; mandates and tariffs say at
which price. Where there is enough, a further seller meets the asks of the others; where there is not, the bids that are
left. Memory, which knows at what price such slots did clear, has half the say where it knows one.
"""

import numpy as np

from domain.order import Column
from domain.tariff import Corridor


def scarcity_price(
    position_wh: Column, ask_mjpy_per_kwh: Column, bid_mjpy_per_kwh: Column, corridor: Corridor
) -> Column:
    """The price a further seller may expect in each slot. Shape (slots,), int64, mJPY/kWh, within the corridor.

    position_wh: Shape (sites, slots), what each site will have over (positive) or lack (negative). ask, bid: Shape
    (sites,), limits; a bid below the corridor never trades. In a slot of surplus it is the ask at which demand is met,
    in a slot of shortage the bid half way through the demand that the others leave.
    """
    asks, bids = np.argsort(ask_mjpy_per_kwh, kind="stable"), np.argsort(-bid_mjpy_per_kwh, kind="stable")
    bids = bids[bid_mjpy_per_kwh[bids] >= corridor.floor]
    supply_wh, demand_wh = np.maximum(position_wh[asks], 0), np.maximum(-position_wh[bids], 0)
    supplied_wh, demanded_wh = supply_wh.sum(axis=0), demand_wh.sum(axis=0)
    at_ask = _limit_at(ask_mjpy_per_kwh[asks], supply_wh, demanded_wh, corridor.floor)
    at_bid = _limit_at(bid_mjpy_per_kwh[bids], demand_wh, (supplied_wh + demanded_wh) // 2, corridor.floor)
    return np.clip(np.where(supplied_wh >= demanded_wh, at_ask, at_bid), corridor.floor, corridor.cap)


def blend(forecast_mjpy_per_kwh: Column, remembered_mjpy_per_kwh: Column | None) -> Column:
    """The mean of both, rounded down, where memory knows a price (above zero). Shape (slots,) each."""
    if remembered_mjpy_per_kwh is None:
        return forecast_mjpy_per_kwh
    mean = (forecast_mjpy_per_kwh + remembered_mjpy_per_kwh) // 2
    return np.where(remembered_mjpy_per_kwh > 0, mean, forecast_mjpy_per_kwh)


def _limit_at(limits: Column, energy_wh: Column, reached_wh: Column, otherwise: int) -> Column:
    """The limit of the row at which cumulative energy reaches an amount, slot by slot. ``otherwise`` without rows."""
    if not limits.size:
        return np.full(reached_wh.shape, otherwise)
    row: Column = (np.cumsum(energy_wh, axis=0) >= reached_wh).argmax(axis=0)
    return limits[row]
