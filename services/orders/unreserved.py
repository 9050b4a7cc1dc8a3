"""What members may still have to pay and nobody has reserved: open orders in every venue, and trades until booked."""

from collections import Counter
from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import Connection

from domain.order import Side
from memory.books import steps
from memory.trading import trades
from services.orders.commitments import thread_of
from services.orders.open_of_day import open_of_day
from services.orders.order_book import Desk
from services.orders.screening import cost_ujpy

WAIT_PARTS = 12  # of a day: so long a slot may wait for people between its call and its reservations


def unreserved_ujpy(tx: Connection, desk: Desk, slot: int, without: Collection[str]) -> dict[str, int]:
    """The most that each site may have to pay for it, uJPY by site id, as of when ``slot`` is traded or spoken of.

    without: orders that shall not count, by their public names. Orders and what is booked are read before trades: what
    moves on meanwhile is counted twice at worst, never missed.
    """
    per_day = desk.time.per_day
    first, last = slot - per_day - per_day // WAIT_PARTS, slot + 2 * per_day
    owed: Counter[str] = Counter()
    day = desk.day_of(first)
    while day <= desk.day_of(last):
        for order in open_of_day(tx, desk, day):
            if order.side is Side.BUY and order.id not in without:
                cost = cost_ujpy(desk.rules_of(order.slot), order.energy_wh, order.limit_mjpy_per_kwh)
                owed[order.site_id] += cost
        day += timedelta(days=1)
    ended = steps.threads(tx, "book") | steps.threads(tx, "stopped")
    unbooked = [each for each in range(first, last + 1) if thread_of(desk.market, each) not in ended]
    for trade in trades.of_slots(tx, unbooked):
        owed[trade.buyer_site] += cost_ujpy(desk.rules_of(trade.slot), trade.energy_wh, trade.price_mjpy_per_kwh)
    return dict(owed)
