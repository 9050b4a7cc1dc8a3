"""What the day-ahead sessions brought, by the definitions of docs/architecture.md."""

from typing import Any

from sqlalchemy import Connection

from domain.day_ahead_order import DayAheadOrder, Kind
from domain.quantity import WH_PER_KWH
from domain.trade import Venue
from memory.trading import day_ahead, trades
from services.context import TradeContext
from services.orders.placed_loads import placeable


def day_ahead_figures(tx: Connection, ctx: TradeContext, slots: list[int]) -> dict[str, Any]:
    """Trades and energy of the slots, and the blocks and loads accepted on their days."""
    made = [each for each in trades.between(tx, slots[0], slots[-1]) if each.market is Venue.DAY_AHEAD]
    accepted = _accepted(tx, ctx, slots)
    return {
        "day_ahead_trades": len(made),
        "day_ahead_kwh": sum(each.energy_wh for each in made) / WH_PER_KWH,
        "blocks_accepted": sum(order.kind is Kind.BLOCK for order in accepted),
        "loads_placed": len(placeable(accepted)),
    }


def _accepted(tx: Connection, ctx: TradeContext, slots: list[int]) -> list[DayAheadOrder]:
    found = list[DayAheadOrder]()
    for day in sorted({ctx.day_of(slot) for slot in slots}):
        traded = {row.id for row in day_ahead.results(tx, day, day) if row.traded_wh}
        found += [row.order for row in day_ahead.of_day(tx, day) if row.order.id in traded]
    return found
