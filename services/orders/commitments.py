"""What members have open before it is reserved: energy bought before calls, and bids that rest in open books."""

from collections import Counter
from itertools import groupby

from sqlalchemy import Connection

from domain.order import Side
from memory.books import steps
from memory.trading import order_commands, trades
from services.orders.order_book import Desk, open_orders, replayed
from services.orders.screening import cost_ujpy

WAIT_PARTS = 12  # of a day: so long a slot may wait for people between its call and its reservations


def unreserved_ujpy(tx: Connection, desk: Desk, slot: int, without: str = "") -> dict[str, int]:
    """The most that each site may have to pay for it, uJPY by site id, as of when ``slot`` is traded or spoken of.
    without: an order that shall not count, by its public name."""
    day = desk.time.per_day
    first, last = slot - day - day // WAIT_PARTS, slot + 2 * day
    ended = steps.threads(tx, "book") | steps.threads(tx, "stopped")
    called = steps.threads(tx, "bid")
    owed: Counter[str] = Counter()
    for each in trades.between(tx, first, last):
        if each.early and thread_of(desk.market, each.slot) not in ended:
            owed[each.buyer_site] += cost_ujpy(desk.rules_of(each.slot), each.energy_wh, each.price_mjpy_per_kwh)
    commands = order_commands.between(tx, desk.market, first, last)
    for of_slot, rows in groupby(commands, key=lambda row: row.slot):
        if thread_of(desk.market, of_slot) not in called:
            said = list(rows)
            for resting in open_orders(replayed(desk, of_slot, said), of_slot, said):
                if resting.side is Side.BUY and resting.id != without:
                    limit, rules = resting.limit_mjpy_per_kwh, desk.rules_of(of_slot)
                    owed[resting.site_id] += cost_ujpy(rules, resting.left_wh, limit)
    return dict(owed)


def thread_of(market: str, slot: int) -> str:
    """The name of a slot's graph run."""
    return f"slot:{market}:{slot}"
