"""The linear program of an auction on a radial feeder with voltage limits, node by node, in HiGHS.

Columns are what drops out at each node in steps of price, imports and exports of each branch, squared voltages; rows
are the balance and the voltage of each node. Limits are bounds of columns, so the matrix is as sparse as the tree. A
node's step bundles drops (market.grid.drops) that follow one another in price, at their mean price: what it costs is
never too little. After a solution every bundle that holds its node's price inside is split there, and all is solved
again. When none is left, the prices prove the solution optimal for the single orders too.
"""

from typing import Any, NamedTuple

import numpy as np

from domain.feeder import Feeder, Reals
from domain.order import Book, Column
from domain.quantity import PERMILLE
from market.grid.drops import Drops
from market.grid.voltage_map import drops_pu2_per_wh

_PARTS = 8  # of a bundle that is split
_WH_PER_KWH = 1000
_PPM = 1e6
_PRICE_NOISE = 1e-4


class VoltageOptimum(NamedTuple):
    """What the program decides. Each shape (nodes,), float64.

    dropped_wh: what dropped out at each node, in order of price. flow_wh: at the branches' lower ends, positive
    downwards. price_mjpy_per_kwh: what one kWh more would cost at each node. pull_mjpy_per_ppm: what one millionth more
    of squared voltage would gain at each node: positive at a lower bound that holds use back, negative at an upper one.
    """

    dropped_wh: Reals
    flow_wh: Reals
    price_mjpy_per_kwh: Reals
    pull_mjpy_per_ppm: Reals


class Band(NamedTuple):
    """Bounds of the squared voltage of each node. Each shape (nodes,), float64, per unit squared."""

    low: Reals
    high: Reals


class _Shell(NamedTuple):
    """The columns and rows that stay: branches and voltages. Columns as (cost, low, high), entries as (row, column,
    value); rows: what each adds up to, without the demand of the balance rows. Energy in kWh, voltage in ppm.
    """

    cost: Reals
    low: Reals
    high: Reals
    row: Column
    column: Column
    value: Reals
    total: Reals


def optimum(
    book: Book, drops: Drops, feeder: Feeder, band: Band, near_mjpy_per_kwh: Column, reactive_permille: int
) -> VoltageOptimum:
    """The exact optimum. near_mjpy_per_kwh: Shape (nodes,), prices at which bundles are split at first."""
    price, upto_kwh = book.limit_mjpy_per_kwh[drops.row].astype(np.float64), drops.upto_wh / _WH_PER_KWH
    worth = np.concatenate((np.zeros(1), np.cumsum(np.diff(drops.upto_wh) * price))) / _WH_PER_KWH
    shell = _shell(feeder, band, reactive_permille)
    shell.total[: len(feeder.parent)] = drops.demand_wh / _WH_PER_KWH
    cuts = _split(drops.first, price, np.unique(drops.first), near_mjpy_per_kwh.astype(np.float64))
    while True:
        found = _solve(shell, _node_at(drops.first, cuts[:-1]), np.diff(worth[cuts]), np.diff(upto_kwh[cuts]))
        finer = _split(drops.first, price, cuts, found.price_mjpy_per_kwh)
        if len(finer) == len(cuts):
            return found
        cuts = finer


def _node_at(first: Column, drop: Column) -> Column:
    """The node at which each drop stands."""
    node: Column = np.searchsorted(first, drop, "right") - 1
    return node


def _split(first: Column, price: Reals, cuts: Column, node_price: Reals) -> Column:
    """Where bundles begin and end when none of several prices may hold its node's price inside."""
    begin, end = cuts[:-1], cuts[1:]
    at = node_price[_node_at(first, begin)]
    wrong = np.flatnonzero((price[begin] < at - _PRICE_NOISE) & (price[end - 1] > at + _PRICE_NOISE))
    begin, end, at = begin[wrong], end[wrong], at[wrong]
    parts = [begin + (end - begin) * part // _PARTS for part in range(1, _PARTS)]
    turns = [
        low + np.searchsorted(price[low:high], level, side)
        for low, high, level in zip(begin.tolist(), end.tolist(), at.tolist(), strict=True)
        for side in ("left", "right")
    ]
    return np.unique(np.concatenate((cuts, *parts, np.array(turns, np.int64))))


def _shell(feeder: Feeder, band: Band, reactive_permille: int) -> _Shell:
    """Imports, exports and voltage of every node but the root; balance rows of all, then voltage rows of all but it."""
    nodes, below, above = len(feeder.parent), np.arange(1, len(feeder.parent)), feeder.parent[1:]
    many = nodes - 1
    kept, fee = 1 - feeder.loss_permille[1:] / PERMILLE, feeder.fee_mjpy_per_kwh[1:].astype(np.float64)
    limit_kwh = feeder.limit_wh[1:] / _WH_PER_KWH
    fall = drops_pu2_per_wh(feeder, reactive_permille)[1:] * _WH_PER_KWH * _PPM
    inverse = 1 / feeder.ratio[1:] ** 2
    imports, exports, squared, ones = below - 1, many + below - 1, 2 * many + below - 1, np.ones(many)
    volts, inner = many + below, above > 0
    total = np.zeros(nodes + many)
    total[nodes:][~inner] = inverse[~inner] * (feeder.source_permille / PERMILLE) ** 2 * _PPM
    entries = (
        (below, imports, ones), (below, exports, -ones), (above, imports, -1 / kept), (above, exports, kept),
        (volts, squared, ones), (volts[inner], squared[above[inner] - 1], -inverse[inner]),
        (volts, imports, fall), (volts, exports, -fall),
    )  # fmt: skip
    row, column, value = (np.concatenate(part) for part in zip(*entries, strict=True))
    low = np.concatenate((np.zeros(2 * many), band.low[1:] * _PPM))
    high = np.concatenate((limit_kwh, limit_kwh, band.high[1:] * _PPM))
    return _Shell(np.concatenate((fee, fee, np.zeros(many))), low, high, row, column, value, total)


def _solve(shell: _Shell, node: Column, worth: Reals, energy_kwh: Reals) -> VoltageOptimum:
    """The program with these bundles: their node, energy, and price times energy. Each shape (bundles,)."""
    bundles, fixed = len(node), len(shell.cost)
    column = np.concatenate((shell.column, fixed + np.arange(bundles)))
    order = np.argsort(column, kind="stable")
    start = np.searchsorted(column[order], np.arange(fixed + bundles))
    solver = _solver()
    solver.passModel(
        fixed + bundles, len(shell.total), len(order), 1, 1, 0.0,
        np.concatenate((shell.cost, worth / energy_kwh)),
        np.concatenate((shell.low, np.zeros(bundles))), np.concatenate((shell.high, energy_kwh)),
        shell.total, shell.total, start.astype(np.int32),
        np.concatenate((shell.row, node))[order].astype(np.int32),
        np.concatenate((shell.value, np.ones(bundles)))[order], np.zeros(fixed + bundles, np.int32),
    )  # fmt: skip
    solver.run()
    status = solver.modelStatusToString(solver.getModelStatus())
    assert status == "Optimal", f"no trade is always a solution, yet the solver says {status}"
    return _read(solver.getSolution(), node, fixed // 3 + 1)


def _read(solution: Any, node: Column, nodes: int) -> VoltageOptimum:
    value, dual = np.array(solution.col_value), np.array(solution.col_dual)
    many = nodes - 1
    flow_wh, pull = np.zeros(nodes), np.zeros(nodes)
    flow_wh[1:] = (value[:many] - value[many : 2 * many]) * _WH_PER_KWH
    pull[1:] = dual[2 * many : 3 * many]
    dropped_kwh = np.bincount(node, value[3 * many :], nodes).astype(np.float64)
    return VoltageOptimum(dropped_kwh * _WH_PER_KWH, flow_wh, np.array(solution.row_dual)[:nodes], pull)


def _solver() -> Any:
    import highspy

    make: Any = highspy.Highs
    solver = make()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)
    return solver
