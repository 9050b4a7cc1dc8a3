"""A clearing that the AC check accepts: where it finds a violation, the branches behind it are given a lower limit.

An overloaded branch is held to its flow in proportion to its overload; a voltage outside its band holds the flows of
the same direction on the way to the root, in proportion to what of their voltage drop is too much. Then the auction is
cleared again, so what stands is an optimum again, balanced and priced, under limits that have a reason. What no lower
flow mends (the grid above is out of band) stays in the check's findings, for people.
"""

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from domain.feeder import Feeder
from domain.order import Book, Column
from domain.tariff import Corridor
from market.ac_check import Finding, GridCheck, Violation, check_grid
from market.grid_clearing import GridClearing, clear_on_grid
from market.whole_wh import net_demand_wh

PERMILLE = 1000
ROUNDS_MAX = 12


class Relieved(NamedTuple):
    """The last clearing, its check, the feeder with the limits it was cleared under, and why these were lowered."""

    clearing: GridClearing
    check: GridCheck
    feeder: Feeder
    reasons: tuple[str, ...]


def clear_and_check(
    book: Book, node_of_order: Column, feeder: Feeder, corridor: Corridor, reactive_permille: int = 0
) -> Relieved:
    """Clear, check, and clear again under lower limits until nothing is violated or nothing more can be done.

    reactive_permille: reactive over active energy at every node, of its net demand. Arguments and errors else as in
    clear_on_grid.
    """
    held, reasons = feeder, list[str]()
    for turn in range(ROUNDS_MAX):
        clearing = clear_on_grid(book, node_of_order, held, corridor)
        demand_wh = net_demand_wh(book, node_of_order, clearing.filled_wh, len(feeder.parent))[None, :]
        check = check_grid(feeder, demand_wh, demand_wh * reactive_permille // PERMILLE)
        lower, why = relieved(feeder, held, clearing.flow_wh, check)
        if not why or turn + 1 == ROUNDS_MAX:
            break
        held, reasons = lower, [*reasons, *why]
    return Relieved(clearing, check, held, tuple(reasons))


def relieved(feeder: Feeder, held: Feeder, flow_wh: Column, check: GridCheck) -> tuple[Feeder, list[str]]:
    """The feeder with lower limits, and a reason for each finding that lowered one. flow_wh: Shape (nodes,)."""
    limit_wh, reasons = held.limit_wh.copy(), []
    for finding in check.findings:
        most_wh = _allowed_wh(feeder, flow_wh, finding, check)
        lower = most_wh < limit_wh
        if lower.any():
            limit_wh = np.minimum(limit_wh, most_wh)
            reasons.append(_reason(feeder, finding, int(lower.sum())))
    return replace(held, limit_wh=limit_wh), reasons


def _allowed_wh(feeder: Feeder, flow_wh: Column, finding: Finding, check: GridCheck) -> Column:
    """What each branch may carry so that this finding goes; its limit where it has no part in it. Rounded down."""
    most_wh = np.full(len(flow_wh), np.iinfo(np.int64).max)
    if finding.violation is Violation.OVERLOAD:
        part = 1 / float(check.loading_pu[finding.slot, finding.node])
        most_wh[finding.node] = int(abs(flow_wh[finding.node]) * part)
        return most_wh
    path = path_to_root(feeder, finding.node)
    unloaded_pu = feeder.source_permille / PERMILLE / float(np.prod(feeder.ratio[path]))
    moved_pu = float(check.voltage_pu[finding.slot, finding.node]) - unloaded_pu
    part = (finding.allowed_permille / PERMILLE - unloaded_pu) / moved_pu if moved_pu else 0.0
    if not 0 <= part < 1:
        return most_wh
    same = path[flow_wh[path] > 0 if finding.violation is Violation.LOW_VOLTAGE else flow_wh[path] < 0]
    most_wh[same] = (np.abs(flow_wh[same]) * part).astype(np.int64)
    return most_wh


def path_to_root(feeder: Feeder, node: int) -> Column:
    """The nodes from one up to below the root: the branches that its power takes. Shape (branches,), int64."""
    path = []
    while node > 0:
        path.append(node)
        node = int(feeder.parent[node])
    return np.array(path, np.int64)


def _reason(feeder: Feeder, finding: Finding, branches: int) -> str:
    if finding.violation is Violation.OVERLOAD:
        return f"{feeder.branch_names[finding.node]} would run at {finding.value_permille / 10} % of its rating"
    word = "below" if finding.violation is Violation.LOW_VOLTAGE else "above"
    shown = f"{finding.value_permille / 10} %, {word} {finding.allowed_permille / 10} %"
    return f"the voltage at {feeder.names[finding.node]} would be {shown}: {branches} branches on its way carry less"
