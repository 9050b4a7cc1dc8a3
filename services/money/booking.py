"""Reservations: what a slot's contracts will cost, pending until the meters have spoken."""

from typing import Any

import numpy as np
from sqlalchemy import Connection

from memory.books import ledger
from memory.trading import clearings, contracts
from services.context import TradeContext
from services.orders.positions import differences, positions
from services.telling.site_prices import node_prices
from settlement.ledger import Transfer
from settlement.slot import reserve_slot

SETTLEMENT = "settlement"  # the actor that alone moves money; no agent has this grant


def reservations(tx: Connection, ctx: TradeContext, slot: int) -> list[Transfer]:
    """The pending transfers that the slot's standing contracts need, one a site and side, and two for
    each contract away from its node price."""
    price = node_prices(ctx, clearings.get(tx, slot))
    if price is None:
        return []
    held = positions(slot_contracts(tx, slot), ctx.roster.position)
    stack = ctx.rules.of(ctx.day_of(slot)).stack
    apart = differences(held, price, np.zeros_like(held.energy_wh))
    return reserve_slot(slot, ctx.roster.ids, held.sell_wh, held.buy_wh, price, stack, apart)


def slot_contracts(tx: Connection, slot: int) -> list[contracts.ContractRow]:
    """The contracts that came out of the slot's auction, in order of digest."""
    return [each for each in contracts.of_slot(tx, slot) if each.trade_id]


def book(ctx: TradeContext, slot: int) -> dict[str, Any]:
    """Reserve what the approved contracts of the slot will cost."""

    def work(tx: Connection) -> dict[str, Any]:
        pending = reservations(tx, ctx, slot)
        ledger.book(tx, pending)
        return {"reserved": len(pending), "reserved_ujpy": sum(each.amount_ujpy for each in pending)}

    ctx.steps.run(ctx.thread(slot), "book", SETTLEMENT, "book", work)
    return {}
