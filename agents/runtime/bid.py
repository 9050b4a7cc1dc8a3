"""Orders from forecast, battery and mandate: what each member's agent would sign without asking."""

from dataclasses import replace
from typing import Any

import numpy as np
from sqlalchemy import Connection

from agents.runtime.charge import with_vehicles
from agents.state import SlotState
from domain.order import Book, Column, Order, Side
from domain.site import DeviceKind
from market.bidding import Range, Situation, bids, expected_position_wh
from memory.devices import setpoints
from memory.trading import orders
from services.context import TradeContext
from services.grid.grid_limits import bounds_of, cut_to_bounds
from services.orders import early_trades, placed_loads
from services.orders.market_view import alternatives
from services.orders.order_closing import close_book
from services.outlook import Expected, stored_at_start, traded
from services.roster import mandates_in_force

WEAR_MJPY_PER_KWH = 1_000


def bid(ctx: TradeContext, state: SlotState) -> dict[str, Any]:
    """Write down every site's orders for the slot, what each charger will be told, and why;
    how many orders would differ without memory is noted beside.
    """
    slot = state["slot"]

    def work(tx: Connection) -> dict[str, Any]:
        recalled = ctx.steps.output(ctx.thread(slot), "recall")
        own = close_book(tx, ctx.desk, slot)
        expected = ctx.outlooks.of(slot, recalled["correction_ppm"])
        situation, told, reasons = with_vehicles(tx, ctx, situation_of(tx, ctx, slot, recalled, own), expected)
        bound = bounds_of(tx, ctx.desk, slot)
        book, firm, cuts = cut_to_bounds(*bids(situation), bound, _held_wh(tx, ctx, slot, own))
        rows = _orders(ctx, slot, book, firm, len(own))
        orders.save(tx, own + rows, {})
        changed = _changed_by_memory(tx, ctx, slot, situation, rows, len(own)) if recalled["days"] else 0
        expected_wh = expected_position_wh(situation)[:, 0].tolist()  # what flows if no battery trades
        return {
            "orders": len(own) + len(rows),
            "own_orders": len(own),
            "recalled_days": recalled["days"],
            "changed": changed,
            "expected_position_wh": expected_wh,
            "charges": told,
            "vehicles": reasons,
            **({"grid": cuts} if cuts else {}),
        }

    output = ctx.steps.run(ctx.thread(slot), "bid", "runtime", "bid", work)
    return {"orders": output["orders"]}


def _changed_by_memory(
    tx: Connection, ctx: TradeContext, slot: int, situation: Situation, made: list[Order], own: int
) -> int:
    """How many orders would have been absent or other without anything remembered."""
    plain = ctx.outlooks.of(slot, {})
    forgetful = replace(
        situation,
        load_wh=_use_ahead(tx, ctx, slot, plain),
        pv_wh=traded(plain.pv_wh, plain.gap),
        expected_price_mjpy_per_kwh=None,
    )
    without = {each.id: each for each in _orders(ctx, slot, *bids(forgetful), own)}
    kept = {each.id: each for each in made}
    return sum(without.get(each) != kept.get(each) for each in without.keys() | kept.keys())


def situation_of(tx: Connection, ctx: TradeContext, slot: int, recalled: dict[str, Any], own: list[Order]) -> Situation:
    """All that bidding for the slot rests on. recalled: what the Memory agent's ``recall`` returned. own: what members
    offer there themselves."""
    day, known = ctx.day_of(slot), slot - ctx.time.unknown
    rules, expected = ctx.rules.of(day), ctx.outlooks.of(slot, recalled["correction_ppm"])
    position = ctx.roster.position
    moves = {
        moved: {position[site]: extra for site, extra in by_site.items()}
        for moved, by_site in setpoints.of_slots(tx, DeviceKind.BATTERY, known + 1, slot - 1).items()
    }
    stored_wh = ctx.histories.until(known)["stored_wh"][:, -1]
    return Situation(
        slot=slot,
        load_wh=_use_ahead(tx, ctx, slot, expected),
        pv_wh=traded(expected.pv_wh, expected.gap),
        batteries=list(ctx.roster.batteries.items()),
        stored_wh=stored_at_start(stored_wh, expected, ctx.roster.batteries, moves),
        mandates=mandates_in_force(tx, ctx.roster),
        alternative_mjpy_per_kwh=alternatives(ctx, day),
        stack=rules.stack,
        buyback_mjpy_per_kwh=rules.tariff.buyback,
        corridor=rules.corridor,
        wear_mjpy_per_kwh=WEAR_MJPY_PER_KWH,
        access_mjpy_per_kwh=rules.storage_access_mjpy_per_kwh,
        expected_price_mjpy_per_kwh=_expected_prices(ctx, slot, recalled["expected_price"]),
        held_wh=_held_wh(tx, ctx, slot, own),
    )


def _held_wh(tx: Connection, ctx: TradeContext, slot: int, own: list[Order]) -> Column:
    """What each site sells early or offers itself, below zero what it buys or bids for. Shape (sites,), int64, Wh."""
    position = ctx.roster.position
    return early_trades.position_wh(early_trades.of_slot(tx, slot), position) + _offered_wh(own, position)


def _offered_wh(own: list[Order], position: dict[str, int]) -> Column:
    """What members' own orders offer, below zero what they bid for. Shape (sites,), int64, Wh."""
    offered_wh = np.zeros(len(position), np.int64)
    for each in own:
        offered_wh[position[each.site_id]] += each.energy_wh if each.side is Side.SELL else -each.energy_wh
    return offered_wh


def _use_ahead(tx: Connection, ctx: TradeContext, slot: int, expected: Expected) -> Range:
    """Expected use from the slot on, with the loads that day-ahead sessions placed: no forecast knows of them."""
    return traded(expected.load_wh, expected.gap).more(placed_loads.added_wh(tx, ctx, slot, ctx.time.per_day))


def _expected_prices(ctx: TradeContext, slot: int, pattern: list[int] | None) -> np.ndarray | None:
    """The remembered day pattern, laid over the slots ahead by their place in the day. mJPY/kWh."""
    if pattern is None:
        return None
    ahead = range(slot, slot + ctx.time.per_day)
    return np.array([pattern[ctx.time.place_in_day(each)] for each in ahead], np.int64)


def _orders(ctx: TradeContext, slot: int, book: Book, firm: np.ndarray, own: int) -> list[Order]:
    """The agents' orders as rows; they come after the members' ``own``, which stood there before."""
    ids = ctx.roster.ids
    return [
        Order(
            id=f"{slot}:{ids[site]}:{'firm' if is_firm else 'standard'}",
            slot=slot,
            site_id=ids[site],
            side=Side(side),
            limit_mjpy_per_kwh=limit,
            energy_wh=energy_wh,
            entered=own + entered,
            firm=is_firm,
        )
        for site, side, limit, energy_wh, entered, is_firm in zip(
            *(column.tolist() for column in book), firm.tolist(), strict=True
        )
    ]
