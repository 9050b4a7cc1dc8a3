"""How many orders a second continuous trading takes, beside the least that price and time priority must do.

Zero-intelligence orders: side, limit (8.50 to 35.00 JPY/kWh) and energy (50 to 2,000 Wh) uniform, ids in mixed order,
one party in four orders, half of them with an end. The floor passes the same orders through levels and queues without
ids, parties, ends or trades to show. CPU seconds, the best of several rounds, compiled before; welfare is measured on
orders of one party each that stay until the closing call, so that the optimum over all of them can be reached.
"""

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numba import njit

from benchmarks.clearing import CORRIDOR, machine
from domain.order import Book, Column
from market.auction.clearing import clear
from market.continuous.book import Applied, ContinuousBook, Terms
from market.continuous.closing import close
from market.continuous.command import Command, CommandKind, Commands

MOMENTS = 86_400
ROUNDS = 5
TICK_MJPY_PER_KWH = 10


def measure(orders: int = 1_000_000, seed: int = 1) -> dict[str, Any]:
    """Orders a CPU second with trades out as columns, the welfare without and with the closing call, the floor."""
    chance = np.random.default_rng(seed)
    terms = Terms(CORRIDOR, 0, MOMENTS, orders, TICK_MJPY_PER_KWH)
    commands = _submissions(chance, orders)
    compile_s = _compile(terms, commands)
    engine_s = _cpu_s(partial(_trade, terms, commands))
    floor_s = _cpu_s(partial(_match_levels, *_for_floor(commands)))
    applied = _trade(terms, commands)
    figures = {
        "orders": orders,
        "orders_per_cpu_s": round(orders / engine_s),
        "trades": len(applied.executions.event),
        "ratio": round(engine_s / floor_s, 2),
        "compile_s": compile_s,
    }
    figures |= _welfare(terms, commands._replace(party=commands.order, until=np.full(orders, MOMENTS)))
    floor = {"levels_only_per_cpu_s": round(orders / floor_s), "orders_per_cpu_s_min": 500_000}
    return {"bench": "continuous", "figures": figures, "floor": floor, "machine": machine()}


def _submissions(chance: np.random.Generator, orders: int) -> Commands:
    """One submission a row, in the order of time."""
    moment = np.sort(chance.integers(0, MOMENTS - 1, orders))
    ends = np.where(chance.integers(0, 2, orders) > 0, moment + 1 + chance.integers(0, 7_200, orders), MOMENTS)
    ticks = chance.integers(CORRIDOR.floor // TICK_MJPY_PER_KWH, CORRIDOR.cap // TICK_MJPY_PER_KWH + 1, orders)
    return Commands(
        kind=np.full(orders, CommandKind.SUBMIT, np.int64),
        moment=moment,
        order=chance.permutation(orders),
        party=chance.integers(0, max(orders // 4, 1), orders),
        side=chance.integers(0, 2, orders),
        limit_mjpy_per_kwh=ticks * TICK_MJPY_PER_KWH,
        energy_wh=chance.integers(50, 2_001, orders),
        until=ends,
    )


def _trade(terms: Terms, commands: Commands) -> Applied:
    applied = ContinuousBook(terms).apply_all(commands)
    assert not applied.refused.any(), "every order of the stream is good"
    return applied


def _compile(terms: Terms, commands: Commands) -> float:
    """Run once on one order, so that nothing is compiled while measuring. Returns the CPU seconds that took."""
    started_s = time.process_time()
    one = commands.rows(np.arange(1))
    _trade(terms, one)
    _match_levels(*_for_floor(one))
    return round(time.process_time() - started_s, 2)


def _welfare(terms: Terms, commands: Commands) -> dict[str, float]:
    """Welfare over the optimum's, after continuous trading and after the closing call."""
    book = ContinuousBook(terms)
    executions = book.apply_all(commands).executions
    book.apply(Command(CommandKind.EXPIRE, MOMENTS))
    _, closing = close(book, executions)
    gap = executions.buy_limit_mjpy_per_kwh - executions.sell_limit_mjpy_per_kwh
    traded_ujpy = int(gap @ executions.energy_wh)
    numbers = np.arange(len(commands.order))
    every = Book(numbers, commands.side, commands.limit_mjpy_per_kwh, commands.energy_wh, numbers)
    optimum_ujpy = clear(every, CORRIDOR).welfare_ujpy
    return {
        "welfare_continuous": round(traded_ujpy / optimum_ujpy, 4),
        "welfare_with_call": round((traded_ujpy + closing.welfare_ujpy) / optimum_ujpy, 6),
        "undone_share": round(closing.undone_wh / (2 * int(executions.energy_wh.sum())), 4),
        "call_s": _cpu_s(partial(close, book, executions)),
    }


def _cpu_s(work: Callable[[], object]) -> float:
    """The least CPU time of a few rounds, in seconds."""
    spent_s = []
    for _ in range(ROUNDS):
        started_s = time.process_time()
        work()
        spent_s.append(time.process_time() - started_s)
    return round(min(spent_s), 6)


def _for_floor(commands: Commands) -> tuple[Column, Column, Column, int]:
    level = (commands.limit_mjpy_per_kwh - CORRIDOR.floor) // TICK_MJPY_PER_KWH
    return commands.side, level, commands.energy_wh, (CORRIDOR.cap - CORRIDOR.floor) // TICK_MJPY_PER_KWH + 1


@njit(cache=True)
def _match_levels(side: Column, level: Column, energy_wh: Column, levels: int) -> int:
    """Price and time priority alone: a first-in, first-out list a level and side. Returns the Wh traded."""
    left, after = energy_wh.copy(), np.full(len(side), -1, np.int64)
    ends = np.full((2, levels, 2), -1, np.int64)
    best_bid, best_ask, traded_wh = -1, levels, 0
    for row in range(len(side)):
        own, at = side[row], level[row]
        while left[row] > 0 and (best_bid >= at if own else best_ask <= at):
            lane = ends[0, best_bid] if own else ends[1, best_ask]
            first = lane[0]
            filled_wh = min(left[row], left[first])
            traded_wh += filled_wh
            left[row] -= filled_wh
            left[first] -= filled_wh
            if left[first] == 0:
                lane[0] = after[first]
                while best_bid >= 0 and ends[0, best_bid, 0] < 0:
                    best_bid -= 1
                while best_ask < levels and ends[1, best_ask, 0] < 0:
                    best_ask += 1
        if left[row] > 0:
            if ends[own, at, 0] < 0:
                ends[own, at, 0] = row
            else:
                after[ends[own, at, 1]] = row
            ends[own, at, 1] = row
            if own:
                best_ask = min(best_ask, at)
            else:
                best_bid = max(best_bid, at)
    return int(traded_wh)
