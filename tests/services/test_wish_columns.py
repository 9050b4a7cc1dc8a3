"""Wishes beside a slot's orders: whose are heard, what an ask is made of, and how far a premium goes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection

from domain.order import Order, Side
from domain.party import Mandate
from domain.place import Places
from domain.preference import NONE, Bond
from domain.site import Device, DeviceKind, Site
from domain.trade import Deals, Trades
from domain.wish import SOURCES, EnergySource, Wishes
from memory import registry
from services.orders.books import book_of
from services.orders.wishes import outcome, preferences_of, room_for_premium
from services.roster import Roster, load_roster

SOLAR, BATTERY = (SOURCES.index(each) for each in (EnergySource.SOLAR, EnergySource.BATTERY))


def community(tx: Connection, wishes: Wishes) -> Roster:
    """A roof with a battery, a battery alone, a home that wishes."""
    for site in ("roof", "shed", "home"):
        registry.save_site(tx, Site(site, "M1", "tokyo"))
        registry.save_mandate(tx, Mandate(site, 1, 8_500, 20_000, 0, 9_000, wishes=wishes))
    registry.save_device(
        tx,
        Device("p", "roof", DeviceKind.PV, 4_000),
        Device("b", "roof", DeviceKind.BATTERY, 4_000, 9_000),
        Device("c", "shed", DeviceKind.BATTERY, 4_000, 9_000),
    )
    return load_roster(tx, 30)


def order(site: str, side: Side, firm: bool = False) -> Order:
    return Order(f"{site}:{firm}", 5, site, side, 12_000, 100, 0, firm)


ORDERS = (
    order("roof", Side.SELL),
    order("roof", Side.SELL, firm=True),
    order("shed", Side.SELL),
    order("home", Side.SELL),
    order("home", Side.BUY),
)
PLACES = Places(np.arange(3), np.zeros(3, np.int64))


def test_a_bid_bears_its_mandates_wishes_and_an_ask_its_source(tx: Connection) -> None:
    """Asks wish for nothing; a firm ask is a battery's though there is sun; a home without either has no source."""
    roster = community(tx, Wishes("shed", EnergySource.SOLAR, local_first=True, premium_max_mjpy_per_kwh=700))
    wished = preferences_of(tx, roster, ORDERS, book_of(ORDERS, roster.position), PLACES)
    assert wished.source.tolist() == [SOLAR, BATTERY, BATTERY, NONE, SOLAR]
    assert wished.partner.tolist() == [NONE] * 4 + [roster.position["shed"]]
    assert wished.local_first.tolist() == [0, 0, 0, 0, 1]
    assert wished.premium_max_mjpy_per_kwh.tolist() == [0, 0, 0, 0, 700]


def test_a_partner_who_does_not_take_part_is_as_none(tx: Connection) -> None:
    """A member may have left since the mandate was given."""
    roster = community(tx, Wishes("gone"))
    wished = preferences_of(tx, roster, ORDERS, book_of(ORDERS, roster.position), PLACES)
    assert wished.partner.tolist() == [NONE] * 5


def test_an_impossible_wish_never_gets_into_a_mandate() -> None:
    """Nobody is paid for being wished away."""
    with pytest.raises(ValueError, match="premium"):
        Wishes("shed", premium_max_mjpy_per_kwh=-1)


@given(st.integers(0, 40_000), st.integers(0, 40_000), st.integers(0, 10_000))
def test_a_premium_never_takes_the_seller_out_of_the_corridor(price: int, room: int, premium: int) -> None:
    """The seller's node price and the premium together are at most the cap, and the premium no more than agreed."""
    cap, column = price + room, np.array([premium])
    deals = Deals(Trades(np.array([0]), np.array([1]), np.array([10])), column, np.array([Bond.PARTNER_WISH]))
    found = int(room_for_premium(deals, np.array([price, price]), cap)[0])
    assert found == min(premium, room)


def test_only_wishes_of_bids_that_bought_are_counted(tx: Connection) -> None:
    """A wish counts once however many trades meet it; a neighbour met by chance meets none."""
    roster = community(tx, Wishes("shed", premium_max_mjpy_per_kwh=700))
    wished = preferences_of(tx, roster, ORDERS, book_of(ORDERS, roster.position), PLACES)
    trades = Trades(np.array([0, 2]), np.array([4, 4]), np.array([40, 60]))
    deals = Deals(trades, np.array([0, 700]), np.array([Bond.BOOK, Bond.PARTNER_WISH]))
    assert outcome(["5:0", "5:1"], wished, deals, deals.premium_mjpy_per_kwh) == {
        "bids": 1,
        "met": 1,
        "trades": {"5:1": {"wish": "partner", "premium_mjpy_per_kwh": 700}},
    }
