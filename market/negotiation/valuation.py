"""What a deal is worth to each party in money, against the utility that it would trade with otherwise.

A buyer saves the utility's marginal price and pays the delivered one; a seller gives up the utility's buy-back. How
much is needed or left over in a delivery slot is forecast as quantiles by month. Both gains are micro-yen over the
tenor, so they can be compared and added, and no deal is worth zero: this is the alternative from which a reservation
follows (Raiffa 1982). Binding oneself costs more with each month, as the square of the tenor.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from domain.order import Column, Side
from domain.quantity import PERMILLE
from domain.tariff import PriceStack, RetailTariff
from market.negotiation.agenda import Agenda, Offer

NEVER_UJPY = -(1 << 60)


class _Slot(NamedTuple):
    """The issues as columns that broadcast to (volume, flexibility, penalty, price). Units as in Offer."""

    volume_wh: Column
    flexibility_permille: Column
    penalty_mjpy_per_kwh: Column
    price_mjpy_per_kwh: Column


@dataclass(frozen=True, slots=True)
class Buyer:
    """One who would otherwise buy from the utility.

    need_wh: Shape (months, quantiles), int64, Wh in a delivery slot, equally likely; months repeat yearly or as given.
    alternative_mjpy_per_kwh: Shape (months,), the utility's price for one kWh more. missed_permille: the part of the
    volume it expects not to be delivered. caution_permille: how much of the weight lies on the worst quantile.
    commitment_ujpy: the cost of being bound for a month, which grows with the square of the tenor.
    """

    need_wh: Column
    alternative_mjpy_per_kwh: Column
    stack: PriceStack
    missed_permille: int = 0
    caution_permille: int = 0
    commitment_ujpy: int = 0

    @property
    def months(self) -> int:
        return len(self.need_wh)

    def slot_gain_ujpy(self, month: int, slot: _Slot) -> Column:
        """Gain in one delivery slot by quantile. Shape (quantiles, volume, flexibility, penalty, price), uJPY."""
        need_wh = self.need_wh[month].reshape(-1, 1, 1, 1, 1)
        least_wh = slot.volume_wh * (PERMILLE - slot.flexibility_permille) // PERMILLE
        taken_wh = np.clip(need_wh, least_wh, slot.volume_wh)
        delivered = np.array([self.stack.delivered(int(price)) for price in slot.price_mjpy_per_kwh.ravel()], np.int64)
        saved_ujpy = np.minimum(taken_wh, need_wh) * self.alternative_mjpy_per_kwh[month]
        missed_wh = slot.volume_wh * self.missed_permille // PERMILLE
        gain_ujpy: Column = saved_ujpy - taken_wh * delivered + missed_wh * slot.penalty_mjpy_per_kwh
        return gain_ujpy


@dataclass(frozen=True, slots=True)
class Seller:
    """One who would otherwise sell to the utility.

    surplus_wh: Shape (months, quantiles), as a buyer's need. alternative_mjpy_per_kwh: Shape (months,), the buy-back,
    or what storing it instead is worth. untaken_permille: the part of the flexibility it expects the buyer to use.
    """

    surplus_wh: Column
    alternative_mjpy_per_kwh: Column
    untaken_permille: int = 500
    caution_permille: int = 0
    commitment_ujpy: int = 0

    @property
    def months(self) -> int:
        return len(self.surplus_wh)

    def slot_gain_ujpy(self, month: int, slot: _Slot) -> Column:
        """Gain in one delivery slot by quantile. Shape (quantiles, volume, flexibility, penalty, price), uJPY."""
        surplus_wh = self.surplus_wh[month].reshape(-1, 1, 1, 1, 1)
        untaken_ppm = slot.flexibility_permille * self.untaken_permille
        called_wh = slot.volume_wh * (PERMILLE**2 - untaken_ppm) // PERMILLE**2
        delivered_wh = np.minimum(called_wh, surplus_wh)
        margin_mjpy_per_kwh = slot.price_mjpy_per_kwh - self.alternative_mjpy_per_kwh[month]
        penalty_ujpy = (called_wh - delivered_wh) * slot.penalty_mjpy_per_kwh
        gain_ujpy: Column = delivered_wh * margin_mjpy_per_kwh - penalty_ujpy
        return gain_ujpy


def utility_price(tariff: RetailTariff, monthly_kwh: Column) -> Column:
    """What a member's next kWh costs at the utility in each month. Shape (months,), int64, mJPY/kWh.

    monthly_kwh: Shape (months, quantiles), forecast use. The mean over the quantiles' tiers, rounded down.
    """
    tiers = [[tariff.marginal(int(kwh)) for kwh in quantiles] for quantiles in monthly_kwh]
    price: Column = np.array(tiers, np.int64).sum(axis=1) // monthly_kwh.shape[1]
    return price


def gains_ujpy(agenda: Agenda, party: Buyer | Seller) -> Column:
    """What each offer is worth over its tenor against no deal. Shape (mixes, prices), int64, uJPY.

    Rows as in ``agenda.mixes``. The mean over quantiles, weighted with the worst by caution, is rounded down by slot.
    """
    price, volume, tenor, flexibility, penalty = (np.array(issue.values, np.int64) for issue in agenda.issues)
    slot = _Slot(volume.reshape(-1, 1, 1, 1), flexibility.reshape(-1, 1, 1), penalty.reshape(-1, 1), price.reshape(-1))
    shape = (len(tenor), len(volume), len(flexibility), len(penalty), len(price))
    table, total = np.zeros(shape, np.int64), np.zeros(shape[1:], np.int64)
    slots = agenda.slots_per_month
    for month in range(int(tenor[-1])):
        total += slots * _expected(party.slot_gain_ujpy(month % party.months, slot), party.caution_permille)
        table[tenor == month + 1] = total
    table -= (party.commitment_ujpy * tenor**2).reshape(-1, 1, 1, 1, 1)
    return np.ascontiguousarray(table.swapaxes(0, 1).reshape(-1, len(price)))


def reservation_price(agenda: Agenda, gain_ujpy: Column, side: Side, offer: Offer, least_ujpy: int = 0) -> int | None:
    """The worst price of the agenda at which an offer's mix still gives ``least_ujpy``, mJPY/kWh; None when none does.

    gain_ujpy: the party's own table. The offer's own price plays no part.
    """
    enough = np.flatnonzero(gain_ujpy[agenda.place_of(offer)[0]] >= least_ujpy)
    if not enough.size:
        return None
    return agenda.issues[0].values[int(enough[0 if side == Side.SELL else -1])]


def _expected(gain_ujpy: Column, caution_permille: int) -> Column:
    """Mean over quantiles and worst quantile, weighted; each division rounds down."""
    mean = gain_ujpy.sum(axis=0) // len(gain_ujpy)
    weighted: Column = mean * (PERMILLE - caution_permille) + gain_ujpy.min(axis=0) * caution_permille
    return weighted // PERMILLE
