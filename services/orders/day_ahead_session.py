"""The session of a delivery day: everything filed for it is cleared once, when its book has closed.

Its trades are early trades of the slots (``services.orders.early_trades``): each slot's own run drafts, reviews,
records and
settles them. Loads and runs that were placed are told to the homes. A session that was not held before the day's gate
closed, because the market was down or a rule was broken until then, is missed: every order is told so, and its slots
trade on their own.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection

from domain.day_ahead_order import DayAheadOrder, Kind, with_descendants
from domain.errors import RuleBroken
from domain.trade import Venue
from market.blocks.clearing import OUT_OF_MONEY, PARENT_REJECTED
from market.blocks.filed import rejection
from market.blocks.on_feeder import DayCleared, Place, clear_within_branches, slot_trades
from memory import alarms
from memory.books import outbox
from memory.trading import day_ahead
from memory.trading.day_ahead import ResultRow, SessionRow
from memory.trading.trades import TradeRow
from services.grid.grid_signals import require_running
from services.opening import RULES
from services.orders import early_trades
from services.orders.day_ahead import faults_of, product_of, session_thread
from services.orders.order_book import Desk
from services.orders.placed_loads import placeable
from services.orders.screening import require_registration

LOADS = "homes.loads"
"""Of the effect that tells homes which loads run when, under the key ``homes.loads:DAY``."""
FULL_BRANCH, NO_LONGER_ADMITTED, MISSED = "full_branch", "no_longer_admitted", "missed"


def hold_due(desk: Desk) -> None:
    """Hold every session whose book has closed, and give up those whose gate has. A rule that is broken sounds an alarm
    and is tried again until then."""
    with desk.steps.database.read() as tx:
        days = day_ahead.days_without_session(tx)
    for day in days:
        try:
            _hold_if_due(desk, day)
        except RuleBroken as broken:
            with desk.steps.database.begin("alarm") as tx:
                alarms.sound(tx, desk.steps.clock(), "day_ahead.held_up", str(day), {"error": str(broken)})


def _hold_if_due(desk: Desk, day: date) -> None:
    traded, first, now = product_of(desk, day), desk.time.slot(desk.time.slots_of(day)[0]), desk.steps.clock()
    if now >= traded.moment("gate", first, desk.time.zone):
        _miss(desk, day)
    elif now >= traded.moment("closes", first, desk.time.zone):
        _hold(desk, day)


def _hold(desk: Desk, day: date) -> None:
    """Clear the day once. Raises RuleBroken, PermissionDenied, RuleValueUnusable; then nothing of it is kept."""

    def work(tx: Connection) -> dict[str, Any]:
        require_running(tx, desk, desk.time.slots_of(day)[-1])
        day_ahead.lock(tx)
        require_registration(desk.roster)
        filed = _standing(tx, day)
        refused = _refused(tx, desk, day, filed)
        place = Place(desk.roster.position, desk.connections)
        admitted = [order for order in filed if order.id not in refused]
        found = clear_within_branches(admitted, place, desk.time.slots_of(day), desk.rules.of(day).corridor)
        prices = _prices(found)
        made = list(_trades(found, place, prices))
        early_trades.record(tx, made)
        results = [ResultRow(day, order.id, {}, *refused[order.id]) for order in filed if order.id in refused]
        results += [_result(day, order, found, prices) for order in admitted]
        volume_wh = sum(clearing.volume_wh for clearing in found.cleared.slots.values())
        cleared = found.cleared
        session = SessionRow(day, prices, volume_wh, cleared.welfare_ujpy, cleared.bound_ujpy)
        day_ahead.end_session(tx, session, results)
        _owe_loads(tx, desk, day, found)
        return {"orders": len(filed), "trades": len(made), "volume_wh": volume_wh, "welfare_ujpy": cleared.welfare_ujpy}

    desk.steps.run(session_thread(desk, day), "session", "runtime", "clear", work)


def _miss(desk: Desk, day: date) -> None:
    """Note that the day has no session, and tell every order."""

    def work(tx: Connection) -> dict[str, Any]:
        day_ahead.lock(tx)
        filed = _standing(tx, day)
        session = SessionRow(day, {}, 0, 0, 0, missed="the gate closed before the session was held")
        day_ahead.end_session(tx, session, [ResultRow(day, order.id, {}, MISSED, {}) for order in filed])
        alarms.sound(tx, desk.steps.clock(), "day_ahead.missed", str(day), {"orders": len(filed)})
        return {"orders": len(filed), "trades": 0, "volume_wh": 0, "welfare_ujpy": 0}

    desk.steps.run(session_thread(desk, day), "session", RULES, "stop", work)


def _standing(tx: Connection, day: date) -> list[DayAheadOrder]:
    return [row.order for row in day_ahead.of_day(tx, day) if row.withdrawn_at is None]


def _refused(
    tx: Connection, desk: Desk, day: date, filed: Sequence[DayAheadOrder]
) -> dict[str, tuple[str, dict[str, Any]]]:
    """Orders that the rules no longer admit, a mandate that was paused since for instance, and those that lean on
    them; by id the reason and its facts."""
    broken: dict[str, str] = {}
    for fault in faults_of(tx, desk, day, [], filed):
        broken.setdefault(fault.where, fault.message)
    leaning = with_descendants(list(filed), set(broken)) - broken.keys()
    refused: dict[str, tuple[str, dict[str, Any]]] = {
        name: (NO_LONGER_ADMITTED, {"because": said}) for name, said in broken.items()
    }
    return refused | {name: (PARENT_REJECTED, {}) for name in leaning}


def _prices(found: DayCleared) -> dict[int, int]:
    """The uniform price of every slot that trades, mJPY/kWh."""
    slots = found.cleared.slots.items()
    return {slot: each.price_mjpy_per_kwh for slot, each in slots if each.price_mjpy_per_kwh is not None}


def _trades(found: DayCleared, place: Place, prices: dict[int, int]) -> Iterator[TradeRow]:
    for slot, price in prices.items():
        present, pairs = slot_trades(found.orders, found.traded_wh, slot, price, place)
        columns = (column.tolist() for column in pairs)
        for number, (sell, buy, energy_wh) in enumerate(zip(*columns, strict=True)):
            seller, buyer = present[sell], present[buy]
            yield TradeRow(
                f"{slot}:D{number:04d}",
                slot,
                seller.id,
                buyer.id,
                seller.site_id,
                buyer.site_id,
                energy_wh,
                price,
                Venue.DAY_AHEAD,
            )


def _result(day: date, order: DayAheadOrder, found: DayCleared, prices: dict[int, int]) -> ResultRow:
    """What an order got, or the first reason why it got nothing."""
    if order.id in found.left_out:
        full = found.left_out[order.id]
        facts = {
            "branch": full.branch,
            "slot": full.slot,
            "flow_wh": abs(full.flow_wh),
            "branch_limit_wh": full.limit_wh,
        }
        return ResultRow(day, order.id, {}, FULL_BRANCH, facts)
    if order.id in found.left_with_parent:
        return ResultRow(day, order.id, {}, PARENT_REJECTED, {})
    traded = found.traded_wh[order.id]
    facts = {"price_mjpy_per_kwh": _mean_price(traded or _whole(order), prices)}
    reason = None if traded else rejection(order, found.cleared) or OUT_OF_MONEY
    return ResultRow(day, order.id, traded, reason, {name: value for name, value in facts.items() if value is not None})


def _whole(order: DayAheadOrder) -> dict[int, int]:
    """What a block or simple order would have traded; nothing certain is known of a load or run."""
    return order.slot_wh if order.kind in (Kind.SIMPLE, Kind.BLOCK) else {}


def _mean_price(energies: dict[int, int], prices: dict[int, int]) -> int | None:
    """The price over an order's energy, rounded half up; None when a slot of it had none. mJPY/kWh."""
    if not energies or not prices.keys() >= energies.keys():
        return None
    total_wh = sum(energies.values())
    return (2 * sum(wh * prices[slot] for slot, wh in energies.items()) + total_wh) // (2 * total_wh)


def _owe_loads(tx: Connection, desk: Desk, day: date, found: DayCleared) -> None:
    """Loads and runs that were placed are to run then: owed to the homes in the transaction that decided it."""
    placed = {
        order.id: [[slot, wh] for slot, wh in found.traded_wh[order.id].items()]
        for order in placeable(found.orders)
        if found.traded_wh[order.id]
    }
    if placed:
        body = {"first_slot": desk.time.slots_of(day)[0], "placed": placed}
        outbox.owe(tx, f"{LOADS}:{day}", LOADS, body, desk.steps.clock())
