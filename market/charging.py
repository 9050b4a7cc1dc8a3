"""When vehicles charge: each as cheaply as the prices expected until its departure allow, ready in time.

A kWh bought costs what a neighbour's will cost, never more than the utility's; own surplus costs what it would sell for
at nine tenths of the expected price, never less than the buy-back. A vehicle that cannot be ready charges at full
power, whatever it costs.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from domain.order import Column
from domain.quantity import PERMILLE
from market.storage.charger import Fleet, Told
from market.storage.deadline import NOISE_WH, Errands, plan_errands
from market.storage.marginal_value import SURE_OF_SALE_PERMILLE, Prospect, delivered_ahead
from market.storage.plan import Flags, Needs, Rates


class Parked(NamedTuple):
    """Vehicles that are home when the first slot starts. home: shape (vehicles, slots), where each is expected.
    stored_wh: at the start; left: slots until departure; alternative: the utility's price of a kWh. Shape (vehicles,).
    net_wh: shape (vehicles, slots), load less PV and battery behind the same meter.
    """

    home: Flags
    stored_wh: Column
    left: Column
    net_wh: Column
    alternative_mjpy_per_kwh: Column


class Charging(NamedTuple):
    """told: for the first slot. taken_wh: shape (vehicles, slots), what is planned at the meter, given energy below
    zero. cost: of the same shape, what a kWh for the vehicle is expected to cost. missing: shape (vehicles,), what each
    will lack at its departure although it charges at full power, rounded up.
    """

    told: Told
    taken_wh: Column
    cost_mjpy_per_kwh: Column
    missing_wh: Column


def plan_charging(fleet: Fleet, parked: Parked, prospect: Prospect, names: Sequence[str]) -> Charging:
    """The cheapest plan of each vehicle, in whole Wh (rounded to nearest). names: of the sites, for faults."""
    wear, permille = np.full_like(parked.stored_wh, prospect.wear_mjpy_per_kwh), fleet.efficiency_permille
    errands = Errands(
        fleet.asked_wh, parked.left, np.minimum(parked.stored_wh, fleet.capacity_wh), fleet.capacity_wh,
        fleet.power_wh_per_slot, parked.home & (np.arange(parked.home.shape[1]) < parked.left[:, None]),
        fleet.feeds_home & ~fleet.leaving(parked.left), permille, permille, wear, np.zeros_like(wear),
    )  # fmt: skip
    needs = Needs(parked.net_wh[:, None], np.ones(1, np.int64))
    rates = _rates(parked, prospect)
    plans, _ = plan_errands(errands, needs, rates, names)
    taken_wh = np.rint(plans.charge_wh[:, 0] - plans.discharge_wh[:, 0]).astype(np.int64)
    missing_wh = np.ceil(plans.missing_wh.max(axis=1) - NOISE_WH).astype(np.int64)
    first_wh = np.where(missing_wh > 0, fleet.power_wh_per_slot, taken_wh[:, 0])
    cost = np.where(parked.net_wh < 0, rates.sell_mjpy_per_kwh, rates.buy_mjpy_per_kwh)
    return Charging(Told(np.maximum(first_wh, 0), np.maximum(-first_wh, 0)), taken_wh, cost, missing_wh)


def _rates(parked: Parked, prospect: Prospect) -> Rates:
    utility, buyback = parked.alternative_mjpy_per_kwh[:, None], prospect.buyback_mjpy_per_kwh
    buy = np.clip(delivered_ahead(prospect), np.minimum(buyback, utility), utility)
    uncertain = prospect.price_mjpy_per_kwh * SURE_OF_SALE_PERMILLE // PERMILLE
    sell = np.minimum(np.maximum(uncertain, buyback), buy)
    return Rates(buy, sell, np.array([[prospect.access_mjpy_per_kwh]]))
