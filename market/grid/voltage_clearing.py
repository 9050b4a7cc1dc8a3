"""The call auction on a radial feeder whose voltages stay in their band, exactly where they bind.

The tree is cleared without voltages first (market.grid.clearing); where the linear map (market.grid.voltage_map) finds
all of them inside the band that is the result. Otherwise a linear program decides (market.grid.voltage_program), and
its duals are the prices: a node whose use moves a voltage at its bound pays, or is paid, for it.

Whole Wh: the sums of net demand along the feeder's order are rounded, all at the same fraction, one that none of them
is near. A subtree's nodes follow one another, so no flow moves by a whole Wh, one at its limit not at all, and nobody
is filled beyond the own offer. The band is narrowed beforehand by what one Wh on every branch does, so voltages end
inside it. Welfare falls short of the program's optimum by at most two Wh a node at the corridor's cap (the tests hold
it to that). With losses fills are made whole as in market.grid.whole_wh, the band is narrowed by two Wh a node on every
branch, and the bound is as many times that.
"""

from typing import NamedTuple

import numpy as np

from domain.feeder import Feeder, Reals
from domain.order import Book, Column, Side
from domain.quantity import PERMILLE
from domain.tariff import Corridor
from market.grid.clearing import GridClearing, booked, clear_on_grid, reason
from market.grid.drops import Drops, drops_of, filled_wh
from market.grid.nodal_price import branch_states
from market.grid.voltage_map import sensitivity_pu2_per_wh, squared_voltages
from market.grid.voltage_program import Band, VoltageOptimum, optimum
from market.grid.whole_wh import whole_fills

_NOISE = 1e-4  # of prices and of Wh that float64 returns
_PULL_NOISE = 1e-6


class VoltageClearing(NamedTuple):
    """A clearing with its voltages by the linear map.

    voltage_pu: Shape (nodes,), float64. pull_mjpy_per_ppm: Shape (nodes,), what a millionth more of squared voltage
    would gain: positive where the lower bound binds, negative where the upper one does.
    """

    clearing: GridClearing
    voltage_pu: Reals
    pull_mjpy_per_ppm: Reals


def clear_within_voltages(
    book: Book, node_of_order: Column, feeder: Feeder, corridor: Corridor, reactive_permille: int = 0
) -> VoltageClearing:
    """The welfare optimum with every voltage in its band. All fills flow; arguments and errors as in clear_on_grid.

    Where a voltage is out of its band with nothing flowing, its bound is that voltage: trade makes it no worse.
    """
    nodes = len(feeder.parent)
    clearing = clear_on_grid(book, node_of_order, feeder, corridor)
    squared = squared_voltages(feeder, clearing.flow_wh, reactive_permille)
    band = _band(feeder, reactive_permille, 0)
    if np.all((squared >= band.low) & (squared <= band.high)):
        return VoltageClearing(clearing, np.sqrt(squared), np.zeros(nodes))
    drops = drops_of(book, node_of_order, nodes)
    narrow = _band(feeder, reactive_permille, 2 * nodes if feeder.loss_permille.any() else 1)
    found = optimum(book, drops, feeder, narrow, clearing.node_price_mjpy_per_kwh, reactive_permille)
    whole_wh = _fills(book, node_of_order, drops, feeder, found)
    price = _prices(book, node_of_order, whole_wh, found.price_mjpy_per_kwh, corridor)
    clearing = booked(
        book, node_of_order, feeder, whole_wh, price, branch_states(found.flow_wh, feeder.limit_wh)
    )  # fmt: skip
    squared = squared_voltages(feeder, clearing.flow_wh, reactive_permille)
    return VoltageClearing(clearing, np.sqrt(squared), found.pull_mjpy_per_ppm)


def voltage_reason(found: VoltageClearing, feeder: Feeder, node: int, reactive_permille: int = 0) -> str:
    """Why a node's price is what it is, for people: the voltage that moves it most, else the full branch above."""
    bound = np.flatnonzero(np.abs(found.pull_mjpy_per_ppm) > _PULL_NOISE).tolist()
    moves = {
        at: abs(found.pull_mjpy_per_ppm[at]) * sensitivity_pu2_per_wh(feeder, at, reactive_permille)[node]
        for at in bound
    }
    if not any(moves.values()):
        return reason(found.clearing, feeder, node)
    most = max(bound, key=lambda at: moves[at])
    which = "lower" if found.pull_mjpy_per_ppm[most] > 0 else "upper"
    return f"the voltage at {feeder.names[most]} is at its {which} bound"


def _band(feeder: Feeder, reactive_permille: int, margin_wh: int) -> Band:
    """Squared bounds, narrowed by what some Wh on every branch do, and never tighter than no flow at all."""
    idle = squared_voltages(feeder, np.zeros(len(feeder.parent)), reactive_permille)
    moved = idle - squared_voltages(feeder, np.full(len(feeder.parent), float(margin_wh)), reactive_permille)
    low, high = (feeder.low_permille / PERMILLE) ** 2 + moved, (feeder.high_permille / PERMILLE) ** 2 - moved
    return Band(np.minimum(low, idle), np.maximum(high, idle))


def _fills(book: Book, node: Column, drops: Drops, feeder: Feeder, found: VoltageOptimum) -> Column:
    """Fills in whole Wh out of what dropped at each node, in order of price."""
    dropped_wh = found.dropped_wh
    if not feeder.loss_permille.any():
        dropped_wh = drops.demand_wh - _whole_net(drops.demand_wh - dropped_wh)
    return whole_fills(book, node, filled_wh(drops, dropped_wh, len(book.side)), drops, feeder)


def _whole_net(net_wh: Reals) -> Reals:
    """Whole net demand: no sum over nodes that follow one another moves by a whole Wh, whole sums stay as they are."""
    sums = np.cumsum(net_wh)
    parts = np.sort(np.concatenate((sums % 1.0, np.zeros(1))))
    gaps = np.diff(np.append(parts, parts[0] + 1))
    widest = int(np.argmax(gaps))
    turn = (parts[widest] + gaps[widest] / 2) % 1.0
    return np.diff(np.ceil(sums - turn), prepend=0.0)


def _prices(book: Book, node: Column, filled_wh: Column, price: Reals, corridor: Corridor) -> Column:
    """Duals as whole prices, rounded down, inside the corridor and the limits of all who trade."""
    whole = np.floor(np.clip(price, corridor.floor, corridor.cap) + _NOISE).astype(np.int64)
    sold, bought = (filled_wh > 0) & (book.side == Side.SELL), (filled_wh > 0) & (book.side == Side.BUY)
    np.maximum.at(whole, node[sold], book.limit_mjpy_per_kwh[sold])
    np.minimum.at(whole, node[bought], book.limit_mjpy_per_kwh[bought])
    return whole
