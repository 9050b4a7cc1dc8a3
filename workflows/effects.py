"""What is owed to the outside, carried out: at least once, each under its key, so that it counts once.

A handler does the outside part without a transaction and then writes what follows from it in one. When the outside
fails, or the agent has lost its grant, the effect stays owed and is tried at the next tick; nothing else waits for it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import Connection

from agents.gateway.record import ROOT, SETPOINT
from domain.contract import ContractEvent, ContractState
from domain.errors import GridpactError, OutsideFailed, PermissionDenied, RuleBroken
from identity import access
from memory import alarms
from memory.books import chain_records, outbox
from memory.books.outbox import Effect
from memory.learning.episodes import EPISODE
from memory.trading import contracts
from services.context import TradeContext
from services.deals.approvals import APPROVAL, key_of
from services.grid.cutting import CUT_RECORD
from services.grid.grid_signals import require_running
from services.orders.day_ahead_session import LOADS

Receipt = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Handler:
    """Who carries out a topic, how, and what is written down afterwards. ``many`` takes a whole batch at once."""

    actor: str
    action: str
    perform: Callable[[TradeContext, list[Effect]], list[Receipt]]
    conclude: Callable[[Connection, TradeContext, Effect, Receipt], None]
    many: bool = False


def _commit_roots(ctx: TradeContext, effects: list[Effect]) -> list[Receipt]:
    return [ctx.chain.commit_root(each.body["slot"], bytes.fromhex(each.body["root"])) for each in effects]


def _root_recorded(tx: Connection, ctx: TradeContext, effect: Effect, receipt: Receipt) -> None:
    key = f"slot:{effect.body['slot']}"
    chain_records.receipt(tx, key, receipt)
    _recorded(tx, chain_records.get(tx, key).leaves)


def _record_approvals(ctx: TradeContext, effects: list[Effect]) -> list[Receipt]:
    return [ctx.chain.record_approval(each.body["contract"], each.body["decision"]) for each in effects]


def _approval_recorded(tx: Connection, ctx: TradeContext, effect: Effect, receipt: Receipt) -> None:
    chain_records.receipt(tx, key_of(effect.body["contract"]), receipt)
    _recorded(tx, [effect.body["contract"]])


def _cut_recorded(tx: Connection, ctx: TradeContext, effect: Effect, receipt: Receipt) -> None:
    chain_records.receipt(tx, f"cut:{effect.body['contract']}", receipt)


def _recorded(tx: Connection, digests: Sequence[str]) -> None:
    """The chain holds them; what was metered meanwhile has ended."""
    approved = [each.digest for each in contracts.of_digests(tx, digests) if each.state is ContractState.APPROVED]
    contracts.move(tx, approved, ContractEvent.RECORD)  # what was cancelled meanwhile stays so
    metered = [each.digest for each in contracts.of_digests(tx, approved) if each.delivered_wh is not None]
    contracts.move(tx, metered, ContractEvent.SETTLE)


def _dispatch_setpoints(ctx: TradeContext, effects: list[Effect]) -> list[Receipt]:
    for each in effects:
        slot, extras = each.body["slot"], each.body["setpoints"]
        if ctx.now() >= ctx.time.start(slot):
            raise RuleBroken(f"the set-points of slot {slot} come too late: homes cannot live it again")
        with ctx.database.read() as tx:
            require_running(tx, ctx.desk, slot)
        ctx.homes.dispatch(slot, _pairs(extras), _pairs(each.body["charges"]))
    return [{} for _ in effects]


def _place_loads(ctx: TradeContext, effects: list[Effect]) -> list[Receipt]:
    for each in effects:
        first, placed = each.body["first_slot"], each.body["placed"]
        if ctx.now() >= ctx.time.start(first):
            raise RuleBroken(f"the loads of the day of slot {first} come too late: they run as they used to")
        ctx.homes.place_loads(first, {name: dict(map(tuple, pairs)) for name, pairs in placed.items()})
    return [{} for _ in effects]


def _pairs(told: dict[str, list[int]]) -> dict[str, tuple[int, int]]:
    return {site: (charge_wh, discharge_wh) for site, (charge_wh, discharge_wh) in told.items()}


def _remember(ctx: TradeContext, effects: list[Effect]) -> list[Receipt]:
    ctx.episodes.remember_many([each.body for each in effects])
    return [{} for _ in effects]


def _nothing_follows(tx: Connection, ctx: TradeContext, effect: Effect, receipt: Receipt) -> None:
    """The outside now holds it; no row of ours changes."""


HANDLERS: dict[str, Handler] = {
    ROOT: Handler("gateway", "dispatch", _commit_roots, _root_recorded),
    APPROVAL: Handler("gateway", "dispatch", _record_approvals, _approval_recorded),
    CUT_RECORD: Handler("gateway", "dispatch", _record_approvals, _cut_recorded),
    SETPOINT: Handler("gateway", "dispatch", _dispatch_setpoints, _nothing_follows),
    LOADS: Handler("gateway", "dispatch", _place_loads, _nothing_follows),
    EPISODE: Handler("memory", "learn", _remember, _nothing_follows, many=True),
}


def carry_out(ctx: TradeContext) -> int:
    """Carry out every effect that is owed, oldest first. Returns how many are still owed."""
    with ctx.database.begin("effects") as tx:
        due = outbox.due(tx)
    if due:
        ctx.database.flush()  # nobody outside hears of what a power cut could still take
    failed = 0
    for topic, group in groupby(due, key=lambda effect: effect.topic):
        handler, effects = HANDLERS[topic], list(group)
        for batch in [effects] if handler.many else [[each] for each in effects]:
            failed += _carry_out_batch(ctx, handler, batch)
    return failed


def _carry_out_batch(ctx: TradeContext, handler: Handler, effects: list[Effect]) -> int:
    try:
        with ctx.database.begin("grant") as tx:
            access.require(tx, handler.actor, handler.action)
        receipts = handler.perform(ctx, effects)
        with ctx.database.begin("effect") as tx:
            for effect, receipt in zip(effects, receipts, strict=True):
                handler.conclude(tx, ctx, effect, receipt)
                outbox.done(tx, effect.key, receipt)
    except (OutsideFailed, PermissionDenied) as failure:
        return _failed(ctx, effects, failure, for_good=False)
    except RuleBroken as broken:
        return _failed(ctx, effects, broken, for_good=True)
    return 0


def _failed(ctx: TradeContext, effects: list[Effect], error: GridpactError, *, for_good: bool) -> int:
    """Keep why. What a rule forbids is not tried again: it stands as failed, with an alarm for people."""
    with ctx.database.begin("effect-failed") as tx:
        for effect in effects:
            outbox.failed(tx, effect.key, str(error), for_good=for_good)
            if for_good:
                alarms.sound(tx, ctx.now(), "effect.failed", effect.key, {"error": str(error)})
    return len(effects)
