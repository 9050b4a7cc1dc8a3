"""The call auction with its trade list, beside the least that numpy must do for it: benchmarks/floors/call_auction.py.

The book is half bids, half asks, uniform in price over 8.50 to 35.00 JPY/kWh and in energy over 50 to 2,000 Wh. CPU
seconds of the process, the best of rounds in which floor and auction take turns, so that a busy machine matters little.
"""

import os
import platform
import time
import tracemalloc
from collections.abc import Callable, Sequence
from functools import partial
from itertools import islice
from typing import Any

import numpy as np

from benchmarks.floors.call_auction import sort_and_add
from benchmarks.linear_program import fuzzed_books, welfare_by_program
from domain.order import Book
from domain.place import Places
from domain.preference import NONE, Preferences
from domain.tariff import Corridor
from domain.trade import Deals, Trades
from market.auction.clearing import clear
from market.auction.inspection import wish_faults
from market.auction.matching import pair
from market.auction.partners import pair_by_wish

CORRIDOR = Corridor(8_500, 35_000)
ORDERS = 1_000_000
ROUNDS = 7
FUZZED_BOOKS = 10_000
BATCH = 200


def measure(orders: int = ORDERS, seed: int = 1, books: int = FUZZED_BOOKS) -> dict[str, Any]:
    """CPU seconds of clearing and pairing one book and of the floor, their ratio, the most extra memory an order takes,
    and whether every fuzzed book has exactly the linear program's welfare. full_: with neighbourhood and wishes."""
    book = made_up_book(np.random.default_rng(seed), orders)
    plain, floor = partial(auction, book), partial(sort_and_add, book)
    full = partial(auction_by_wish, book, *made_up_wishes(np.random.default_rng(seed), orders))
    cpu_s, floor_cpu_s, full_cpu_s = cpu_seconds((plain, floor, full))
    return {
        "bench": "clearing",
        "orders": orders,
        "cpu_s": round(cpu_s, 6),
        "floor_cpu_s": round(floor_cpu_s, 6),
        "ratio": round(cpu_s / floor_cpu_s, 3),
        "bytes_per_order": round(peak_bytes(plain) / orders, 1),
        "full_cpu_s": round(full_cpu_s, 6),
        "full_ratio": round(full_cpu_s / floor_cpu_s, 3),
        "full_bytes_per_order": round(peak_bytes(full) / orders, 1),
        "welfare_equal": welfare_differs(books) == 0,
        "welfare_books": books,
        "machine": machine(),
    }


def auction(book: Book) -> Trades:
    """Fills, price and trade list of one book."""
    return pair(book, clear(book, CORRIDOR).filled_wh)


def auction_by_wish(book: Book, places: Places, wishes: Preferences) -> Deals:
    """The same auction, its trades paired by neighbourhood and wish, and these checked before."""
    cleared = clear(book, CORRIDOR)
    assert not wish_faults(book, places, wishes)
    return pair_by_wish(book, cleared.filled_wh, cleared.price_mjpy_per_kwh or 0, places, wishes)


def made_up_wishes(chance: np.random.Generator, sites: int) -> tuple[Places, Preferences]:
    """One order a site, 25 sites a transformer, 40 transformers a feeder; a tenth wishes for a partner, half for one of
    two sources, a fifth for the own transformer first, at up to 2 JPY/kWh more."""
    transformer = chance.permutation(sites) // 25
    partner = np.where(chance.random(sites) < 0.1, chance.integers(0, sites, sites), NONE)
    source, local_first = chance.integers(NONE, 2, sites), chance.integers(0, 5, sites) // 4
    wishes = Preferences(partner, source, local_first, chance.integers(0, 2_001, sites))
    return Places(transformer, transformer // 40), wishes


def made_up_book(chance: np.random.Generator, orders: int) -> Book:
    """Bids and asks in turn, uniform in price and energy, in the order of their arrival."""
    return Book(
        site=np.arange(orders),
        side=np.arange(orders) % 2,
        limit_mjpy_per_kwh=chance.integers(CORRIDOR.floor, CORRIDOR.cap + 1, orders),
        energy_wh=chance.integers(50, 2_001, orders),
        entered=np.arange(orders),
    )


def cpu_seconds(works: Sequence[Callable[[], object]], rounds: int = ROUNDS) -> list[float]:
    """The least CPU time of each work, in seconds; every round runs each of them once."""
    spent_s: list[list[float]] = [[] for _ in works]
    for _ in range(rounds):
        for work, spent in zip(works, spent_s, strict=True):
            started_s = time.process_time()
            work()
            spent.append(time.process_time() - started_s)
    return [min(spent) for spent in spent_s]


def peak_bytes(work: Callable[[], object]) -> int:
    """The most memory that was taken at one time while working, what comes out included."""
    tracemalloc.start()
    work()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak


def welfare_differs(books: int) -> int:
    """How many fuzzed books have another welfare than the linear program's."""
    differ, stream = 0, fuzzed_books(books, 2, CORRIDOR)
    while batch := list(islice(stream, BATCH)):
        cleared = [clear(book, CORRIDOR).welfare_ujpy for book in batch]
        differ += sum(map(int.__ne__, cleared, welfare_by_program(batch)))
    return differ


def machine() -> dict[str, str | int]:
    return {
        "cpus": os.cpu_count() or 0,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "system": f"{platform.system()} {platform.machine()}",
    }
