"""What one Wh more or less in a battery is worth to its home, all batteries of a community planned at once.

Two views of each battery. *Giving* counts later sales at the expected price, so that it waits for a better hour;
*taking* counts later purchases so, not to pay more now than it would later. Both plan against low, expected and high
need (P10, expected, P90) at once and share the first slot (market.storage.plan); what can be given or taken in that
slot is counted in the need that the view fears, high for giving and low for taking. The slope of the worth of content,
seen through losses, wear and access, is what a Wh at the meter costs or spares on average.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from domain.order import Column
from domain.quantity import PERMILLE
from domain.site import Battery
from domain.tariff import Corridor, PriceStack
from market.storage.battery import charge_limit_wh, discharge_limit_wh, operate
from market.storage.faults import checked
from market.storage.plan import Flags, Floats, Needs, Rates, Stores, Worth, optimise

SURE_OF_SALE_PERMILLE = 900
NEED_WEIGHTS = (3, 4, 3)  # of low, expected and high need: as many parts in ten as lie nearest to each


class Homes(NamedTuple):
    """Sites with a battery, one row each. Shape (homes,), int64, but for need_low_wh ... need_high_wh: Shape (homes,
    slots), Wh, load less PV from the traded slot on when little, as much as expected, or much is needed.

    The first four are a Battery's. stored_low_wh, stored_high_wh: the content at the start after high or low need.
    position_wh: what the site expects to have over (positive) or to lack. alternative: the utility's price of a kWh.
    """

    capacity_wh: Column
    power_wh_per_slot: Column
    efficiency_permille: Column
    reserve_wh: Column
    site: Column
    need_low_wh: Column
    need_expected_wh: Column
    need_high_wh: Column
    stored_low_wh: Column
    stored_high_wh: Column
    position_wh: Column
    sell_min_mjpy_per_kwh: Column
    buy_max_mjpy_per_kwh: Column
    alternative_mjpy_per_kwh: Column

    def rows(self, chosen: Flags) -> "Homes":
        """Some of the homes."""
        return Homes(*(column[chosen] for column in self))


@dataclass(frozen=True, slots=True)
class Prospect:
    """What energy costs and earns everybody. price_mjpy_per_kwh: Shape (slots,), expected at the seller's meter.
    buyback: what the utility pays. wear: for each kWh discharged; access: for each kWh charged and each discharged.
    """

    buyback_mjpy_per_kwh: int
    price_mjpy_per_kwh: Column
    corridor: Corridor
    stack: PriceStack
    wear_mjpy_per_kwh: int
    access_mjpy_per_kwh: int


class Slopes(NamedTuple):
    """Pieces of what a further Wh at the meter costs its giver or spares its taker, counted from self-consumption on.
    Each shape (homes, pieces), in no order; pieces without energy are empty.

    stored_value_mjpy_per_kwh: Shape (homes,), what one more kWh in the store is worth.
    """

    energy_wh: Floats
    value_mjpy_per_kwh: Floats
    stored_value_mjpy_per_kwh: Floats

    def rows(self, chosen: Flags) -> "Slopes":
        """Some of the homes."""
        return Slopes(*(column[chosen] for column in self))


class _Range(NamedTuple):
    """Contents of the stores, each shape (homes,), Wh: when the slot starts, and between which it may end."""

    start_wh: Column
    low_wh: Floats
    high_wh: Floats


def slopes_of(givers: Homes, takers: Homes, prospect: Prospect) -> tuple[Slopes, Slopes]:
    """What giving costs and what taking spares, from one call of the planner. Contents are at the reserve or above."""
    homes = Homes(*(np.concatenate(columns) for columns in zip(givers, takers, strict=True)))
    gives = np.arange(len(homes.site)) < len(givers.site)
    feared_wh = np.where(gives, homes.need_high_wh[:, 0], homes.need_low_wh[:, 0])
    stored_wh = np.where(gives, homes.stored_low_wh, homes.stored_high_wh)
    need_wh = np.stack((homes.need_low_wh, homes.need_expected_wh, homes.need_high_wh), axis=1)
    needs = Needs(need_wh, np.array(NEED_WEIGHTS))
    plans = optimise(*checked(needs, *_storages(homes, stored_wh, gives, prospect)), with_worth=True)
    energy_wh, value = _at_meter(plans.worth, _reach(homes, feared_wh, stored_wh, gives), homes, prospect)
    slopes = Slopes(energy_wh, value, plans.stored_value_mjpy_per_kwh)
    return slopes.rows(gives), slopes.rows(~gives)


def _storages(homes: Homes, stored_wh: Column, gives: Flags, prospect: Prospect) -> tuple[Stores, Rates]:
    """The batteries, and what energy costs and earns each view of them; what is left at the end counts as sold."""
    buyback, utility = prospect.buyback_mjpy_per_kwh, homes.alternative_mjpy_per_kwh[:, None]
    uncertain = prospect.price_mjpy_per_kwh * SURE_OF_SALE_PERMILLE // PERMILLE
    buy = np.where(gives[:, None], utility, np.clip(delivered_ahead(prospect), buyback, utility))
    sell = np.where(gives[:, None], np.clip(uncertain, buyback, utility), buyback)
    buy[:, :1], sell[:, 0] = utility, buyback
    left = np.maximum(sell.sum(axis=1) // sell.shape[1] - prospect.wear_mjpy_per_kwh, 0)
    power_wh, permille = homes.power_wh_per_slot[:, None], homes.efficiency_permille
    wear, all_export = np.full_like(stored_wh, prospect.wear_mjpy_per_kwh), np.ones(len(stored_wh), np.bool_)
    stores = Stores(
        stored_wh, homes.capacity_wh, power_wh, power_wh, homes.reserve_wh[:, None], permille, permille, wear,
        left * permille // PERMILLE, all_export,
    )  # fmt: skip
    return stores, Rates(buy, sell, np.array([[prospect.access_mjpy_per_kwh]]))


def delivered_ahead(prospect: Prospect) -> Column:
    """What a neighbour's kWh will cost a buyer, slot by slot. Shape (slots,), mJPY/kWh."""
    prices, of_slot = np.unique(prospect.price_mjpy_per_kwh, return_inverse=True)
    return np.array([prospect.stack.delivered(int(price)) for price in prices], np.int64)[of_slot]


def _reach(homes: Homes, need_wh: Column, stored_wh: Column, gives: Flags) -> _Range:
    """From where self-consumption ends the slot to the least content a giver, or the most a taker, can end it with."""
    rows = []
    for limits, need, stored in zip(zip(*homes[:4], strict=True), need_wh.tolist(), stored_wh.tolist(), strict=True):
        battery = Battery(*map(int, limits))
        own = operate(max(need, 0), max(-need, 0), stored, battery)
        rows.append((own.stored_wh, discharge_limit_wh(stored, battery), charge_limit_wh(stored, battery)))
    own_wh, most_out_wh, most_in_wh = np.array(rows, np.int64).reshape(-1, 3).T
    kept = homes.efficiency_permille / PERMILLE
    return _Range(
        stored_wh,
        np.where(gives, stored_wh - most_out_wh / kept, own_wh),
        np.where(gives, own_wh, stored_wh + most_in_wh * kept),
    )


def _at_meter(worth: Worth, reach: _Range, homes: Homes, prospect: Prospect) -> tuple[Floats, Floats]:
    """The pieces of worth inside the reach, seen from the meter: below the content at the start a Wh is one more or
    less discharged, above it one more or less charged. Each shape (homes, twice the pieces).
    """
    used = np.arange(worth.length_wh.shape[1]) < worth.filled[:, None]
    length_wh = np.where(used, worth.length_wh, 0.0)
    value = np.where(used, np.maximum(worth.value_mjpy_per_kwh, 0.0), 0.0)
    end_wh = worth.start_wh[:, None] + np.cumsum(length_wh, axis=1)
    start_wh, low_wh, high_wh = (content[:, None] for content in reach)
    begin_wh, end_wh = np.maximum(end_wh - length_wh, low_wh), np.minimum(end_wh, high_wh)
    out_wh = np.maximum(np.minimum(end_wh, start_wh) - begin_wh, 0.0)
    in_wh = np.maximum(end_wh - np.maximum(begin_wh, start_wh), 0.0)
    kept, access = homes.efficiency_permille[:, None] / PERMILLE, prospect.access_mjpy_per_kwh
    energy_wh = np.concatenate((out_wh * kept, in_wh / kept), axis=1)
    return energy_wh, np.concatenate(
        (value / kept + prospect.wear_mjpy_per_kwh + access, value * kept - access), axis=1
    )
