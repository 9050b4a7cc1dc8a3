"""What members wish for, as columns beside a slot's orders, and what became of it.

A wish stands in a member's mandate and speaks for its bids. What an ask's energy comes from follows from the devices
behind the meter: a firm order is a battery's, a standard one the sun's where there is a solar plant, else a battery's.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from sqlalchemy import Connection

from domain.order import Book, Column, Order, Side
from domain.party import Mandate
from domain.place import Places
from domain.preference import NONE, Bond, Preferences
from domain.site import DeviceKind
from domain.trade import Deals
from domain.wish import SOURCES, EnergySource
from market.auction.inspection import wish_faults
from memory import registry
from services.roster import Roster

WISHED = {Bond.LOCAL_WISH: "local", Bond.SOURCE_WISH: "source", Bond.PARTNER_WISH: "partner"}


def preferences_of(
    tx: Connection, roster: Roster, admitted: Sequence[Order], book: Book, places: Places
) -> Preferences:
    """The wishes of the mandates in force, one row an order. A partner who does not take part is as none."""
    given, source = registry.mandates(tx), sources_of(roster)
    rows = [_row(order, given[order.site_id], roster.position, source) for order in admitted]
    wished = Preferences(*np.array(rows, np.int64).reshape(-1, len(Preferences._fields)).T.copy())
    assert not wish_faults(book, places, wished), "a mandate holds no impossible wish"
    return wished


def sources_of(roster: Roster) -> dict[str, EnergySource]:
    """What each site's standard ask is made of; a site with neither plant nor battery is absent."""
    batteries = {each.site_id: EnergySource.BATTERY for each in roster.devices if each.kind is DeviceKind.BATTERY}
    return batteries | {each.site_id: EnergySource.SOLAR for each in roster.devices if each.kind is DeviceKind.PV}


def room_for_premium(deals: Deals, node_price: Column, cap_mjpy_per_kwh: int) -> Column:
    """Each deal's premium as far as the seller's price stays in the corridor. Shape (trades,), mJPY/kWh.

    node_price: shape (orders,). The buyer's side is bounded already: its limit leaves the room.
    """
    return np.minimum(deals.premium_mjpy_per_kwh, cap_mjpy_per_kwh - node_price[deals.trades.sell_order])


def outcome(ids: Sequence[str], wished: Preferences, deals: Deals, premium: Column) -> dict[str, Any]:
    """What a clearing notes of wishes. ids: of the deals' trades.

    bids: how many bids that bought had a wish; met: for how many a deal met it. trades: by id, which wish brought the
    two together and what it costs, mJPY/kWh.
    """
    buy, is_met = deals.trades.buy_order, deals.bond >= Bond.LOCAL_WISH
    has_wish = (wished.partner != NONE) | (wished.source != NONE) | (wished.local_first == 1)
    bought = np.unique(buy)
    return {
        "bids": int(np.count_nonzero(has_wish[bought])),
        "met": len(np.unique(buy[is_met])),
        "trades": {
            ids[row]: {"wish": WISHED[Bond(int(deals.bond[row]))], "premium_mjpy_per_kwh": int(premium[row])}
            for row in np.flatnonzero(is_met).tolist()
        },
    }


def _row(
    order: Order, mandate: Mandate, position: dict[str, int], source: dict[str, EnergySource]
) -> tuple[int, int, int, int]:
    """(partner, source, local first, premium) of one order."""
    if order.side is Side.SELL:
        made_of = EnergySource.BATTERY if order.firm else source.get(order.site_id)
        return NONE, _number(made_of), 0, 0
    wishes = mandate.wishes
    partner = position.get(wishes.partner_site, NONE)
    return partner, _number(wishes.source), int(wishes.local_first), wishes.premium_max_mjpy_per_kwh


def _number(source: EnergySource | None) -> int:
    return NONE if source is None else SOURCES.index(source)
