"""Which offers to put side by side when so much must be given up: some near what the other asked for, some new.

Trade-off by similarity (Faratin, Sierra and Jennings 2002): on its own indifference curve a party moves towards the
other's last offer. The curve is read mix by mix: price moves money from one to the other and nothing else, so each
mix has one price that gives the wanted gain, and the mixes are ranked by how near they are. Issues that the other
holds on to count more. A part of the alternatives goes round all mixes in turn, so that no corner stays unknown. The
other picks what suits it, its pick is where one starts next, and both climb to the mix with the most to share.
"""

import numpy as np
from numba import njit

from domain.order import Column

_STRIDE_PERMILLE = 618  # the golden section spreads few points evenly over many


@njit(cache=True)
def alternatives(
    gain_ujpy: Column, places: Column, target_ujpy: int, near: int, weights: Column, count: int, turn: int
) -> Column:
    """At most ``count`` offers of different mixes, each with the least gain that still reaches the target.

    gain_ujpy: Shape (mixes, prices), one's own table. places: Shape (mixes, 4), permille. near: the mix to be near
    to; -1 for none, then the greatest gain comes first. weights: Shape (4,), one or more for each issue but price.
    turn: moves the part that goes round, one in three. Returns Shape (2, offers), int64: rows and columns of the
    table, nearest first, what goes round last. Ties go to the greater gain, then to the earlier mix.
    """
    mixes = gain_ujpy.shape[0]
    column = np.full(mixes, -1, np.int64)
    for row in range(mixes):
        column[row] = _least_above(gain_ujpy[row], target_ujpy)
    found = np.empty((2, count), np.int64)
    size = _nearest(gain_ujpy, places, column, near, weights, found, count - count // 3)
    stride = max(mixes * _STRIDE_PERMILLE // 1_000, 1)
    while np.gcd(stride, mixes) != 1:
        stride += 1
    for step in range(count // 3):
        row = (turn * (count // 3) + step) * stride % mixes
        if column[row] >= 0 and not np.any(found[0, :size] == row):
            found[0, size], found[1, size] = row, column[row]
            size += 1
    return found[:, :size]


@njit(cache=True)
def _least_above(gain_ujpy: Column, target_ujpy: int) -> int:
    """The price with the least gain that reaches the target, -1 when none does."""
    best = -1
    for column in range(gain_ujpy.shape[0]):
        if gain_ujpy[column] >= target_ujpy and (best < 0 or gain_ujpy[column] < gain_ujpy[best]):
            best = column
    return best


@njit(cache=True)
def _nearest(
    gain_ujpy: Column, places: Column, column: Column, near: int, weights: Column, found: Column, count: int
) -> int:
    """Fill ``found`` with the nearest mixes that have a column, by insertion; returns how many."""
    far, own = np.empty(count, np.int64), np.empty(count, np.int64)
    size = 0
    for row in range(column.size):
        if column[row] < 0:
            continue
        distance, gain = _distance(places, row, near, weights), gain_ujpy[row, column[row]]
        place = size
        while place > 0 and (distance < far[place - 1] or (distance == far[place - 1] and gain > own[place - 1])):
            place -= 1
        if place >= count:
            continue
        size = min(size + 1, count)
        for behind in range(size - 1, place, -1):
            far[behind], own[behind] = far[behind - 1], own[behind - 1]
            found[0, behind], found[1, behind] = found[0, behind - 1], found[1, behind - 1]
        far[place], own[place], found[0, place], found[1, place] = distance, gain, row, column[row]
    return size


@njit(cache=True)
def _distance(places: Column, row: int, near: int, weights: Column) -> int:
    """Weighted squares of how far two mixes are apart; 0 when there is nothing to be near to."""
    total = 0
    if near >= 0:
        for issue in range(places.shape[1]):
            apart = places[row, issue] - places[near, issue]
            total += weights[issue] * apart * apart
    return total
