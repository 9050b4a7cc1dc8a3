"""Prices inside the mixed program of a session, where a block was found to lose.

A block that loses at the prices that its own acceptance makes must be told so before it is accepted. For such watched
blocks the program gets the prices of their slots as columns, and near the outcomes met so far the pieces of the curve
that bound them: once a slot's position has passed into a piece, its price is at most the piece's worth; while it has
not passed its end, at least that. What is left out makes the program's prices freer than the real ones, never less.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np

from domain.block_order import BlockOrder
from domain.order import Column
from domain.tariff import Corridor
from market.blocks.curve import Curve, Reach
from market.blocks.mixed_program import FREE, MixedProgram


def add_price(program: MixedProgram, corridor: Corridor) -> int:
    """A column for the price of a slot less the floor. mJPY/kWh."""
    (price,) = program.columns(np.zeros(1, np.int64), np.array([corridor.cap - corridor.floor]))
    return int(price)


def add_position(program: MixedProgram, column: Column, weight_wh: Column, curve: Curve, reach: Reach) -> int:
    """A column for the position of a slot, Wh. column, weight_wh: who takes energy out of the slot, and how much."""
    (position,) = program.columns(np.zeros(1, np.int64), np.array([reach.last_wh]), np.array([reach.first_wh]))
    columns, weights = np.append(column, position), np.append(weight_wh, 1)
    program.row(columns, weights, curve.offered_wh, curve.offered_wh)
    return int(position)


def bound_price(
    program: MixedProgram,
    price: int,
    position: int,
    curve: Curve,
    reach: Reach,
    pieces: Sequence[int],
    corridor: Corridor,
) -> None:
    """The price is at most the worth of each piece that the position has entered, at least that of each it has not
    passed. pieces: rising numbers.
    """
    worth = curve.value_mjpy_per_kwh[list(pieces)] - corridor.floor
    height = corridor.cap - corridor.floor
    entered = [_entered(program, position, int(curve.end_wh[piece - 1]) if piece else 0, reach) for piece in pieces]
    unpassed = [_unpassed(program, position, int(curve.end_wh[piece]), reach) for piece in pieces]
    falls = -np.diff(worth, prepend=height)
    program.row(np.array([price, *entered]), np.array([1, *falls]), -FREE, height)
    rises = -np.diff(worth, append=0)
    program.row(np.array([price, *unpassed]), np.array([1, *-rises]), 0, FREE)
    for before, after in (*pairwise(reversed(entered)), *pairwise(unpassed)):
        program.row(np.array([before, after]), np.array([1, -1]), -FREE, 0)


def watch(
    program: MixedProgram, block: BlockOrder, accepted: int, prices: Mapping[int, int], corridor: Corridor
) -> None:
    """The block does not lose if it is accepted. prices: slot to the column of its price."""
    share = block.direction * np.array(block.energy_wh) / sum(block.energy_wh)
    least, most_lost = block.limit_mjpy_per_kwh - corridor.floor, corridor.cap - corridor.floor
    columns = np.array([*(prices[slot] for slot in block.slots), accepted])
    program.row(columns, np.append(share, -most_lost), block.direction * least - most_lost, FREE)


def _entered(program: MixedProgram, position: int, start_wh: int, reach: Reach) -> int:
    """A column that must be one once the position lies behind the start of a piece."""
    (column,) = program.columns(np.zeros(1, np.int64), np.ones(1), whole=True)
    start_wh = max(start_wh, reach.first_wh - 1)
    program.row(np.array([position, column]), np.array([1, min(start_wh - reach.last_wh, 0)]), -FREE, start_wh)
    return int(column)


def _unpassed(program: MixedProgram, position: int, end_wh: int, reach: Reach) -> int:
    """A column that must be one while the position lies before the end of a piece."""
    (column,) = program.columns(np.zeros(1, np.int64), np.ones(1), whole=True)
    end_wh = min(end_wh, reach.last_wh + 1)
    program.row(np.array([position, column]), np.array([1, max(end_wh - reach.first_wh, 0)]), end_wh, FREE)
    return int(column)
