"""Prices of a session at which everybody is content, or that there are none.

Simple orders are content with any price in their slot's interval. A load is content when no other way to spread its
energy costs less, and no part of it costs more than its limit: what it takes pays its limit less a rent of its own that
is the same in all its slots. A block is content when it does not lose. Each is a sum of prices that must not fall below
some worth, in whole numbers, so what is found is checked exactly.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from domain.block_order import BlockOrder
from domain.flexible_load import FlexibleLoad
from domain.order import Column
from market.blocks.mixed_program import FREE, MixedProgram


class Condition(NamedTuple):
    """The weighted sum of some prices (and rents, numbered after them) is at least so much. Each shape (terms,)."""

    at: Column
    weight: Column
    least: int

    def shortfall(self, values: Column) -> int:
        """How far the sum stays below; zero or less when the condition holds."""
        return self.least - int(self.weight @ values[self.at])


class Room(NamedTuple):
    """Where prices and rents may lie, and where they would best. Each shape (slots + loads,), int64, mJPY/kWh.
    nearness: one for a price, zero for a rent, which may be what it will.
    """

    low: Column
    high: Column
    wanted: Column
    nearness: Column


def block_condition(block: BlockOrder, position: dict[int, int]) -> Condition:
    """A block does not lose. position: where a slot's price stands."""
    at = np.array([position[slot] for slot in block.slots])
    weight = block.direction * np.array(block.lot_wh, np.int64)
    return Condition(at, weight, block.direction * block.limit_mjpy_per_kwh * sum(block.lot_wh))


def load_conditions(load: FlexibleLoad, taken_wh: Column, rent_at: int, position: dict[int, int]) -> list[Condition]:
    """A load pays its limit less its rent at most where it takes, at least where it could take more."""
    found = []
    for slot, wh in zip(load.window, taken_wh.tolist(), strict=True):
        at = np.array([position[slot], rent_at])
        if wh > 0:
            found.append(Condition(at, np.array([-1, -1]), -load.limit_mjpy_per_kwh))
        if wh < load.slot_wh_max:
            found.append(Condition(at, np.array([1, 1]), load.limit_mjpy_per_kwh))
    return found


def content_prices(room: Room, conditions: Sequence[Condition]) -> Column | None:
    """Prices and rents that meet every condition, in sum nearest to the wanted ones; None when there are none."""
    if all(condition.shortfall(room.wanted) <= 0 for condition in conditions):
        return room.wanted
    program = MixedProgram()
    shift = program.columns(np.zeros_like(room.wanted), room.high - room.wanted, room.low - room.wanted, whole=True)
    away = program.columns(-room.nearness, room.high - room.low)
    for here, there in zip(shift, away, strict=True):
        program.row(np.array([here, there]), np.array([1, -1]), -FREE, 0)
        program.row(np.array([here, there]), np.array([1, 1]), 0, FREE)
    for condition in conditions:
        least = condition.least - int(condition.weight @ room.wanted[condition.at])
        program.row(shift[condition.at], condition.weight, least, FREE)
    answer = program.solve()
    if answer is None:
        return None
    values: Column = room.wanted + np.rint(answer.values[shift]).astype(np.int64)
    assert all(condition.shortfall(values) <= 0 for condition in conditions), "the solver missed a whole number"
    return values
