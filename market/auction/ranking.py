"""Rows in order of value, in time that grows with their number only.

A radix sort, from the least digit up, of the distance to the least value: exact for every int64, and two passes over
the rows for prices, whose range is small.
"""

import numpy as np
from numba import njit, types

from domain.order import Column

COLUMN = types.Array(types.int64, 1, "C", readonly=True)
ROWS = types.Array(types.int64, 1, "C")

DIGIT_BITS = 11  # as many places to write to at a time as a processor's first cache holds


def stable_order(values: Column) -> Column:
    """Positions in rising order of value, equals as they stand. Shape (values,), int64; any int64 values."""
    order = np.arange(values.size)
    spare = np.empty_like(order)
    return spare if _sort(np.ascontiguousarray(values), order, spare) else order


@njit(types.void(COLUMN, types.uint64, types.uint64, ROWS, ROWS), cache=True)
def _by_digit(values: Column, least: np.uint64, shift: np.uint64, order: Column, into: Column) -> None:
    """Lay ``order`` into ``into`` by one digit: count each digit, then put each row where its digit's rows begin."""
    mask = np.uint64((1 << DIGIT_BITS) - 1)
    starts = np.zeros((1 << DIGIT_BITS) + 1, np.int64)
    for row in range(values.size):
        starts[((np.uint64(values[row]) - least) >> shift & mask) + np.uint64(1)] += 1
    for digit in range(1, starts.size):
        starts[digit] += starts[digit - 1]
    for row in order:
        place = (np.uint64(values[row]) - least) >> shift & mask
        into[starts[place]] = row
        starts[place] += 1


@njit(types.boolean(COLUMN, ROWS, ROWS), cache=True)
def _sort(values: Column, order: Column, spare: Column) -> bool:
    """Bring ``order`` into rising order of value; true when the result stands in ``spare``."""
    ahead = 1
    while ahead < values.size and values[ahead] >= values[ahead - 1]:
        ahead += 1
    if ahead >= values.size:
        return False
    least = np.uint64(values.min())
    span = np.uint64(values.max()) - least  # wraps to the distance even where it passes the largest int64
    shift, is_spare = 0, False
    while shift < 64 and span >> np.uint64(shift):
        _by_digit(values, least, np.uint64(shift), order, spare)
        order, spare = spare, order
        shift, is_spare = shift + DIGIT_BITS, not is_spare
    return is_spare
