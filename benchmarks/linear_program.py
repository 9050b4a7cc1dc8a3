"""The welfare of order books by linear program (HiGHS): an oracle that shares nothing with the auction.

Many books go into one program of independent blocks. A vertex of such a program is whole, since each block has one
balance and whole bounds; so the solution is rounded, checked in whole numbers, and valued in whole numbers.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import coo_array

from domain.order import Book, Side
from domain.tariff import Corridor


def welfare_by_program(books: Sequence[Book]) -> list[int]:
    """The greatest welfare of each book, bought equal to sold. uJPY, in the order given."""
    side, limits, energy_wh = (
        np.concatenate([getattr(book, name) for book in books]) for name in ("side", "limit_mjpy_per_kwh", "energy_wh")
    )
    block = np.repeat(np.arange(len(books)), [len(book.side) for book in books])
    if not block.size:
        return [0] * len(books)
    sign = np.where(side == Side.BUY, 1, -1)
    balance = coo_array((sign.astype(float), (block, np.arange(block.size))), shape=(len(books), block.size))
    bounds = np.stack((np.zeros(block.size), energy_wh), axis=1)
    solved = linprog(
        -(sign * limits).astype(float), A_eq=balance.tocsr(), b_eq=np.zeros(len(books)), bounds=bounds, method="highs"
    )
    filled_wh = np.rint(solved.x).astype(np.int64)
    welfare_ujpy, over_wh = np.zeros((2, len(books)), np.int64)
    np.add.at(welfare_ujpy, block, sign * limits * filled_wh)
    np.add.at(over_wh, block, sign * filled_wh)
    assert not over_wh.any(), "the program's solution is not whole"
    return [int(welfare) for welfare in welfare_ujpy]


def fuzzed_books(count: int, seed: int, corridor: Corridor, orders_max: int = 12) -> Iterator[Book]:
    """Small books, where the margin and its ties are all there is: some with few prices, some with many."""
    chance = np.random.default_rng(seed)
    for turn in range(count):
        orders = int(chance.integers(0, orders_max + 1))
        prices = (1, 3, 11, 115, 2_500)[turn % 5]
        step = (corridor.cap - corridor.floor) // prices
        yield Book(
            site=np.arange(orders),
            side=chance.integers(0, 2, orders),
            limit_mjpy_per_kwh=corridor.floor + step * chance.integers(0, prices + 1, orders),
            energy_wh=chance.integers(1, (4, 2_000)[turn % 2], orders),
            entered=chance.integers(0, orders + 1, orders),
        )
