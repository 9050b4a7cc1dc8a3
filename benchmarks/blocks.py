"""How long a session takes whose slots are tied by blocks: 48 slots, 10,000 simple orders, up to 1,000 blocks.

Half of all orders bid, half ask; blocks run for 2 to 8 slots in a row, a fifth of them in exclusive groups of three, a
tenth leaning on an earlier block. Wall seconds of one run each, single thread; ``gap_ppm`` says how far the welfare may
be from the best at most, in millionths of it. Beyond 300 blocks that is against a bound which leaves prices aside. The
floor is the same slots without blocks.
"""

import time
from typing import Any

import numpy as np

from benchmarks.clearing import CORRIDOR, machine, made_up_book
from domain.block_order import BlockOrder
from domain.order import Side
from market.auction.clearing import clear
from market.blocks.clearing import clear_session
from market.blocks.session import Session

BLOCKS = (10, 100, 300, 1_000)
SLOTS = 48
ORDERS = 10_000


def measure(blocks: tuple[int, ...] = BLOCKS, orders: int = ORDERS, seed: int = 1) -> dict[str, Any]:
    """Seconds, the gap of each session and how many blocks were accepted and paradoxically rejected."""
    figures: dict[str, float] = {}
    chance = np.random.default_rng(seed)
    books = {slot: made_up_book(chance, orders // SLOTS) for slot in range(SLOTS)}
    started_s = time.perf_counter()
    for book in books.values():
        clear(book, CORRIDOR)
    floor = {"clear_s": round(time.perf_counter() - started_s, 4)}
    for count in blocks:
        session = Session(books, tuple(_block(chance, at) for at in range(count)), (), CORRIDOR)
        started_s = time.perf_counter()
        found = clear_session(session)
        figures[f"session_s_{count}"] = round(time.perf_counter() - started_s, 2)
        figures[f"gap_ppm_{count}"] = round(1e6 * (found.bound_ujpy - found.welfare_ujpy) / found.bound_ujpy, 3)
        figures[f"accepted_{count}"] = count - len(found.rejected)
        figures[f"paradoxical_{count}"] = list(found.rejected.values()).count("paradoxical")
    return {"bench": "blocks", "figures": figures, "floor": floor, "machine": machine()}


def _block(chance: np.random.Generator, at: int) -> BlockOrder:
    length = int(chance.integers(2, 9))
    first = int(chance.integers(0, SLOTS - length + 1))
    return BlockOrder(
        id=f"b{at}",
        site_id=f"s{at}",
        side=Side(at % 2),
        limit_mjpy_per_kwh=int(chance.integers(CORRIDOR.floor, CORRIDOR.cap + 1)),
        slots=tuple(range(first, first + length)),
        energy_wh=tuple(chance.integers(50, 2_001, length).tolist()),
        entered=at,
        parent=f"b{chance.integers(0, at)}" if at % 10 == 9 else None,
        group=f"g{at // 3}" if at % 15 < 3 else None,
    )
