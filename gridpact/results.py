"""What a run amounts to, as one document: the KPIs by their public names, stages, days, cases, memory's effect."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import numpy as np

from domain.errors import RuleBroken
from domain.order import Column
from domain.quantity import UJPY_PER_JPY
from gridpact.demo import Run
from memory.books import outbox, steps
from services.figures.fingerprint import fingerprint
from services.figures.kpi import Scope, closed_days, figures
from services.figures.recollection import effect_of_memory
from services.figures.watching import findings_of
from services.grid.grid_figures import grid_figures, metered_check, said_of
from services.money.who_gains import who_gains_ujpy
from services.orders.day_ahead_figures import day_ahead_figures
from services.telling.wish_story import wish_figures
from services.vehicles.ended_alike import ended_alike
from simulation.homes import Stores, last_seen_wh

NODES = (
    "open", "recall", "read", "forecast", "bid", "screen", "clear", "draft", "review", "book", "record", "meter",
    "settle", "close", "watch", "learn",
)  # fmt: skip


def results(run: Run, wall_s: Callable[[], float]) -> dict[str, Any]:
    """The document of ``gridpact demo --json``."""
    ctx = run.ctx
    scope = scope_of(run)
    with run.house.database.read() as tx:
        check = metered_check(tx, ctx, scope.slots)
        kpi = figures(tx, ctx, scope) | grid_figures(tx, scope.slots, check)
        kpi |= wish_figures(tx, scope.slots) | day_ahead_figures(tx, ctx, scope.slots)
        stopped = {slot: found for slot in run.traded if (found := steps.find(tx, ctx.thread(slot), "stopped"))}
        spent = steps.times(tx)
        days = [
            {key: value for key, value in day.items() if key != "saving_ujpy"}
            for day in closed_days(tx, ctx, scope.slots)
        ]
        memory = effect_of_memory(tx, ctx, scope.slots)
        gains = who_gains_ujpy(tx, ctx, scope.slots, scope.alike_without_trade_wh)
        words = fingerprint(tx, scope.slots[0], scope.slots[-1])
        undone = outbox.undone(tx)
        watched = findings_of(tx, ctx, scope.slots)
    return {
        "kpi": kpi,
        "stages_s": run.stages.seconds | _by_node(spent),
        "wall_s": wall_s(),
        "sites": len(ctx.roster.ids),
        "slots": len(scope.slots),
        "seed": run.plan.seed,
        "first_day": run.plan.first_day.isoformat(),
        "days": days,
        "findings": watched,
        "grid_check": said_of(ctx, check),
        "stopped": {str(slot): found for slot, found in stopped.items()},
        "waiting": {str(slot): found for slot, found in run.scheduler.waiting(run.traded[-1]).items()},
        "owed": {each.key: {"state": each.state, "error": each.last_error} for each in undone},
        "who_gains_jpy": {account: ujpy / UJPY_PER_JPY for account, ujpy in gains.items()},
        "memory": memory,
        "fingerprint": words,
        "label": dict(ctx.rules.pack.label),
        "experts": run.plan.experts,
        "attribution": run.community.attribution,
    }


def scope_of(run: Run) -> Scope:
    """What the figures look at: the slots whose rules held, with the physical run without trade beside them.

    Raises RuleBroken with the first reason when trading was stopped in every slot before it opened.
    """
    ctx = run.ctx
    with run.house.database.read() as tx:
        opened = [slot for slot in run.traded if steps.find(tx, ctx.thread(slot), "open")]
        if not opened:
            raise RuleBroken(f"no slot could be traded: {steps.find(tx, ctx.thread(run.traded[0]), 'stopped')}")
    begin, end = (_stores(ctx.histories.until(slot)) for slot in (opened[0] - 1, opened[-1]))
    alone = run.world.without_trade(opened[0], opened[-1], begin)
    end_alone = begin.after(alone)
    return Scope(
        slots=opened,
        distinct_load=run.community.distinct_load,
        import_without_trade_wh=alone.import_wh,
        export_without_trade_wh=alone.export_wh,
        vehicle_charge_without_trade_wh=alone.vehicle_charge_wh,
        stored_without_trade_wh=int(end_alone.battery_wh.sum() + end_alone.vehicle_wh.sum()),
        alike_without_trade_wh=ended_alike(ctx.roster.vehicles, alone._asdict(), end_alone.vehicle_wh - end.vehicle_wh),
        vehicles_stored_wh=int(end.vehicle_wh.sum()),
        co2_g_per_kwh=ctx.rules.pack.value("grid_co2", run.plan.first_day),
    )


def _stores(past: dict[str, Column]) -> Stores:
    """What the homes hold at the end of their registers, as far as is known."""
    nothing = np.zeros(len(past["stored_wh"]), np.int64)
    return Stores(np.maximum(past["stored_wh"][:, -1], 0), last_seen_wh(past["vehicle_stored_wh"], nothing))


def _by_node(spent: dict[tuple[str, str], float]) -> dict[str, float]:
    """Seconds over all slots by node of the trading day."""
    total: dict[str, float] = defaultdict(float)
    for (_, node), seconds in spent.items():
        total[f"node_{node}"] += seconds
    return {f"node_{node}": total[f"node_{node}"] for node in NODES if f"node_{node}" in total}
