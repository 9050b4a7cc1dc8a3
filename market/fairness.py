"""Who gains how much of what a community gains together, and how evenly.

Two ways to share the welfare of a clearing: by traded energy, and by what each party brings. The second is the Shapley
value of the game whose coalitions clear among themselves: the mean, over all orders of arrival, of what a party adds
to those before it. Up to ``EXACT_PARTIES_MAX`` parties it is computed exactly over all coalitions; beyond, from
permutations drawn from a given seed, with its error stated. (Parties with several orders of several limits make a
market game for which no sound closed form is known to us.)

Evenness as two figures in parts per million, exact in whole numbers:

- Gini, the sum of |x - y| over all pairs over twice the count times the sum of |x|. It is the usual index where nobody
  is below zero, and lies between 0 (all alike) and 1,000,000 also where somebody is.
- Jain's index, (sum x)^2 over count times sum x^2: 1,000,000 when all are alike, 1/count when one has all.

All zero is even: Gini 0, Jain 1,000,000.
"""

from math import ceil, factorial, sqrt
from typing import NamedTuple

import numpy as np

from domain.order import Book, Column
from domain.quantity import PPM, split_in_proportion

EXACT_PARTIES_MAX = 12


class Shares(NamedTuple):
    """What each party gets. share_ujpy, error_ujpy: Shape (parties,), int64; shares add up to the welfare exactly.

    error: twice the standard error of a sampled share, rounded up (the true value lies within it about 19 times in
    20); zero for exact ones, which are off by less than 1 uJPY of rounding.
    """

    share_ujpy: Column
    error_ujpy: Column


def pro_rata(welfare_ujpy: int, traded_wh: Column) -> Shares:
    """Shares by traded energy, rounded by largest remainder. traded_wh: Shape (parties,), zero or more. When nobody
    traded, all weigh the same.
    """
    weights = traded_wh.tolist() if traded_wh.any() else [1] * len(traded_wh)
    share_ujpy = np.array(split_in_proportion(welfare_ujpy, weights) if weights else [], np.int64)
    return Shares(share_ujpy, np.zeros_like(share_ujpy))


def shapley(book: Book, parties: int, permutations: int = 1_000, seed: int = 0) -> Shares:
    """What each party brings to the clearing of a book, whose ``site`` is the party, 0 to parties - 1.

    Exact up to EXACT_PARTIES_MAX parties, else the mean over this many permutations (two or more) from the seed.
    """
    from market.coalition import additions, merit_order, welfare_of_each  # compiled: evenness alone does without

    if parties <= EXACT_PARTIES_MAX:
        members = (np.arange(1 << parties)[:, None] >> np.arange(parties)) & 1
        return _exact(welfare_of_each(merit_order(book), members), parties)
    assert permutations >= 2, "an error needs two permutations"
    chance = np.random.default_rng(seed)
    orders = chance.permuted(np.tile(np.arange(parties), (permutations, 1)), axis=1)
    return _sampled(additions(merit_order(book), orders))


def gini_ppm(values: Column) -> int:
    """How unevenly values are spread, rounded down. Shape (parties,), int64, of any sign."""
    ranked: list[int] = sorted(values.tolist())
    count, total = len(ranked), sum(map(abs, ranked))
    if not total:
        return 0
    pairs = 2 * sum((2 * rank - count + 1) * value for rank, value in enumerate(ranked))
    return PPM * pairs // (2 * count * total)


def jain_ppm(values: Column) -> int:
    """How evenly values are spread, rounded down. Shape (parties,), int64, of any sign."""
    whole = [int(value) for value in values.tolist()]
    squares = sum(value * value for value in whole)
    return PPM * sum(whole) ** 2 // (len(whole) * squares) if squares else PPM


def figures(shares: Shares) -> dict[str, int]:
    """What a report shows of shares: evenness in ppm, the least and the whole in uJPY, the largest stated error."""
    share_ujpy = shares.share_ujpy
    return {
        "gini_ppm": gini_ppm(share_ujpy),
        "jain_ppm": jain_ppm(share_ujpy),
        "share_ujpy_min": min(share_ujpy.tolist(), default=0),
        "welfare_ujpy": int(share_ujpy.sum()),
        "error_ujpy_max": int(shares.error_ujpy.max(initial=0)),
    }


def _exact(welfare_ujpy: Column, parties: int) -> Shares:
    """The Shapley value by its definition, in whole numbers over parties!. welfare: Shape (2 ** parties,)."""
    everyone = np.arange(1 << parties)
    size = np.array([int(row).bit_count() for row in everyone])
    weighted = []
    for party in range(parties):
        without = everyone[(everyone >> party) & 1 == 0]
        added_ujpy = welfare_ujpy[without | 1 << party] - welfare_ujpy[without]
        weighted.append(
            sum(
                factorial(count) * factorial(parties - 1 - count) * sum(added_ujpy[size[without] == count].tolist())
                for count in range(parties)
            )
        )
    share_ujpy = _rounded(weighted, factorial(parties))
    return Shares(share_ujpy, np.zeros(parties, np.int64))


def _sampled(added_ujpy: Column) -> Shares:
    """The mean of each party's additions. Shape (permutations, parties)."""
    count, parties = added_ujpy.shape
    sums = [sum(added_ujpy[:, party].tolist()) for party in range(parties)]
    deviation = added_ujpy.std(axis=0, ddof=1)
    error_ujpy = np.array([ceil(2 * each / sqrt(count)) for each in deviation.tolist()], np.int64)
    return Shares(_rounded(sums, count), error_ujpy)


def _rounded(numerators: list[int], denominator: int) -> Column:
    """Fractions of one denominator as whole numbers of the same sum: what rounding down leaves goes to the largest
    remainders, ties to the earlier. The sum must be a whole number.
    """
    whole, remainder = zip(*(divmod(each, denominator) for each in numerators), strict=True) if numerators else ((), ())
    rounded = np.array(whole, np.int64)
    left, none_left = divmod(sum(remainder), denominator)
    assert none_left == 0, "welfare is a whole number"
    largest_first = sorted(range(len(remainder)), key=lambda at: (-remainder[at], at))
    rounded[largest_first[:left]] += 1
    return rounded
