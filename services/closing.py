"""The end of a delivery day: what trading brought each member, and the pool's result shared out.

A member is compared with itself: the same use, the same sun, the same battery, on the utility's tariff at the member's
own marginal tier. Where no set-point moved a battery, its flows are what they would have been. Where one did, the
battery is run from the same charge to the same charge as well as hindsight allows: a harder yardstick than what the
member would have reached. The pool's result of the day goes back to the members, first to whoever
trading left behind.
"""

from typing import Any

import numpy as np
from sqlalchemy import Connection

from domain.order import Column
from domain.slot import slots_of_day
from market.battery import cheapest_ujpy
from memory import ledger, readings, setpoints, settlements
from services.booking import SETTLEMENT
from services.context import TradeContext
from services.market_view import alternatives
from settlement.ledger import POOL, Transfer, member
from settlement.sharing import share_pool

SHARE = "pool_share"


def close_day(ctx: TradeContext, slot: int) -> dict[str, Any]:
    """Share the day's pool result after its last slot; other slots have nothing to close."""
    day = ctx.day_of(slot)
    slots = [each.index for each in slots_of_day(day, ctx.zone)]

    def work(tx: Connection) -> dict[str, Any]:
        if slot != slots[-1]:
            return {}
        rows = settlements.of_slots(tx, slots[0], slots[-1])
        gain = _column(ctx, rows, "net_ujpy") - without_trading(tx, ctx, slots)
        traded_wh = _column(ctx, rows, "sold_wh") + _column(ctx, rows, "bought_wh")
        result = ledger.change_ujpy(tx, POOL, slots[0], slots[-1])
        shares = share_pool(result, gain, traded_wh)
        ledger.book(tx, _transfers(slot, ctx.roster.ids, shares))
        return {
            "day": str(day),
            "pool_ujpy": result,
            "worse_off_before": int(np.count_nonzero(gain < 0)),
            "worse_off_after": int(np.count_nonzero(gain + shares < 0)),
            "saving_ujpy": dict(zip(ctx.roster.ids, (gain + shares).tolist(), strict=True)),
        }

    ctx.steps.run(ctx.thread(slot), "close", SETTLEMENT, "close", work)
    return {}


def without_trading(tx: Connection, ctx: TradeContext, slots: list[int]) -> Column:
    """What each member would have earned (or paid, below zero) on the utility's tariff alone. Shape (sites,), uJPY."""
    flows = _flows(tx, ctx, slots)
    day = ctx.day_of(slots[0])
    buy, sell = alternatives(ctx, day), ctx.rules.of(day).tariff.buyback
    net_wh = flows["load_wh"] - flows["generation_wh"]
    cost = np.maximum(net_wh, 0).sum(axis=1) * buy - np.maximum(-net_wh, 0).sum(axis=1) * sell
    moved = {site for by_site in setpoints.of_slots(tx, slots[0], slots[-1]).values() for site in by_site}
    alone = np.maximum(flows["import_wh"], 0).sum(axis=1) * buy - np.maximum(flows["export_wh"], 0).sum(axis=1) * sell
    for position, battery in ctx.roster.batteries.items():
        if ctx.roster.ids[position] not in moved:
            cost[position] = alone[position]
            continue
        stored = flows["stored_wh"][position]
        prices = np.full(len(slots), buy[position]), np.full(len(slots), sell)
        cost[position] = cheapest_ujpy(net_wh[position], int(stored[0]), int(stored[-1]), battery, *prices)
    earned: Column = -cost
    return earned


def _flows(tx: Connection, ctx: TradeContext, slots: list[int]) -> dict[str, Column]:
    """The day's registers, shape (sites, slots), Wh; ``stored_wh`` has one column more, the content at the start."""
    columns = readings.history(tx, ctx.roster.ids, slots[0] - 1, slots[-1])
    known = columns["load_wh"][:, 1:] >= 0
    return {
        "load_wh": np.where(known, columns["load_wh"][:, 1:], 0),
        "generation_wh": np.where(known, columns["generation_wh"][:, 1:], 0),
        "import_wh": columns["import_wh"][:, 1:],
        "export_wh": columns["export_wh"][:, 1:],
        "stored_wh": np.maximum(columns["stored_wh"], 0),
    }


def _column(ctx: TradeContext, rows: list[settlements.SettlementRow], name: str) -> Column:
    """One figure added up over the day by site. Shape (sites,), int64."""
    position, total = ctx.roster.position, np.zeros(len(ctx.roster.ids), np.int64)
    for row in rows:
        total[position[row.site_id]] += getattr(row, name)
    return total


def _transfers(slot: int, site_ids: list[str], shares: Column) -> list[Transfer]:
    """Each member's share from the pool, or into it."""
    return [
        Transfer(f"{slot}:{SHARE}:{site}", *(parties if share > 0 else parties[::-1]), abs(share), SHARE, slot)
        for site, share in zip(site_ids, shares.tolist(), strict=True)
        if share and (parties := (POOL, member(site)))
    ]
