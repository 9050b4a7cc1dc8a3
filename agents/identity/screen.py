"""Who may trade: every order passes mandate, corridor and credit, or is refused with its reason."""

from typing import Any

import numpy as np
from sqlalchemy import Connection

from agents.state import SlotState
from domain.errors import RuleBroken
from domain.order import Order, Side
from identity import credit
from market.auction.admission import REASONS, admit
from memory import ledger, orders
from policies.licences import RETAIL_SUPPLY
from services.books import book_of
from services.context import TradeContext
from services.roster import mandates_in_force
from settlement.ledger import member


def screen(ctx: TradeContext, state: SlotState) -> dict[str, Any]:
    """Write down which orders are refused and why."""
    slot = state["slot"]

    def work(tx: Connection) -> dict[str, Any]:
        if not any(each.kind == RETAIL_SUPPLY for each in ctx.roster.licences):
            raise RuleBroken("no retailer's registration is on file: no supply through the grid without one")
        rows = orders.of_slot(tx, slot)
        refused = refusals(tx, ctx, slot, rows)
        orders.refuse(tx, refused)
        return {"admitted": len(rows) - len(refused), "refused": len(refused)}

    output = ctx.steps.run(ctx.thread(slot), "screen", "identity", "screen", work)
    return {"refused": output["refused"]}


def refusals(tx: Connection, ctx: TradeContext, slot: int, rows: list[Order]) -> dict[str, str]:
    """The refused orders by id, each with the first reason that applies."""
    if not rows:
        return {}
    rules = ctx.rules.of(ctx.day_of(slot))
    columns = mandates_in_force(tx, ctx.roster)
    codes = admit(book_of(rows, ctx.roster.position), columns, rules.corridor)
    refused = {order.id: REASONS[int(code)] for order, code in zip(rows, codes, strict=True) if code}
    return refused | _without_credit(tx, ctx, slot, [order for order in rows if order.id not in refused])


def _without_credit(tx: Connection, ctx: TradeContext, slot: int, rows: list[Order]) -> dict[str, str]:
    """Purchases that would open more than the member's credit covers. uJPY."""
    stack = ctx.rules.of(ctx.day_of(slot)).stack
    buys = [order for order in rows if order.side is Side.BUY]
    pending = ledger.balances(tx)
    open_ujpy = np.array([_open(pending, order.site_id) for order in buys], np.int64)
    asked_ujpy = np.array([order.energy_wh * stack.delivered(order.limit_mjpy_per_kwh) for order in buys], np.int64)
    members = np.array([ctx.roster.position[order.site_id] for order in buys], np.int64)
    reasons = credit.screen(open_ujpy, asked_ujpy, member=members)
    return {order.id: reason for order, reason in zip(buys, reasons, strict=True) if reason}


def _open(balances: dict[str, Any], site_id: str) -> int:
    account = balances.get(member(site_id))
    return account.debits_pending + max(-account.ujpy, 0) if account else 0
