"""What a home's battery can do for the neighbourhood without harm to its home.

Energy in the store is worth the home's own retail price where it will be needed, and only the buy-back where it will
not. So a battery asks for what is left over even if every slot ahead brings high need (P90 of load, P10 of PV), and it
bids for energy only where there is room for it even if every slot ahead brings low need. The limit is what the energy
is worth in that same scenario: within it, a trade at the limit or better leaves the home no worse off. A battery below
its reserve fills that first and offers nothing.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from domain.order import Column, Side
from domain.site import Battery
from domain.tariff import Corridor, PriceStack
from market.battery import PERMILLE, Operation, operate, plan

SURE_OF_SALE_PERMILLE = 900
# A limit lies this far beyond the value found, so that rounding never makes the plan indifferent to the trade.
STRICTLY_MJPY = 2


@dataclass(frozen=True, slots=True)
class Home:
    """A site with a battery. need_low_wh, need_high_wh: Shape (slots,), int64, Wh, load less PV from the traded slot on
    when little or much is needed; stored_low_wh, stored_high_wh: the content at its start after high or low need.
    """

    site: int
    battery: Battery
    need_low_wh: Column
    need_high_wh: Column
    stored_low_wh: int
    stored_high_wh: int
    sell_min_mjpy_per_kwh: int
    buy_max_mjpy_per_kwh: int


@dataclass(frozen=True, slots=True)
class Prospect:
    """What energy costs and earns one home. price_mjpy_per_kwh: Shape (slots,), expected at the seller's meter.
    alternative: the utility's price for one kWh more; buyback: what it pays.
    """

    alternative_mjpy_per_kwh: int
    buyback_mjpy_per_kwh: int
    price_mjpy_per_kwh: Column
    corridor: Corridor
    stack: PriceStack
    wear_mjpy_per_kwh: int


class Offer(NamedTuple):
    """One firm order of one site."""

    site: int
    side: Side
    limit_mjpy_per_kwh: int
    energy_wh: int


def flexible_offer(home: Home, position_wh: int, prospect: Prospect) -> Offer | None:
    """The battery's firm order, on the side where the site already stands; where it stands on none, the ask first."""
    ask = _ask(home, prospect) if position_wh >= 0 else None
    if ask is not None or position_wh > 0:
        return ask
    return _bid(home, prospect)


def _ask(home: Home, prospect: Prospect) -> Offer | None:
    """Stored energy that high need leaves over. Later sales count at the expected price, so that the battery waits for
    a better hour; what it would hold after the last slot, at the average one.
    """
    own = _own_use(home.need_high_wh, home.stored_low_wh, home.battery)
    nothing_to_give = own.charge_wh == 0 and home.stored_low_wh == home.battery.reserve_wh
    if nothing_to_give or home.stored_low_wh < home.battery.reserve_wh:
        return None
    buy = np.full(len(home.need_high_wh), prospect.alternative_mjpy_per_kwh)
    sell = _later_sales(prospect)
    rest_value = _stored_value(int(sell.mean()) - prospect.wear_mjpy_per_kwh, home.battery)
    program = (home.need_high_wh, home.stored_low_wh, home.battery, buy, sell, prospect.wear_mjpy_per_kwh, rest_value)
    value = plan(*program).value_of_stored_mjpy_per_kwh
    given_value = value * PERMILLE // home.battery.efficiency_permille + STRICTLY_MJPY + prospect.wear_mjpy_per_kwh
    limit = max(home.sell_min_mjpy_per_kwh, prospect.corridor.floor, given_value)
    if limit > min(prospect.corridor.cap, prospect.alternative_mjpy_per_kwh):
        return None
    sell[0] = limit
    best = plan(*program)
    extra_wh = int(best.discharge_wh[0] - best.charge_wh[0]) - (own.discharge_wh - own.charge_wh)
    return Offer(home.site, Side.SELL, limit, extra_wh) if extra_wh > 0 else None


def _bid(home: Home, prospect: Prospect) -> Offer | None:
    """Room in the store for energy that the home will use even if little is needed. Later purchases count at the
    expected delivered price, so that the battery does not pay more now than it would later.
    """
    own = _own_use(home.need_low_wh, home.stored_high_wh, home.battery)
    nothing_to_take = own.discharge_wh == 0 and home.stored_high_wh == home.battery.capacity_wh
    if nothing_to_take or home.stored_high_wh < home.battery.reserve_wh:
        return None
    sell = np.full(len(home.need_low_wh), prospect.buyback_mjpy_per_kwh)
    buy = _later_purchases(prospect)
    rest_value = _stored_value(prospect.buyback_mjpy_per_kwh - prospect.wear_mjpy_per_kwh, home.battery)
    program = (home.need_low_wh, home.stored_high_wh, home.battery, buy, sell, prospect.wear_mjpy_per_kwh, rest_value)
    value = plan(*program).value_of_stored_mjpy_per_kwh
    taken_value = _stored_value(value, home.battery) - STRICTLY_MJPY
    limit = min(home.buy_max_mjpy_per_kwh, prospect.stack.cap(max(taken_value, 0)), prospect.corridor.cap)
    if limit < prospect.corridor.floor:
        return None
    buy[0] = prospect.stack.delivered(limit)
    best = plan(*program)
    extra_wh = int(best.charge_wh[0] - best.discharge_wh[0]) - (own.charge_wh - own.discharge_wh)
    return Offer(home.site, Side.BUY, limit, extra_wh) if extra_wh > 0 else None


def _own_use(need_wh: Column, stored_wh: int, battery: Battery) -> Operation:
    """What the battery does in the first slot without trade."""
    need_now_wh = int(need_wh[0])
    return operate(max(need_now_wh, 0), max(-need_now_wh, 0), stored_wh, battery)


def _stored_value(price_mjpy_per_kwh: int, battery: Battery) -> int:
    """A price at one side of the losses seen from the other: times the efficiency, rounded down, none below zero."""
    return max(price_mjpy_per_kwh, 0) * battery.efficiency_permille // PERMILLE


def _later_sales(prospect: Prospect) -> Column:
    """What a kWh will earn: the buy-back for sure, or nine tenths of the expected price, as no later sale is sure."""
    uncertain = prospect.price_mjpy_per_kwh * SURE_OF_SALE_PERMILLE // PERMILLE
    earned = np.clip(uncertain, prospect.buyback_mjpy_per_kwh, prospect.alternative_mjpy_per_kwh)
    earned[0] = prospect.buyback_mjpy_per_kwh
    return earned


def _later_purchases(prospect: Prospect) -> Column:
    """What a kWh will cost the home at its meter, the neighbourhood's or the utility's, whichever is less."""
    prices, of_slot = np.unique(prospect.price_mjpy_per_kwh, return_inverse=True)
    delivered = np.array([prospect.stack.delivered(int(price)) for price in prices], np.int64)
    cost = np.clip(delivered[of_slot], prospect.buyback_mjpy_per_kwh, prospect.alternative_mjpy_per_kwh)
    cost[0] = prospect.alternative_mjpy_per_kwh
    return cost
