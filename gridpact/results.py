"""What a run amounts to, as one document: the KPIs by their public names, stages, days, cases, memory's effect."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import numpy as np

from gridpact.demo import Run
from memory import steps
from services.fingerprint import fingerprint
from services.kpi import Scope, closed_days, figures
from services.recollection import effect_of_memory

NODES = (
    "open", "recall", "read", "forecast", "bid", "screen", "clear", "draft", "review", "book", "record", "meter",
    "settle", "close", "learn",
)  # fmt: skip


def results(run: Run, wall_s: Callable[[], float]) -> dict[str, Any]:
    """The document of ``gridpact demo --json``."""
    ctx = run.ctx
    scope = scope_of(run)
    with run.house.database.read() as tx:
        kpi = figures(tx, ctx, scope)
        stopped = {slot: found for slot in scope.slots if (found := steps.find(tx, ctx.thread(slot), "stopped"))}
        spent = steps.times(tx)
        days = [{key: value for key, value in day.items() if key != "saving_ujpy"} for day in closed_days(tx, ctx, scope.slots)]
        memory = effect_of_memory(tx, ctx, scope.slots)
        words = fingerprint(tx, scope.slots[0], scope.slots[-1])
    return {
        "kpi": kpi,
        "stages_s": run.stages.seconds | _by_node(spent),
        "wall_s": wall_s(),
        "sites": len(ctx.roster.ids),
        "slots": len(scope.slots),
        "seed": run.plan.seed,
        "first_day": run.plan.first_day.isoformat(),
        "days": days,
        "stopped": {str(slot): found for slot, found in stopped.items()},
        "memory": memory,
        "fingerprint": words,
        "label": dict(ctx.rules.pack.label),
        "experts": run.plan.experts,
        "attribution": run.community.attribution,
    }


def scope_of(run: Run) -> Scope:
    """What the figures look at, with the physical run without trade beside it."""
    first, last = run.traded[0], run.traded[-1]
    ctx = run.ctx
    stored_start_wh = np.maximum(ctx.histories.until(first - 1)["stored_wh"][:, -1], 0)
    feeder_wh, stored_end_wh = run.world.without_trade(first, last, stored_start_wh)
    return Scope(
        slots=run.traded,
        distinct_load=run.community.distinct_load,
        feeder_without_trade_wh=feeder_wh,
        stored_without_trade_wh=stored_end_wh,
        co2_g_per_kwh=ctx.rules.pack.value("grid_co2", run.plan.first_day),
    )


def _by_node(spent: dict[tuple[str, str], float]) -> dict[str, float]:
    """Seconds over all slots by node of the trading day."""
    total: dict[str, float] = defaultdict(float)
    for (_, node), seconds in spent.items():
        total[f"node_{node}"] += seconds
    return {f"node_{node}": total[f"node_{node}"] for node in NODES if f"node_{node}" in total}
