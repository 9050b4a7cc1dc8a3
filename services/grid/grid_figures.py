"""What the run did to the feeder: full branches, their rent, and an AC power flow of what the meters saw.

Clearing checks what it expects; this checks what came, traded or not, all slots in one batch.
"""

from typing import Any

import numpy as np
from sqlalchemy import Connection

from domain.quantity import UJPY_PER_JPY
from market.grid.ac_check import Finding, GridCheck, Violation, check_grid
from memory.books import ledger
from memory.devices import readings
from memory.trading import clearings
from services.context import TradeContext
from services.grid.grid_words import finding_record
from settlement.ledger import CONGESTION

WORST = 5


def metered_check(tx: Connection, ctx: TradeContext, slots: list[int]) -> GridCheck:
    """The AC check of metered import less export at every node; a missing reading counts as zero."""
    flows = readings.history(tx, ctx.roster.ids, slots[0], slots[-1])
    net_wh = np.maximum(flows["import_wh"], 0) - np.maximum(flows["export_wh"], 0)
    demand_wh = np.zeros((len(slots), len(ctx.connections.feeder.parent)), np.int64)
    np.add.at(demand_wh.T, ctx.connections.node, net_wh)
    return check_grid(ctx.connections.feeder, demand_wh)


def grid_figures(tx: Connection, slots: list[int], check: GridCheck) -> dict[str, Any]:
    """The feeder's KPIs by their public names."""
    first, last = slots[0], slots[-1]
    return {
        "lines_full": sum(len(each.detail["full"]) for each in clearings.between(tx, first, last)),
        "congestion_jpy": ledger.change_ujpy(tx, CONGESTION, first, last) / UJPY_PER_JPY,
        "grid_violations": None if check.refusal else len(check.findings),
    }


def said_of(ctx: TradeContext, check: GridCheck) -> dict[str, Any]:
    """The check in a line, with a record of the worst finding of each place and kind, the furthest off first."""
    at_place: dict[tuple[int, Violation], Finding] = {}
    for finding in sorted(check.findings, key=_off_permille, reverse=True):
        at_place.setdefault((finding.node, finding.violation), finding)
    worst = list(at_place.values())[:WORST]
    return {"said": str(check), "worst": [finding_record(ctx.connections.feeder, finding) for finding in worst]}


def _off_permille(finding: Finding) -> int:
    return abs(finding.value_permille - finding.allowed_permille)
