"""From forecasts to orders: what each site offers for one slot.

A site that expects surplus asks for it, at the buy-back or its mandate's limit; a site that expects need bids for it,
up to the price at which a neighbour's power costs as much as the utility's. What a battery could do beyond its home's
own use comes on top as a firm order (market.storage.flexibility). A site stands on one side only.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from domain.order import Book, Column, Side
from domain.site import Battery
from domain.tariff import Corridor, PriceStack
from market.auction.admission import Mandates
from market.outlook import blend, scarcity_price
from market.storage.battery import operate
from market.storage.flexibility import Offer, flexible_offers
from market.storage.marginal_value import Homes, Prospect

LEAST_ORDER_WH = 10


class Range(NamedTuple):
    """What may come: P10, the expected amount (the mean where there is one, else P50) and P90. int64, Wh, one shape."""

    low: Column
    expected: Column
    high: Column

    def more(self, certain_wh: Column) -> "Range":
        """The same with an amount on top that is known, Wh, of the same shape."""
        return Range(*(column + certain_wh for column in self))


@dataclass(frozen=True, slots=True)
class Situation:
    """All that bidding for one slot knows.

    load_wh, pv_wh: Shape (sites, slots), from the traded slot on; the more slots, the further batteries look ahead.
    batteries: (site position, Battery), at most one a site. stored_wh: Shape (batteries,), what they hold when the slot
    starts; low is what is left after high need, so that low needs no more than expected.
    alternative_mjpy_per_kwh: Shape (sites,), what the utility charges for one kWh more. buyback: what it pays for one.
    stack: what a buyer pays beside the seller's price. wear: mJPY for each kWh discharged; access: the storage access
    fee, for each kWh charged and each discharged.
    expected_price_mjpy_per_kwh: Shape (slots,), the neighbourhood's price as memory knows it, zero where it does not;
    None without memory. held_wh: Shape (sites,), what each site has sold for the traded slot before its call, or offers
    there itself; below zero what it has bought or bids for. vehicles_wh: Shape (sites, slots), what vehicles are
    planned to take less what they give their homes; None without any.
    """

    slot: int
    load_wh: Range
    pv_wh: Range
    batteries: Sequence[tuple[int, Battery]]
    stored_wh: Range
    mandates: Mandates
    alternative_mjpy_per_kwh: Column
    stack: PriceStack
    buyback_mjpy_per_kwh: int
    corridor: Corridor
    wear_mjpy_per_kwh: int = 0
    access_mjpy_per_kwh: int = 0
    expected_price_mjpy_per_kwh: Column | None = None
    held_wh: Column | None = None
    vehicles_wh: Column | None = None


def bids(situation: Situation) -> tuple[Book, npt.NDArray[np.bool_]]:
    """The orders of every active site, all inside mandate and corridor, and which of them are firm.

    At most two orders a site, on one side, the one where it holds something already: the standard one, for what is left
    of the expected position, and a battery's firm one. Orders of one tick arrive
    together; a lot drawn from slot and site gives their order of arrival, so that no site always comes first.
    """
    position_wh = expected_position_wh(situation)
    held_wh = np.zeros_like(position_wh[:, 0]) if situation.held_wh is None else situation.held_wh
    standard = _standard_orders(situation, _left_wh(position_wh[:, 0], held_wh), *_limits(situation))
    flexible = _as_book(_flexible_offers(situation, position_wh))
    book = Book(*(np.concatenate(columns) for columns in zip(standard, flexible, strict=True)))
    firm = np.arange(len(book.site)) >= len(standard.site)
    energy_wh = np.minimum(book.energy_wh, situation.mandates.order_max_wh[book.site])
    book = book._replace(energy_wh=energy_wh, entered=_lot(situation.slot, book.site, firm))
    other_side = np.where(book.side == Side.SELL, -held_wh[book.site], held_wh[book.site]) > 0
    kept = (energy_wh >= LEAST_ORDER_WH) & situation.mandates.active[book.site] & ~other_side
    return Book(*(column[kept] for column in book)), firm[kept]


def expected_position_wh(situation: Situation) -> Column:
    """What each site expects to have over (positive) or to lack (negative), batteries in self-consumption, vehicles as
    planned. Shape (sites, slots), int64, Wh.
    """
    position_wh = situation.pv_wh.expected - situation.load_wh.expected
    for (site, battery), stored_wh in zip(situation.batteries, situation.stored_wh.expected.tolist(), strict=True):
        for slot, over_wh in enumerate(position_wh[site].tolist()):
            operation = operate(max(-over_wh, 0), max(over_wh, 0), stored_wh, battery)
            position_wh[site, slot] = over_wh + operation.discharge_wh - operation.charge_wh
            stored_wh = operation.stored_wh
    if situation.vehicles_wh is not None:
        position_wh -= situation.vehicles_wh
    position_wh[np.abs(position_wh) < LEAST_ORDER_WH] = 0
    return position_wh


def _left_wh(position_wh: Column, held_wh: Column) -> Column:
    """What is left of each site's expected position beside what it holds already; nothing where it holds more, or
    stands on the other side. Shape (sites,), Wh."""
    left_wh = position_wh - held_wh
    return np.where(np.sign(left_wh) == np.sign(position_wh), left_wh, 0)


def _limits(situation: Situation) -> tuple[Column, Column]:
    """The limits of each site's standard ask and bid. Shape (sites,) each, mJPY/kWh, not always within the corridor."""
    alternatives, of_site = np.unique(situation.alternative_mjpy_per_kwh, return_inverse=True)
    caps = np.array([situation.stack.cap(int(alternative)) for alternative in alternatives], np.int64)
    ask = np.maximum(situation.mandates.sell_min_mjpy_per_kwh, situation.corridor.floor)
    bid = np.minimum(np.minimum(situation.mandates.buy_max_mjpy_per_kwh, caps[of_site]), situation.corridor.cap)
    return ask, bid


def _standard_orders(situation: Situation, position_wh: Column, ask: Column, bid: Column) -> Book:
    """Expected surplus and need as orders, one row a site that has one and may name a price for it."""
    limit = np.where(position_wh > 0, ask, bid)
    site = np.flatnonzero((position_wh != 0) & (limit >= situation.corridor.floor) & (limit <= situation.corridor.cap))
    side = np.where(position_wh[site] > 0, Side.SELL, Side.BUY).astype(np.int64)
    return Book(site, side, limit[site], np.abs(position_wh[site]), np.zeros(len(site), np.int64))


def _flexible_offers(situation: Situation, position_wh: Column) -> list[Offer]:
    """What the batteries of active sites offer beyond their homes' own use. position_wh: of all slots."""
    at = [row for row, (site, _) in enumerate(situation.batteries) if situation.mandates.active[site]]
    if not at:
        return []
    site = np.array([situation.batteries[row][0] for row in at])
    batteries = [situation.batteries[row][1] for row in at]
    homes = Homes(
        np.array([battery.capacity_wh for battery in batteries]),
        np.array([battery.power_wh_per_slot for battery in batteries]),
        np.array([battery.efficiency_permille for battery in batteries]),
        np.array([battery.reserve_wh for battery in batteries]),
        site,
        need_low_wh=situation.load_wh.low[site] - situation.pv_wh.high[site],
        need_expected_wh=situation.load_wh.expected[site] - situation.pv_wh.expected[site],
        need_high_wh=situation.load_wh.high[site] - situation.pv_wh.low[site],
        stored_low_wh=situation.stored_wh.low[at],
        stored_high_wh=situation.stored_wh.high[at],
        position_wh=position_wh[site, 0],
        sell_min_mjpy_per_kwh=situation.mandates.sell_min_mjpy_per_kwh[site],
        buy_max_mjpy_per_kwh=situation.mandates.buy_max_mjpy_per_kwh[site],
        alternative_mjpy_per_kwh=situation.alternative_mjpy_per_kwh[site],
    )
    return flexible_offers(homes, prospect_of(situation, position_wh))


def prospect_of(situation: Situation, position_wh: Column) -> Prospect:
    """What energy will be worth, when sites have this over or lack it. Shape (sites, slots), Wh."""
    ahead = scarcity_price(position_wh, *_limits(situation), situation.corridor)
    return Prospect(
        buyback_mjpy_per_kwh=situation.buyback_mjpy_per_kwh,
        price_mjpy_per_kwh=blend(ahead, situation.expected_price_mjpy_per_kwh),
        corridor=situation.corridor,
        stack=situation.stack,
        wear_mjpy_per_kwh=situation.wear_mjpy_per_kwh,
        access_mjpy_per_kwh=situation.access_mjpy_per_kwh,
    )


def _as_book(offers: list[Offer]) -> Book:
    rows = np.array([(*offer, 0) for offer in offers], np.int64).reshape(-1, 5)
    return Book(*rows.T)


def _lot(slot: int, site: Column, firm: npt.NDArray[np.bool_]) -> Column:
    """A fair order of arrival, the same in every replay: rows ranked by a hash (splitmix64) of slot, site and kind."""
    mixed = (np.array([slot]).astype(np.uint64) << np.uint64(24)) + site.astype(np.uint64) * np.uint64(2) + firm
    mixed = mixed * np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    entered = np.empty(len(site), np.int64)
    entered[np.argsort(mixed ^ (mixed >> np.uint64(31)), kind="stable")] = np.arange(len(site))
    return entered
