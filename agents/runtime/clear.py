"""The call auction of a slot over the admitted orders, and the bilateral trades it means."""

from typing import Any

from sqlalchemy import Connection

from agents.state import SlotState
from domain.order import Side
from market.clearing import clear as clear_book
from market.matching import pair
from memory import clearings, orders, trades
from memory.trades import TradeRow
from services.books import book_of
from services.context import TradeContext


def clear(ctx: TradeContext, state: SlotState) -> dict[str, Any]:
    """Clear at the welfare optimum inside the corridor and write the trades down."""
    slot = state["slot"]

    def work(tx: Connection) -> dict[str, Any]:
        admitted = orders.admitted_of_slot(tx, slot)
        book = book_of(admitted, ctx.roster.position)
        corridor = ctx.rules.of(ctx.day_of(slot)).corridor
        cleared = clear_book(book, corridor)
        pairs = pair(book, cleared.filled_wh)
        asks = book.side == Side.SELL
        clearings.save(
            tx,
            clearings.ClearingRow(
                slot=slot,
                price_mjpy_per_kwh=cleared.price_mjpy_per_kwh,
                volume_wh=cleared.volume_wh,
                welfare_ujpy=cleared.welfare_ujpy,
                offered_wh=int(book.energy_wh[asks].sum()),
                detail={"wanted_wh": int(book.energy_wh[~asks].sum()), "interval": list(cleared.interval or ())},
            ),
        )
        rows = [
            TradeRow(
                id=f"{slot}:{number:04d}",
                slot=slot,
                sell_order=admitted[sell].id,
                buy_order=admitted[buy].id,
                seller_site=admitted[sell].site_id,
                buyer_site=admitted[buy].site_id,
                energy_wh=energy_wh,
                price_mjpy_per_kwh=cleared.price_mjpy_per_kwh or 0,
            )
            for number, (sell, buy, energy_wh) in enumerate(zip(*(column.tolist() for column in pairs), strict=True))
        ]
        trades.save(tx, rows)
        return {"trades": len(rows), "volume_wh": cleared.volume_wh, "welfare_ujpy": cleared.welfare_ujpy}

    output = ctx.steps.run(ctx.thread(slot), "clear", "runtime", "clear", work)
    return {"trades": output["trades"]}
