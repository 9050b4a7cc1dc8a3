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


def weak_street(limit_wh: int = 40_000, source_pu: float = 1.0) -> Feeder:
    """A transformer and two lines with much resistance; 10 kW are 0.01 on 1 MVA."""
    branches = [
        Branch("T1", ("grid", "bar"), 100_000, resistance_pu=0.05, reactance_pu=0.2),
        Branch("line 1", ("bar", "near"), limit_wh, resistance_pu=0.6, reactance_pu=0.2),
        Branch("line 2", ("near", "far"), limit_wh, resistance_pu=0.9, reactance_pu=0.3),
    ]
    nodes = [Node("grid", 20_000), Node("bar"), Node("near"), Node("far")]
    return feeder_of(nodes, branches, ["grid"], source_pu=source_pu)


def wired_feeder(chance: np.random.Generator, nodes_max: int = 8) -> Feeder:
    """Up to ``nodes_max`` nodes behind a transformer off its middle tap, on lines with much impedance."""
    count = int(chance.integers(2, nodes_max + 1))
    names = [f"n{at}" for at in range(count)]
    branches = [Branch("T1", ("n0", "n1"), 80_000, resistance_pu=0.05, reactance_pu=0.2, ratio=0.98)]
    for at in range(2, count):
        resistance, reactance = chance.uniform(0.1, 0.9), chance.uniform(0.05, 0.3)
        limit, above = int(chance.integers(15_000, 90_000)), names[int(chance.integers(1, at))]
        ends = (above, names[at])
        branches.append(Branch(f"line-{at}", ends, limit, resistance_pu=resistance, reactance_pu=reactance))
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


def wired_market(chance: np.random.Generator, prices: int, loss_max: int = 0, fee_max: int = 0) -> Market:
    """A book on a feeder with impedances, heavy enough to move voltages to their bounds."""
    feeder = wired_feeder(chance)
    nodes = len(feeder.parent)
    feeder.loss_permille[1:] = chance.integers(0, loss_max + 1, nodes - 1)
    feeder.fee_mjpy_per_kwh[1:] = chance.integers(0, fee_max + 1, nodes - 1)
    feeder.low_permille[:], feeder.high_permille[:] = chance.integers(940, 1_010), chance.integers(1_022, 1_060)
    book = random_book(chance, 30, CORRIDOR, prices)
    book = book._replace(energy_wh=book.energy_wh * int(chance.integers(1, 60)))
    return Market(book, chance.integers(0, nodes, len(book.site)), feeder)


def greatest_welfare(market: Market, voltages: bool = False) -> float:
    """The optimum of the linear program: fills, imports and exports of each branch, and when asked squared voltages, in
    micro-yen."""
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
    if voltages:
        fall = 2 * feeder.resistance_pu[1:] * 60 / feeder.slot_min / 1e6
        squared = np.zeros((nodes, nodes))
        squared[below, below], squared[below, above] = 1, -1 / feeder.ratio[1:] ** 2
        flows = np.zeros((nodes, len(most)))
        flows[below, imports], flows[below, exports] = fall, -fall
        idle = [(feeder.source_permille / 1000) ** 2]
        for at in below:
            idle.append(idle[int(feeder.parent[at])] / feeder.ratio[at] ** 2)
        low = np.minimum((feeder.low_permille / 1000) ** 2, idle)
        high = np.maximum((feeder.high_permille / 1000) ** 2, idle)
        low[0] = high[0] = idle[0]
        flows, squared = 1e6 * flows[1:], squared[1:]
        balance = np.block([[balance, np.zeros((nodes, nodes))], [flows, squared]])
        cost, bounds = np.append(cost, np.zeros(nodes)), np.vstack((bounds, 1e6 * np.stack((low, high), axis=1)))
    found = linprog(cost, A_eq=balance, b_eq=np.zeros(len(balance)), bounds=bounds, method="highs")
    assert found.status == 0, found.message
    return -float(found.fun)
