"""How long the call auction takes, against the least that numpy must do for it: sort each side and add it up.

The book is half bids, half asks, uniform in price over 8.50 to 35.00 JPY/kWh and in energy over 50 to 2,000 Wh. CPU
seconds, the best of several rounds, so that a busy machine matters little; figures and floor on the same books.
"""

import os
import platform
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from domain.order import Book, Column, Side
from domain.tariff import Corridor
from market.clearing import clear
from market.matching import pair

CORRIDOR = Corridor(8_500, 35_000)
ORDERS = 1_000_000
ROUNDS = 5


def measure(orders: int = ORDERS, seed: int = 1) -> dict[str, Any]:
    """CPU seconds of clearing and of pairing for one book, the floor's, and their ratio."""
    book = _book(np.random.default_rng(seed), orders)
    filled_wh = clear(book, CORRIDOR).filled_wh
    clear_s, pair_s = _cpu_s(partial(clear, book, CORRIDOR)), _cpu_s(partial(pair, book, filled_wh))
    floor_s = _cpu_s(partial(_sort_and_add, book))
    figures = {"clear_s": clear_s, "pair_s": pair_s, "ratio": round((clear_s + pair_s) / floor_s, 2)}
    return {"bench": "clearing", "figures": figures, "floor": {"sort_and_add_s": floor_s}, "machine": machine()}


def _book(chance: np.random.Generator, count: int) -> Book:
    return Book(
        site=np.arange(count),
        side=np.arange(count) % 2,
        limit_mjpy_per_kwh=chance.integers(CORRIDOR.floor, CORRIDOR.cap + 1, count),
        energy_wh=chance.integers(50, 2_001, count),
        entered=np.arange(count),
    )


def _sort_and_add(book: Book) -> list[Column]:
    """Every Wh in order of price, on both sides: no clearing can know its margin from less."""
    sums = []
    for side, direction in ((Side.BUY, -1), (Side.SELL, 1)):
        rows = np.flatnonzero(book.side == side)
        ranked = rows[np.argsort(direction * book.limit_mjpy_per_kwh[rows])]
        sums.append(np.cumsum(book.energy_wh[ranked]))
    return sums


def _cpu_s(work: Callable[[], object]) -> float:
    """The least CPU time of a few rounds, in seconds."""
    spent_s = []
    for _ in range(ROUNDS):
        started_s = time.process_time()
        work()
        spent_s.append(time.process_time() - started_s)
    return round(min(spent_s), 6)


def machine() -> dict[str, str | int]:
    return {
        "cpus": os.cpu_count() or 0,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "system": f"{platform.system()} {platform.machine()}",
    }
