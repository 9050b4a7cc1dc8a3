"""The call auction of a slot over the admitted orders on the feeder, and the bilateral trades it means."""

from typing import Any

import numpy as np
from sqlalchemy import Connection

from agents.state import SlotState
from domain.feeder import Feeder
from domain.order import Book, Column, Order, Side
from market.auction.locality import places_of
from market.auction.partners import pair_by_wish
from market.grid.nodal_price import BranchState
from market.grid.relief import CheckedClearing, clear_and_relieve
from memory import alarms
from memory.trading import clearings, orders, trades
from memory.trading.clearings import ClearingRow
from memory.trading.trades import TradeRow
from services.context import TradeContext
from services.grid.grid_limits import Record, bounds_of, branch_records, within
from services.grid.grid_words import VIOLATION_ALARM, cut_record, finding_record
from services.orders import early_trades
from services.orders.books import book_of
from services.orders.wishes import outcome, preferences_of, room_for_premium

FULL = (BranchState.FULL_OF_IMPORTS, BranchState.FULL_OF_EXPORTS)


def clear(ctx: TradeContext, state: SlotState) -> dict[str, Any]:
    """Clear at the welfare optimum inside corridor and feeder, and write the trades down."""
    slot = state["slot"]

    def work(tx: Connection) -> dict[str, Any]:
        admitted = orders.admitted_of_slot(tx, slot)
        book = book_of(admitted, ctx.roster.position)
        bound = bounds_of(tx, ctx.desk, slot)
        wires = within(ctx.connections, bound)
        feeder = early_trades.left_for_call(tx, slot, wires, ctx.roster.position)
        checked = _cleared(ctx, slot, admitted, book, feeder)
        rows, wishes = _trades(tx, ctx, slot, admitted, book, checked)
        narrowed = branch_records(bound, ctx.connections)
        clearings.save(tx, _row(ctx, slot, admitted, book, checked, feeder, wishes, narrowed))
        trades.save(tx, rows)
        for finding in checked.check.findings:
            body = finding_record(ctx.connections.feeder, finding)
            alarms.sound(tx, ctx.now(), VIOLATION_ALARM, ctx.thread(slot), body)
        cleared = checked.clearing
        return {"trades": len(rows), "volume_wh": cleared.volume_wh, "welfare_ujpy": cleared.welfare_ujpy}

    output = ctx.steps.run(ctx.thread(slot), "clear", "runtime", "clear", work)
    return {"trades": output["trades"]}


def _cleared(ctx: TradeContext, slot: int, admitted: list[Order], book: Book, feeder: Feeder) -> CheckedClearing:
    """The auction on the feeder and the AC check of what will flow: expectations, with batteries' trades on top."""
    node = ctx.connections.node
    expected_wh = np.zeros(len(feeder.parent), np.int64)
    position_wh = ctx.steps.output(ctx.thread(slot), "bid")["expected_position_wh"]
    np.subtract.at(expected_wh, node, np.array(position_wh, np.int64))
    firm = np.array([each.firm for each in admitted], bool)
    corridor = ctx.rules.of(ctx.day_of(slot)).corridor
    rated = ctx.connections.feeder
    return clear_and_relieve(book, firm, node[book.site], feeder, corridor, expected_wh, rated=rated)


def _row(
    ctx: TradeContext,
    slot: int,
    admitted: list[Order],
    book: Book,
    checked: CheckedClearing,
    feeder: Feeder,
    wishes: dict[str, Any],
    grid: list[Record],
) -> ClearingRow:
    cleared, asks = checked.clearing, book.side == Side.SELL
    ids = [order.id for order in admitted]
    full = [
        {
            "branch": feeder.branch_names[node],
            "node": node,
            "state": BranchState(int(cleared.state[node])).name.lower(),
            "flow_wh": abs(int(cleared.flow_wh[node])),
            "limit_wh": int(feeder.limit_wh[node]),
            "rent_ujpy": int(cleared.rent_ujpy[node]),
        }
        for node in np.flatnonzero(np.isin(cleared.state, FULL)).tolist()
    ]
    return ClearingRow(
        slot=slot,
        price_mjpy_per_kwh=int(cleared.node_price_mjpy_per_kwh[0]) if cleared.volume_wh else None,
        volume_wh=cleared.volume_wh,
        welfare_ujpy=cleared.welfare_ujpy,
        offered_wh=int(book.energy_wh[asks].sum()),
        detail={
            "wanted_wh": int(book.energy_wh[~asks].sum()),
            "node_price": cleared.node_price_mjpy_per_kwh.tolist(),
            "flow_wh": cleared.flow_wh.tolist(),
            "full": full,
            "wishes": wishes,
            "check": str(checked.check),
            "cuts": [cut_record(feeder, cut, ids) for cut in checked.cuts],
            "findings": [finding_record(feeder, finding) for finding in checked.check.findings],
            **({"grid": grid} if grid else {}),
        },
    )


def _trades(
    tx: Connection, ctx: TradeContext, slot: int, admitted: list[Order], book: Book, checked: CheckedClearing
) -> tuple[list[TradeRow], dict[str, Any]]:
    """Who trades with whom, wishes first, then neighbours, and what the clearing notes of wishes. A trade's price is
    that of its seller's node and, where a wish brought the two together, the premium."""
    node_price: Column = checked.clearing.node_price_mjpy_per_kwh[ctx.connections.node][book.site]
    places, cap = places_of(ctx.connections), ctx.rules.of(ctx.day_of(slot)).corridor.cap
    wished = preferences_of(tx, ctx.roster, admitted, book, places)
    deals = pair_by_wish(book, checked.clearing.filled_wh, node_price, places, wished)
    premium = room_for_premium(deals, node_price, cap)
    rows = [
        TradeRow(
            id=f"{slot}:{number:04d}",
            slot=slot,
            sell_order=admitted[sell].id,
            buy_order=admitted[buy].id,
            seller_site=admitted[sell].site_id,
            buyer_site=admitted[buy].site_id,
            energy_wh=energy_wh,
            price_mjpy_per_kwh=int(node_price[sell]) + above,
        )
        for number, (sell, buy, energy_wh, above) in enumerate(
            zip(*(column.tolist() for column in (*deals.trades, premium)), strict=True)
        )
    ]
    return rows, outcome([row.id for row in rows], wished, deals, premium)
