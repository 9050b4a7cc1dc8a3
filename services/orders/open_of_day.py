"""What may still trade on one delivery day: every order that rests, stands or waits for its call, each at its most.

With the trades of the day it is all that a day can still become: nothing trades that was not among them before.
"""

from collections.abc import Iterator
from datetime import date
from itertools import groupby

from sqlalchemy import Connection

from domain.day_ahead_order import DayAheadOrder
from domain.order import Order
from memory.books import steps
from memory.trading import day_ahead, order_commands, orders
from services.orders.commitments import thread_of
from services.orders.order_book import Desk, OpenOrder, open_orders, replayed

ROUNDING_MJPY_PER_KWH = 2
"""What the mean of prices delivered may exceed the price delivered of their mean: losses and fee are each rounded."""


def open_of_day(tx: Connection, desk: Desk, day: date) -> list[Order]:
    """The orders of a day that nobody refused and that have not traded yet: in continuous books, in the day-ahead book
    and in calls that are not cleared. Read in the direction in which orders move, so that none slips through."""
    found = [*_filed(tx, day), *_resting(tx, desk, day), *_waiting(tx, desk, day)]
    return list({order.id: order for order in found}.values())


def whole_of(order: DayAheadOrder) -> Order:
    """The most of a day-ahead order in all its slots together. Its limit holds for their mean, so that a purchase may
    cost a rounding more."""
    more = ROUNDING_MJPY_PER_KWH if len(order.slots) > 1 else 0
    limit, energy_wh = order.limit_mjpy_per_kwh + more, sum(order.energy_wh)
    return Order(order.id, order.slots[0], order.site_id, order.side, limit, energy_wh, order.entered)


def _resting(tx: Connection, desk: Desk, day: date) -> Iterator[Order]:
    """In the continuous books of slots whose call has not begun."""
    slots = desk.time.slots_of(day)
    for slot, rows in groupby(order_commands.between(tx, desk.market, slots[0], slots[-1]), key=lambda row: row.slot):
        thread = thread_of(desk.market, slot)
        if any(steps.find(tx, thread, node) is not None for node in ("bid", "stopped")):
            continue
        said = list(rows)
        yield from map(_order, open_orders(replayed(desk, slot, said), slot, said))


def _waiting(tx: Connection, desk: Desk, day: date) -> Iterator[Order]:
    """In calls that have begun and are not cleared."""
    slots = {thread_of(desk.market, slot): slot for slot in desk.time.slots_of(day)}
    begun = steps.done(tx, slots.keys(), "bid")
    for thread in sorted(begun - steps.done(tx, begun, "clear") - steps.done(tx, begun, "stopped")):
        yield from orders.admitted_of_slot(tx, slots[thread])


def _filed(tx: Connection, day: date) -> Iterator[Order]:
    """In the day-ahead book, until its session has ended."""
    if day_ahead.session(tx, day) is None:
        yield from (whole_of(row.order) for row in day_ahead.of_day(tx, day) if row.withdrawn_at is None)


def _order(each: OpenOrder) -> Order:
    return Order(each.id, each.slot, each.site_id, each.side, each.limit_mjpy_per_kwh, each.left_wh, each.seq)
