"""A clearing whose physics the AC check accepts: batteries that would overload the feeder trade less.

A trade settled on metered energy moves no electron that would not have moved anyway; a firm one does, for a device
follows it. So the check looks at what everybody is expected to use and make, with the firm fills on top. Where it finds
a violation, the firm orders behind it that make it worse are cut, in proportion to what they were filled, and the book
is cleared again. What is left then is not the market's doing: it stays in the findings, for people.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from domain.feeder import Feeder
from domain.order import Book, Column, Side
from domain.tariff import Corridor
from market.ac_check import Finding, GridCheck, Violation, check_grid
from market.grid_clearing import GridClearing, clear_on_grid
from market.locality import main_lines
from market.whole_wh import net_demand_wh

ROUNDS_MAX = 12
WORDS = {
    Violation.OVERLOAD: "{branch} would run at {value} % of its rating",
    Violation.LOW_VOLTAGE: "the voltage at {node} would fall to {value} %",
    Violation.HIGH_VOLTAGE: "the voltage at {node} would rise to {value} %",
}

Flags = npt.NDArray[np.bool_]


class CheckedClearing(NamedTuple):
    """The last clearing and its check. book: the orders as they stood in it. reasons: why some were cut, for people."""

    clearing: GridClearing
    check: GridCheck
    book: Book
    reasons: tuple[str, ...]


def clear_and_relieve(
    book: Book, firm: Flags, node_of_order: Column, feeder: Feeder, corridor: Corridor, expected_wh: Column
) -> CheckedClearing:
    """Clear, check, cut firm orders and clear again, until nothing is violated or no cut helps.

    firm: Shape (orders,), bool. expected_wh: Shape (nodes,), int64, Wh, what is used less what is made at each node
    without the firm orders. Else as in clear_on_grid.
    """
    reasons: list[str] = []
    for _ in range(ROUNDS_MAX):
        clearing = clear_on_grid(book, node_of_order, feeder, corridor)
        firm_wh = np.where(firm, clearing.filled_wh, 0)
        demand_wh = expected_wh + net_demand_wh(book, node_of_order, firm_wh, len(feeder.parent))
        check = check_grid(feeder, demand_wh[None, :])
        kept_wh, why = _cut(book, firm_wh, node_of_order, feeder, demand_wh, check)
        if not why:
            break
        book = book._replace(energy_wh=np.where(kept_wh < firm_wh, kept_wh, book.energy_wh))
        reasons += why
    return CheckedClearing(clearing, check, book, tuple(reasons))


def finding_words(feeder: Feeder, finding: Finding) -> str:
    """A violation as people read it, in percent of the rating or of the nominal voltage."""
    branch, node = feeder.branch_names[finding.node], feeder.names[finding.node]
    return WORDS[finding.violation].format(branch=branch, node=node, value=finding.value_permille / 10)


def _cut(
    book: Book, firm_wh: Column, node_of_order: Column, feeder: Feeder, demand_wh: Column, check: GridCheck
) -> tuple[Column, list[str]]:
    """What each firm order may keep, and a reason for each finding that cut one. Shape (orders,), Wh."""
    kept_wh, reasons = firm_wh.copy(), []
    for finding in check.findings:
        behind = _behind(feeder, finding)
        net_wh = int(demand_wh[behind].sum())
        worse = Side.BUY if _falls(finding, net_wh) else Side.SELL
        rows = np.flatnonzero((firm_wh > 0) & (book.side == worse) & behind[node_of_order])
        if rows.size:
            excess_wh = _excess_wh(finding, abs(net_wh), int(firm_wh[rows].sum()))
            share_wh = -(-firm_wh[rows] * excess_wh // int(firm_wh[rows].sum()))  # rounded up: never too little
            kept_wh[rows] = np.minimum(kept_wh[rows], np.maximum(firm_wh[rows] - share_wh, 0))
            reasons.append(f"{len(rows)} firm orders were cut: {finding_words(feeder, finding)}")
    return kept_wh, reasons


def _behind(feeder: Feeder, finding: Finding) -> Flags:
    """The nodes whose power moves the finding: those below an overloaded branch, else the whole main line."""
    if finding.violation is not Violation.OVERLOAD:
        head = main_lines(feeder)
        same_line: Flags = head == head[finding.node]
        return same_line
    below = np.zeros(len(feeder.parent), bool)
    below[finding.node] = True
    for node in range(finding.node + 1, len(feeder.parent)):
        below[node] = below[feeder.parent[node]]
    return below


def _falls(finding: Finding, net_wh: int) -> bool:
    """Whether it is use that does it, rather than generation."""
    return finding.violation is Violation.LOW_VOLTAGE or (finding.violation is Violation.OVERLOAD and net_wh > 0)


def _excess_wh(finding: Finding, net_wh: int, firm_wh: int) -> int:
    """How much of the firm energy to cut: an overload's excess, or half of it for a voltage, at least one Wh."""
    half_wh = (firm_wh + 1) // 2
    if finding.violation is not Violation.OVERLOAD:
        return half_wh
    over = finding.value_permille - finding.allowed_permille
    return min(max(-(-net_wh * over // finding.value_permille), 1), firm_wh)
