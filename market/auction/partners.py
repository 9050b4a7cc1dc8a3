"""Who trades with whom where neighbourhood and wishes count. Fills stay as the auction found them.

Rounds run one after the other, and each lets those meet who share what the round is about, as much as they have left:

1. local wishes: buyers who put their own transformer first, there: with their partner, their source, anybody;
2. partner wishes; 3. source wishes, on the same transformer, the same feeder, anywhere;
4. everybody: on the same transformer, on the same feeder, anywhere.

Within a round every group trades as much as its scarcer side has, so no trade list has more of what the round is about
after the rounds before it. Transformers nest in feeders, so without wishes for partner or source the energy that stays
under a transformer, and then on a feeder, is the most of all trade lists (tests hold both against linear programs).

Where many wish for the same, who pays more comes first; then price, arrival, row. A wish that is met costs the buyer
the own premium, but never more than what the limit leaves above the uniform price. All of it is the seller's.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numba import njit, types

from domain.order import Book, Column, Side
from domain.place import Places
from domain.preference import NONE, Bond, Preferences
from domain.trade import Deals, Trades
from market.auction.matching import LINES, meet, ranked
from market.auction.ranking import COLUMN, ROWS, stable_order


class Round(NamedTuple):
    """One round: orders of equal key may meet, NONE takes no part. Keys: shape (orders,), int64."""

    bond: Bond
    sell_key: Column
    buy_key: Column


def pair_by_wish(
    book: Book, filled_wh: Column, price_mjpy_per_kwh: int | Column, places: Places, preferences: Preferences
) -> Deals:
    """Bilateral trades, at most one less than the filled orders, with the premium of each.

    filled_wh: Shape (orders,), int64, Wh, as cleared at the price; filled bids and asks must be equal in sum.
    price: one for all or, where prices part, that of each order's node, shape (orders,). Places and preferences must be
    free of faults (market.auction.inspection).
    """
    room = np.where(book.side == Side.BUY, book.limit_mjpy_per_kwh - price_mjpy_per_kwh, 0)
    premium = np.clip(room, 0, preferences.premium_max_mjpy_per_kwh)
    sells, buys = ranked(book, filled_wh, Side.SELL), ranked(book, filled_wh, Side.BUY)
    buys = buys[stable_order(-premium[buys])]
    trades, left_wh = np.empty((3, sells.size + buys.size), np.int64), filled_wh.copy()
    bond, count = np.empty(sells.size + buys.size, np.int64), 0
    for each in _rounds(book, places, preferences):
        before, count = count, _meet_by_key(each, sells, buys, left_wh, trades, count)
        bond[before:count] = each.bond
        sells, buys = sells[left_wh[sells] > 0], buys[left_wh[buys] > 0]
    assert not left_wh.any(), "bought is not sold"
    paired, bond = Trades(*trades[:, :count]), bond[:count]
    return Deals(paired, np.where(bond >= Bond.LOCAL_WISH, premium[paired.buy_order], 0), bond)


def _rounds(book: Book, places: Places, preferences: Preferences) -> Iterator[Round]:
    """The rounds in their order; those that nobody wishes for are left out."""
    site, wished = book.site, preferences
    near, line = places.transformer[site], places.feeder[site]
    everybody = np.zeros_like(site)
    is_local = wished.local_first == 1
    if np.any(is_local):
        is_near = places.transformer[np.maximum(wished.partner, 0)] == near
        yield Round(Bond.PARTNER_WISH, site, np.where(is_local & is_near, wished.partner, NONE))
        at_source = _joined(wished.source, near)
        yield Round(Bond.SOURCE_WISH, at_source, np.where(is_local, at_source, NONE))
        yield Round(Bond.LOCAL_WISH, near, np.where(is_local, near, NONE))
    yield Round(Bond.PARTNER_WISH, site, wished.partner)
    for place in (near, line, everybody):
        at_source = _joined(wished.source, place)
        yield Round(Bond.SOURCE_WISH, at_source, at_source)
    for bond, place in ((Bond.TRANSFORMER, near), (Bond.FEEDER, line), (Bond.BOOK, everybody)):
        yield Round(bond, place, place)


def _joined(source: Column, place: Column) -> Column:
    """One key for source and place together, NONE without a source."""
    return np.where(source == NONE, NONE, source * (int(place.max(initial=0)) + 1) + place)


def _meet_by_key(each: Round, sells: Column, buys: Column, left_wh: Column, trades: Column, count: int) -> int:
    """Let a round's groups trade what they have left, into trades from ``count`` on; how many trades there are then."""
    sells, buys = _by_key(sells, each.sell_key), _by_key(buys, each.buy_key)
    sold_wh, bought_wh = left_wh[sells], left_wh[buys]
    keys = each.sell_key[sells], each.buy_key[buys]
    count = _meet_groups(sells, keys[0], sold_wh, buys, keys[1], bought_wh, trades, count)
    left_wh[sells], left_wh[buys] = sold_wh, bought_wh
    return count


def _by_key(row: Column, key: Column) -> Column:
    """Rows that take part, groups together, in each as they stood."""
    row = row[key[row] != NONE]
    return row[stable_order(key[row])]


@njit(types.int64(COLUMN, COLUMN, ROWS, COLUMN, COLUMN, ROWS, LINES, types.int64), cache=True)
def _meet_groups(
    sells: Column,
    sell_key: Column,
    sold_wh: Column,
    buys: Column,
    buy_key: Column,
    bought_wh: Column,
    trades: Column,
    count: int,
) -> int:
    """``meet`` for each key that both sides have; keys rise."""
    sell = buy = 0
    while sell < sells.size and buy < buys.size:
        key = max(sell_key[sell], buy_key[buy])
        sell += np.searchsorted(sell_key[sell:], key)
        buy += np.searchsorted(buy_key[buy:], key)
        sell_end = sell + np.searchsorted(sell_key[sell:], key, "right")
        buy_end = buy + np.searchsorted(buy_key[buy:], key, "right")
        sold, bought = sold_wh[sell:sell_end], bought_wh[buy:buy_end]
        count = meet(sells[sell:sell_end], sold, buys[buy:buy_end], bought, trades, count)
        sell, buy = sell_end, buy_end
    return count
