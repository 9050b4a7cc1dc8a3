"""Random small feeders for the tests, books on them, and their linear program."""

from typing import NamedTuple

import numpy as np
from books import CORRIDOR, random_book
from scipy.optimize import linprog

from domain.branch import Branch, Node
from domain.feeder import Feeder, feeder_of
from domain.order import Book, Column, Side


def random_feeder(
    chance: np.random.Generator, nodes_max: int = 8, limit_max: int = 3_000, fee_max: int = 0, loss_max: int = 0
) -> Feeder:
    """Up to ``nodes_max`` nodes in a random tree. One line in eight carries nothing, one in four all there is."""
    count = int(chance.integers(1, nodes_max + 1))
    names = [f"n{at}" for at in range(count)]
    branches = []
    for at in range(1, count):
        limit = (0, 10**6, 10**6)[pick] if (pick := int(chance.integers(8))) < 3 else int(chance.integers(limit_max))
        ends = (names[int(chance.integers(at))], names[at])
        fee, loss = int(chance.integers(fee_max + 1)), int(chance.integers(loss_max + 1))
        branches.append(Branch(f"line {at}", ends if chance.integers(2) else ends[::-1], limit, fee, loss))
    return feeder_of([Node(name) for name in names], branches, names[:1])


class Market(NamedTuple):
    """A book on a feeder."""

    book: Book
    node: Column
    feeder: Feeder


def random_market(chance: np.random.Generator, prices: int, orders_max: int = 14, **feeder: int) -> Market:
    """A book as in books.random_book, each order at a random node."""
    grown = random_feeder(chance, **feeder)
    book = random_book(chance, orders_max, CORRIDOR, prices)
    return Market(book, chance.integers(0, len(grown.parent), len(book.site)), grown)


def greatest_welfare(market: Market) -> float:
    """The optimum of the linear program: fills, and imports and exports of each branch, in micro-yen."""
    book, node, feeder = market
    orders, nodes = len(book.site), len(feeder.parent)
    if not orders:
        return 0.0
    kept = 1 - feeder.loss_permille[1:] / 1000
    balance = np.zeros((nodes, orders + 2 * (nodes - 1)))
    balance[node, np.arange(orders)] = np.where(book.side == Side.BUY, 1, -1)
    below, above = np.arange(1, nodes), feeder.parent[1:]
    imports, exports = orders + np.arange(nodes - 1), orders + nodes - 1 + np.arange(nodes - 1)
    balance[below, imports], balance[below, exports] = -1, 1
    balance[above, imports], balance[above, exports] = 1 / kept, -kept
    worth = np.where(book.side == Side.BUY, -1, 1) * book.limit_mjpy_per_kwh
    cost = np.concatenate((worth, feeder.fee_mjpy_per_kwh[1:], feeder.fee_mjpy_per_kwh[1:])).astype(float)
    most = np.concatenate((book.energy_wh, feeder.limit_wh[1:], feeder.limit_wh[1:]))
    bounds = np.stack((np.zeros(len(most)), most), axis=1)
    found = linprog(cost, A_eq=balance, b_eq=np.zeros(nodes), bounds=bounds, method="highs")
    assert found.status == 0, found.message
    return -float(found.fun)
