"""How the pool's result comes back to the members.

The pool takes the imbalance adder and pays the community's deviation. What is left belongs to the members, and so does
what is missing. Nobody may be worse off than without trading as long as the community as a whole is not.
"""

import numpy as np

from domain.order import Column
from domain.quantity import split_in_proportion


def share_pool(result_ujpy: int, gain_ujpy: Column, traded_wh: Column) -> Column:
    """What each site receives (or pays, below zero). Shape (sites,), int64, uJPY; adds up to the result exactly.

    gain_ujpy: shape (sites,), of either sign, against the same site without trading and before this sharing.
    traded_wh: shape (sites,), zero or more; when nobody traded, all sites weigh the same.

    A positive result first lifts those below zero; the rest, or a negative result, goes by traded energy. Whoever is
    then still below zero is lifted by those above in proportion to what they have, never below zero. When the whole
    community loses, nobody keeps a gain and the loss is shared in proportion to each one's.
    """
    gains = [int(gain) for gain in gain_ujpy]
    lift_ujpy = min(max(result_ujpy, 0), _below_zero(gains))
    lifted = _add(gains, _shares(lift_ujpy, _losses(gains)))
    weights = [int(energy) for energy in traded_wh] if traded_wh.any() else [1] * len(gains)
    shared = _add(lifted, _shares(result_ujpy - lift_ujpy, weights))
    levelled = _level(shared)
    return np.array([after - before for after, before in zip(levelled, gains, strict=True)], np.int64)


def _level(gains: list[int]) -> list[int]:
    """Move from those above zero to those below, as far as it goes; nobody crosses zero."""
    above = [max(gain, 0) for gain in gains]
    moved_ujpy = min(_below_zero(gains), sum(above))
    return _add(_add(gains, _shares(-moved_ujpy, above)), _shares(moved_ujpy, _losses(gains)))


def _losses(gains: list[int]) -> list[int]:
    return [max(-gain, 0) for gain in gains]


def _below_zero(gains: list[int]) -> int:
    return sum(_losses(gains))


def _shares(total_ujpy: int, weights: list[int]) -> list[int]:
    """Shares of a total by weight; of nothing, nothing, whatever the weights."""
    return split_in_proportion(total_ujpy, weights) if total_ujpy else [0] * len(weights)


def _add(left: list[int], right: list[int]) -> list[int]:
    return [a + b for a, b in zip(left, right, strict=True)]
