"""A clearing whose physics the AC check accepts: firm orders that would overload the feeder trade less.

A trade settled on metered energy moves no electron that would not have moved anyway; a firm one does, for a device
follows it. So the check looks at what everybody is expected to use and make, with the firm fills on top. Where it finds
a violation, the firm orders that make it worse all lose the same share of their fill, enough by the linear map of
voltages (market.grid.voltage_map) or in proportion to the overload, and the book is cleared again. What no firm order
can mend is not the market's doing: it stays in the findings, for people.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from domain.feeder import Feeder, Reals
from domain.order import Book, Column, Side
from domain.quantity import PERMILLE
from domain.tariff import Corridor
from market.grid.ac_check import Finding, GridCheck, Violation, check_grid
from market.grid.clearing import GridClearing, clear_on_grid
from market.grid.voltage_map import sensitivity_pu2_per_wh
from market.grid.whole_wh import net_demand_wh

ROUNDS_MAX = 12

Flags = npt.NDArray[np.bool_]


class Cut(NamedTuple):
    """What one finding took from the orders. cut_wh: Shape (orders,), int64, Wh, of what each still offered."""

    finding: Finding
    cut_wh: Column


class CheckedClearing(NamedTuple):
    """The last clearing and its check. book: the orders as they stood in it, which is as they came less all cuts.

    cuts: in the order in which they were made; each takes something.
    """

    clearing: GridClearing
    check: GridCheck
    book: Book
    cuts: tuple[Cut, ...]


class _Physics(NamedTuple):
    """What moves on the feeder besides the orders. expected_wh: Shape (nodes,)."""

    feeder: Feeder
    expected_wh: Column
    reactive_permille: int

    def check(self, demand_wh: Column) -> GridCheck:
        return check_grid(self.feeder, demand_wh[None, :], demand_wh[None, :] * self.reactive_permille // PERMILLE)


def clear_and_relieve(
    book: Book, firm: Flags, node_of_order: Column, feeder: Feeder, corridor: Corridor, expected_wh: Column,
    reactive_permille: int = 0, rated: Feeder | None = None,
) -> CheckedClearing:  # fmt: skip
    """Clear, check, cut firm orders and clear again, until nothing is violated or no cut helps.

    firm: Shape (orders,), bool. expected_wh: Shape (nodes,), int64, Wh, what is used less what is made at each node
    without the firm orders. reactive_permille: reactive over active energy at every node. rated: the feeder as the
    check sees it, where trades have limits of their own. Else as in clear_on_grid.

    Nothing is violated in the end when nothing would be without any firm order: should the cuts not get there, all firm
    orders go.
    """
    physics, cuts = _Physics(rated or feeder, expected_wh, reactive_permille), list[Cut]()
    for cuts_left in range(ROUNDS_MAX, -1, -1):
        clearing = clear_on_grid(book, node_of_order, feeder, corridor)
        firm_wh = np.where(firm, clearing.filled_wh, 0)
        demand_wh = expected_wh + net_demand_wh(book, node_of_order, firm_wh, len(feeder.parent))
        check = physics.check(demand_wh)
        found = _cuts(book, firm, firm_wh, node_of_order, physics, demand_wh, check)
        if not found or not cuts_left:  # what is cut is cleared again, always
            break
        book, cuts = _less(book, found), cuts + found
    if check.findings and firm_wh.any() and not (bare := physics.check(expected_wh)).findings:
        cuts.append(Cut(check.findings[0], np.where(firm, book.energy_wh, 0)))
        book = _less(book, cuts[-1:])
        clearing, check = clear_on_grid(book, node_of_order, feeder, corridor), bare
    return CheckedClearing(clearing, check, book, tuple(cuts))


def _less(book: Book, cuts: list[Cut]) -> Book:
    return book._replace(energy_wh=book.energy_wh - np.sum([cut.cut_wh for cut in cuts], axis=0))


def _cuts(
    book: Book, firm: Flags, firm_wh: Column, node_of_order: Column, physics: _Physics, demand_wh: Column,
    check: GridCheck,
) -> list[Cut]:  # fmt: skip
    """What each finding takes that takes any; the worst findings first.

    An order that makes it worse and traded nothing loses all: else it would take the place of what was cut.
    """
    energy_wh, cuts = book.energy_wh.copy(), []
    for finding in sorted(check.findings, key=_severity_permille, reverse=True):
        moved, excess = _moves(physics, finding, demand_wh)
        worse = Side.BUY if _falls(finding, demand_wh, moved) else Side.SELL
        rows = np.flatnonzero(firm & (book.side == worse) & (moved[node_of_order] > 0))
        firm_moves = float(moved[node_of_order[rows]] @ firm_wh[rows])
        if not firm_moves or not excess:
            continue
        kept_wh = np.floor(firm_wh[rows] * (1 - min(excess / firm_moves, 1.0))).astype(np.int64)  # never too little cut
        cut_wh = np.zeros_like(energy_wh)
        cut_wh[rows] = np.maximum(energy_wh[rows] - kept_wh, 0)
        energy_wh -= cut_wh
        if cut_wh.any():
            cuts.append(Cut(finding, cut_wh))
    return cuts


def _severity_permille(finding: Finding) -> int:
    return abs(finding.value_permille - finding.allowed_permille)


def _moves(physics: _Physics, finding: Finding, demand_wh: Column) -> tuple[Reals, float]:
    """How far one Wh at each node moves what the finding is about, and how far that has to move. Shape (nodes,)."""
    feeder = physics.feeder
    value, allowed = finding.value_permille / PERMILLE, finding.allowed_permille / PERMILLE
    if finding.violation is not Violation.OVERLOAD:
        moved = sensitivity_pu2_per_wh(feeder, finding.node, physics.reactive_permille)
        return moved, abs(value**2 - allowed**2)
    below = np.zeros(len(feeder.parent))
    below[finding.node] = 1.0
    for node in range(finding.node + 1, len(feeder.parent)):
        below[node] = below[feeder.parent[node]]
    return below, abs(float(below @ demand_wh)) * (1 - allowed / value)


def _falls(finding: Finding, demand_wh: Column, below: Reals) -> bool:
    """Whether it is use that does it, rather than generation."""
    return finding.violation is Violation.LOW_VOLTAGE or (
        finding.violation is Violation.OVERLOAD and float(below @ demand_wh) > 0
    )
