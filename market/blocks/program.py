"""Who is accepted in a session: the mixed program behind ``market.blocks.clearing``.

The simple orders of a slot enter as the steps of their curve, and of that only what blocks and loads can reach. Worth
counts against a price of reference in each slot, so that the solver sees small numbers.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from domain.block_order import BlockOrder
from domain.flexible_load import FlexibleLoad
from domain.order import Column
from market.blocks.curve import Curve, Reach, steps
from market.blocks.mixed_program import FREE, MixedProgram
from market.blocks.session import WELFARE_UJPY_MAX, Session
from market.blocks.watch import add_position, add_price, bound_price, watch

Cut = tuple[tuple[int, int], ...]
"""Rows of blocks, each with a number of lots: not all of them may be accepted to that extent together."""


class Decision(NamedTuple):
    """lots: Shape (blocks,), int64, accepted lots of each block. gap_ujpy: how much more welfare there may be at most;
    zero when none.
    """

    lots: Column
    gap_ujpy: int


class Limits(NamedTuple):
    """What a decision must respect besides its session. watched: rows of blocks that must not lose. pieces: slot and
    number of the pieces of curves that bound prices. cuts: outcomes without prices.
    """

    watched: frozenset[int] = frozenset()
    pieces: frozenset[tuple[int, int]] = frozenset()
    cuts: tuple[Cut, ...] = ()


class Terrain(NamedTuple):
    """What never changes while a session is cleared. Each by slot: the curve of its simple orders, and a price."""

    session: Session
    curves: Mapping[int, Curve]
    reference_mjpy_per_kwh: Mapping[int, int]


class Part(NamedTuple):
    """Who takes energy out of a slot (or brings it in, below zero): columns, Wh of one unit, and what that reaches."""

    column: Column
    weight_wh: Column
    reach: Reach


def decide(terrain: Terrain, limits: Limits, start: Column, nodes_max: int | None) -> Decision:
    """The acceptance of greatest welfare that respects the limits. start: lots that do, to begin with."""
    blocks = terrain.session.blocks
    if not blocks:
        return Decision(np.zeros(0, np.int64), 0)
    lots_max = np.array([block.lots for block in blocks], np.int64)
    program = MixedProgram()
    lots, _, parts = _fill(program, terrain, lots_max)
    accepted = _accepted(program, blocks, lots)
    _watch(program, terrain, limits, accepted, parts)
    _link(program, blocks, accepted)
    _first_come(program, blocks, lots)
    for cut in limits.cuts:
        _cut_off(program, blocks, lots, accepted, cut)
    answer = program.solve(nodes_max, (lots, start))
    assert answer is not None, "to accept nothing is always possible"
    gap_ujpy = 0 if answer.proven else int(min(np.ceil(answer.bound - answer.worth), WELFARE_UJPY_MAX))
    return Decision(np.rint(answer.values[lots]).astype(np.int64), gap_ujpy)


def without(terrain: Terrain, lots: Column, row: int) -> Column:
    """Lots without one block and its children, and without what then finds no room in its slots, the latest first."""
    blocks, left = terrain.session.blocks, lots.copy()
    left[row] = 0
    while True:
        accepted = {blocks[each].id for each in np.flatnonzero(left).tolist()}
        alone = [each for each in np.flatnonzero(left) if (blocks[each].parent or blocks[each].id) not in accepted]
        crowded = alone or _crowded(terrain, left)[-1:]
        if not crowded:
            return left
        left[crowded] = 0


def together(terrain: Terrain, lots: Column, row: int) -> Column:
    """Lots with all of one more block where its links, its group and room in its slots allow it, else as they were."""
    blocks, more = terrain.session.blocks, lots.copy()
    more[row] = blocks[row].lots
    accepted = [blocks[each] for each in np.flatnonzero(lots).tolist()]
    rival = blocks[row].group is not None and any(each.group == blocks[row].group for each in accepted)
    orphan = blocks[row].parent is not None and all(each.id != blocks[row].parent for each in accepted)
    return lots if rival or orphan or _crowded(terrain, more) else more


def _crowded(terrain: Terrain, lots: Column) -> list[int]:
    """Rows of accepted blocks that bring more than a slot can sell, or take more than it can buy, in order of rows."""
    position_wh = {slot: curve.offered_wh for slot, curve in terrain.curves.items()}
    accepted = [(row, terrain.session.blocks[row]) for row in np.flatnonzero(lots).tolist()]
    for row, block in accepted:
        for slot, wh in zip(block.slots, block.lot_wh, strict=True):
            position_wh[slot] += block.direction * wh * int(lots[row])
    over = {slot for slot, curve in terrain.curves.items() if position_wh[slot] > curve.end_wh.max(initial=0)}
    under = {slot for slot, wh in position_wh.items() if wh < 0}
    return [row for row, block in accepted if (over if block.direction > 0 else under) & set(block.slots)]


def spread(terrain: Terrain, lots: Column) -> list[Column]:
    """What each load takes in each slot of its window, Wh, once the blocks are decided.

    A network of flows between whole numbers: its corners are whole numbers too, and the simplex method ends on one.
    """
    if not terrain.session.loads:
        return []
    program = MixedProgram()
    _, loads, _ = _fill(program, terrain, lots, decided=True)
    answer = program.solve()
    assert answer is not None, "the blocks fit into their slots without loads"
    taken_wh = [np.rint(answer.values[columns]).astype(np.int64) for columns in loads]
    assert all(np.abs(answer.values[at] - wh).max() < 1e-3 for at, wh in zip(loads, taken_wh, strict=True)), "a corner"
    return taken_wh


def _fill(
    program: MixedProgram, terrain: Terrain, lots_max: Column, decided: bool = False
) -> tuple[Column, list[Column], dict[int, Part]]:
    """Columns of blocks, loads and curves, and a row a slot: what is bought there is what is brought there."""
    session, reference = terrain.session, terrain.reference_mjpy_per_kwh
    worth = np.array([_lot_worth(block, reference) for block in session.blocks], np.int64)
    lots = program.columns(worth, lots_max, lots_max if decided else None, whole=not decided)
    loads = [_add_load(program, load, reference) for load in session.loads]
    parts = _parts(terrain, lots, lots_max, loads)
    for slot, part in parts.items():
        values, energy_wh = steps(terrain.curves[slot], part.reach)
        bought = program.columns(values - reference[slot], energy_wh)
        weights = np.concatenate((np.ones_like(bought), part.weight_wh))
        left_wh = terrain.curves[slot].offered_wh - part.reach.first_wh
        program.row(np.concatenate((bought, part.column)), weights, left_wh, left_wh)
    return lots, loads, parts


def _lot_worth(block: BlockOrder, reference: Mapping[int, int]) -> int:
    """What one lot gains at the prices of reference. uJPY."""
    at_reference = sum(wh * reference[slot] for slot, wh in zip(block.slots, block.lot_wh, strict=True))
    return block.direction * (at_reference - block.limit_mjpy_per_kwh * sum(block.lot_wh))


def _add_load(program: MixedProgram, load: FlexibleLoad, reference: Mapping[int, int]) -> Column:
    """A column for each slot of its window, Wh, and a row for its energy."""
    worth = np.array([load.limit_mjpy_per_kwh - reference[slot] for slot in load.window], np.int64)
    columns = program.columns(worth, np.full(len(worth), min(load.slot_wh_max, load.energy_wh)))
    program.row(columns, np.ones_like(columns), 0, load.energy_wh)
    return columns


def _parts(terrain: Terrain, lots: Column, lots_max: Column, loads: Sequence[Column]) -> dict[int, Part]:
    """Per slot that blocks or loads touch, who they are."""
    found: dict[int, list[tuple[int, int, int]]] = {}
    for column, most, block in zip(lots.tolist(), lots_max.tolist(), terrain.session.blocks, strict=True):
        for slot, wh in zip(block.slots, block.lot_wh, strict=True):
            found.setdefault(slot, []).append((column, -block.direction * wh, most))
    for columns, load in zip(loads, terrain.session.loads, strict=True):
        for slot, column in zip(load.window, columns.tolist(), strict=True):
            found.setdefault(slot, []).append((column, 1, min(load.slot_wh_max, load.energy_wh)))
    return {slot: _part(terrain.curves[slot], np.array(rows, np.int64)) for slot, rows in found.items()}


def _part(curve: Curve, rows: Column) -> Part:
    """rows: Shape (parts, 3): column, weight, how many at most."""
    taken_wh = rows[:, 1] * rows[:, 2]
    first_wh = max(curve.offered_wh - int(taken_wh[taken_wh > 0].sum()), 0)
    last_wh = min(curve.offered_wh - int(taken_wh[taken_wh < 0].sum()), int(curve.end_wh.max(initial=0)))
    return Part(rows[:, 0], rows[:, 1], Reach(first_wh, last_wh))


def _watch(program: MixedProgram, terrain: Terrain, limits: Limits, accepted: Column, parts: dict[int, Part]) -> None:
    """Prices of the slots of watched blocks, bounded by the pieces known to matter."""
    corridor = terrain.session.corridor
    watched = [(row, terrain.session.blocks[row]) for row in sorted(limits.watched)]
    prices: dict[int, int] = {}
    for slot in sorted({slot for _, block in watched for slot in block.slots}):
        prices[slot], curve, part = add_price(program, corridor), terrain.curves[slot], parts[slot]
        if pieces := sorted(piece for where, piece in limits.pieces if where == slot):
            position = add_position(program, part.column, part.weight_wh, curve, part.reach)
            bound_price(program, prices[slot], position, curve, part.reach, pieces, corridor)
    for row, block in watched:
        watch(program, block, int(accepted[row]), prices, corridor)


def _accepted(program: MixedProgram, blocks: Sequence[BlockOrder], lots: Column) -> Column:
    """Columns that are one when a block is accepted at all: a column of its own for those that divide."""
    accepted = lots.copy()
    for row, block in enumerate(blocks):
        if block.lots > 1:
            (accepted[row],) = program.columns(np.zeros(1, np.int64), np.ones(1), whole=True)
            both = np.array([lots[row], accepted[row]])
            program.row(both, np.array([1, -block.lots]), -FREE, 0)
            program.row(both, np.array([1, -block.lots_min]), 0, FREE)
    return accepted


def _link(program: MixedProgram, blocks: Sequence[BlockOrder], accepted: Column) -> None:
    """A child only with its parent; of an exclusive group at most one."""
    row_of = {block.id: row for row, block in enumerate(blocks)}
    groups: dict[str, list[int]] = {}
    for row, block in enumerate(blocks):
        if block.parent is not None:
            program.row(accepted[[row, row_of[block.parent]]], np.array([1, -1]), -FREE, 0)
        if block.group is not None:
            groups.setdefault(block.group, []).append(row)
    for rows in groups.values():
        program.row(accepted[rows], np.ones(len(rows), np.int64), 0, 1)


def _first_come(program: MixedProgram, blocks: Sequence[BlockOrder], lots: Column) -> None:
    """Of blocks that differ in nothing but their turn, the earlier is accepted before the later."""
    parents = {block.parent for block in blocks}
    last: dict[tuple[object, ...], int] = {}
    for row, block in enumerate(blocks):
        if block.parent is None and block.group is None and block.id not in parents:
            shape = tuple(sorted(zip(block.slots, block.energy_wh, strict=True)))
            alike = (block.side, block.limit_mjpy_per_kwh, block.least_permille, shape)
            if alike in last:
                program.row(lots[[row, last[alike]]], np.array([1, -1]), -FREE, 0)
            last[alike] = row


def _cut_off(program: MixedProgram, blocks: Sequence[BlockOrder], lots: Column, accepted: Column, cut: Cut) -> None:
    """At least one block of the cut stays below its number of lots."""
    reaches = [
        accepted[row] if level <= blocks[row].lots_min else _reaches(program, lots[row], level, blocks[row].lots)
        for row, level in cut
    ]
    program.row(np.array(reaches), np.ones(len(reaches), np.int64), 0, len(reaches) - 1)


def _reaches(program: MixedProgram, lots: int, level: int, lots_max: int) -> int:
    """A column that must be one once a block has this many lots."""
    (column,) = program.columns(np.zeros(1, np.int64), np.ones(1), whole=True)
    program.row(np.array([lots, column]), np.array([1, level - 1 - lots_max]), -FREE, level - 1)
    return int(column)
