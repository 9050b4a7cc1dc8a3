"""The end of a delivery day: what trading brought each member, the pool's result shared out, and surveillance.

A member is compared with itself: the same use, the same sun, the same battery, on the utility's tariff at the member's
own marginal tier. Where no set-point moved a battery, its flows are what they would have been. Where one did, the
battery is run from the same charge to the same charge as well as hindsight allows: a harder yardstick than what the
member would have reached. A vehicle that was told when to charge is compared with itself charging by habit
(services.vehicles.usual_charging). The pool's result of the day goes back to the members, first to whoever trading
left behind. Reservations whose time is over by then are given up. A day with a slot that still waits to be settled is
closed after it.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np
from sqlalchemy import Connection

from domain.errors import RuleBroken
from domain.order import Column
from domain.site import DeviceKind
from market.storage.battery import cheapest_ujpy
from memory.books import ledger, settlements, steps
from memory.devices import readings, setpoints
from services.context import TradeContext
from services.figures.watching import watch_day
from services.money.booking import SETTLEMENT
from services.orders.market_view import alternatives
from services.vehicles.usual_charging import usual_charging
from settlement.ledger import POOL, Transfer, member
from settlement.sharing import share_pool

SHARE = "pool_share"


def close_day(ctx: TradeContext, slot: int) -> dict[str, Any]:
    """Share the day's pool result after its last slot and search the day; other slots have nothing to close.

    Raises RuleBroken while an earlier slot of the day is not settled.
    """
    day = ctx.day_of(slot)
    slots = ctx.time.slots_of(day)

    def work(tx: Connection) -> dict[str, Any]:
        if slot != slots[-1]:
            return {}
        ledger.expire_due(tx, int(ctx.time.slot(slot).end.timestamp()))
        rows = settlements.of_slots(tx, slots[0], slots[-1])
        _require_settled(tx, ctx, slots, {row.slot for row in rows})
        gain = _column(ctx, rows, "net_ujpy") - without_trading(tx, ctx, rows, slots)
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
    watch_day(ctx, slot)
    return {}


def _require_settled(tx: Connection, ctx: TradeContext, slots: list[int], settled: set[int]) -> None:
    """Every slot of the day that the market began must be settled: what it brings the pool is shared too."""
    begun = steps.threads(tx, "open") | steps.threads(tx, "stopped")
    missing = [slot for slot in slots if ctx.thread(slot) in begun and slot not in settled]
    if missing:
        raise RuleBroken(f"the day of slot {slots[-1]} is closed when slot {missing[0]} is settled")


def without_trading(
    tx: Connection, ctx: TradeContext, rows: list[settlements.SettlementRow], slots: list[int]
) -> Column:
    """What each member would have earned (or paid, below zero) on the utility's tariff alone, over the settled slots
    and nothing else. Shape (sites,), uJPY.

    A battery that was moved is compared with its best day, a vehicle with its habit, only when the whole day is
    settled. The best day of a battery beside a vehicle charges that by habit too.
    """
    earned = _column(ctx, rows, "no_trade_ujpy")
    if {row.slot for row in rows} != set(slots):
        return earned
    buy, sell = alternatives(ctx, ctx.day_of(slots[0])), ctx.rules.of(ctx.day_of(slots[0])).tariff.buyback
    flows = readings.history(tx, ctx.roster.ids, slots[0] - 1, slots[-1])
    usual = usual_charging(ctx.roster.vehicles, {name: column[:, 1:] for name, column in flows.items()})
    told = setpoints.of_slots(tx, DeviceKind.EV_CHARGER, slots[0], slots[-1])
    for position in _among(ctx, ctx.roster.vehicles, told):
        spared_ujpy = int(usual.unused_wh[position] * buy[position])
        earned[position] = _earned_ujpy(usual.metered_wh[position], int(buy[position]), sell) + spared_ujpy
    net_wh = np.where(flows["load_wh"] >= 0, flows["load_wh"] - flows["generation_wh"], 0)[:, 1:] + usual.charge_wh
    stored_wh = np.maximum(flows["stored_wh"], 0)
    for position in _among(ctx, ctx.roster.batteries, setpoints.of_slots(tx, DeviceKind.BATTERY, slots[0], slots[-1])):
        battery = ctx.roster.batteries[position]
        stored = np.minimum(stored_wh[position], battery.capacity_wh)
        prices = np.full(len(slots), buy[position]), np.full(len(slots), sell)
        earned[position] = -cheapest_ujpy(net_wh[position], int(stored[0]), int(stored[-1]), battery, *prices)
    return earned


def _among(ctx: TradeContext, positions: Iterable[int], moves: dict[int, setpoints.Moves]) -> list[int]:
    """The positions whose sites were told something."""
    told = {site for by_site in moves.values() for site in by_site}
    return [position for position in positions if ctx.roster.ids[position] in told]


def _earned_ujpy(metered_wh: Column, buy: int, sell: int) -> int:
    """Import less export, shape (slots,), Wh, on the utility's tariff: what it earns, or costs below zero."""
    return int(np.where(metered_wh > 0, -metered_wh * buy, -metered_wh * sell).sum())


def _column(ctx: TradeContext, rows: list[settlements.SettlementRow], name: str) -> Column:
    """One figure added up over the day by site. Shape (sites,), int64."""
    position, total = ctx.roster.position, np.zeros(len(ctx.roster.ids), np.int64)
    for row in rows:
        total[position[row.site_id]] += getattr(row, name) or 0
    return total


def _transfers(slot: int, site_ids: list[str], shares: Column) -> list[Transfer]:
    """Each member's share from the pool, or into it."""
    return [
        Transfer(f"{slot}:{SHARE}:{site}", *(parties if share > 0 else parties[::-1]), abs(share), SHARE, slot)
        for site, share in zip(site_ids, shares.tolist(), strict=True)
        if share and (parties := (POOL, member(site)))
    ]
