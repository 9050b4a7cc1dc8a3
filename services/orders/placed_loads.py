"""Use that a day-ahead session placed: it comes on top of what a forecast learnt from the past can know."""

from collections.abc import Iterable

import numpy as np
from sqlalchemy import Connection

from domain.day_ahead_order import DayAheadOrder, Kind
from domain.order import Column
from memory.trading import day_ahead
from services.context import TradeContext


def added_wh(tx: Connection, ctx: TradeContext, first_slot: int, slots: int) -> Column:
    """What placed loads and runs add to each site's use. Shape (sites, slots), int64, Wh."""
    first, last = ctx.day_of(first_slot), ctx.day_of(first_slot + slots - 1)
    added, position = np.zeros((len(ctx.roster.ids), slots), np.int64), ctx.roster.position
    traded = {(row.day, row.id): row.traded_wh for row in day_ahead.results(tx, first, last)}
    for day in {each for each, _ in traded}:
        for order in placeable(row.order for row in day_ahead.of_day(tx, day)):
            for slot, wh in traded.get((day, order.id), {}).items():
                if 0 <= slot - first_slot < slots:
                    added[position[order.site_id], slot - first_slot] += wh
    return added


def placeable(orders: Iterable[DayAheadOrder]) -> list[DayAheadOrder]:
    """The orders that make a device run when they trade."""
    return [order for order in orders if order.kind in (Kind.LOAD, Kind.RUN)]
