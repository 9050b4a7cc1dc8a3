"""Voltages as straight lines of energy: the LinDistFlow map of a radial feeder.

The square of a voltage falls over a branch by 2 (r p + x q), whatever else flows; a transformer divides it by its ratio
squared. Losses and shunts are left out, so a real voltage is a little lower under use and a little lower under export;
market.grid.ac_check says by how much. Source: Baran and Wu, Network reconfiguration in distribution systems, 1989.
"""

import numpy as np

from domain.feeder import MINUTES_PER_HOUR, Feeder, Reals
from domain.order import Column
from domain.quantity import PERMILLE

_WATTS_PER_MVA = 1e6


def drops_pu2_per_wh(feeder: Feeder, reactive_permille: int = 0) -> Reals:
    """What one Wh through each branch takes off the squared voltage below it. Shape (nodes,), per unit squared.

    reactive_permille: reactive over active energy, the same everywhere.
    """
    mva_per_wh = MINUTES_PER_HOUR / feeder.slot_min / _WATTS_PER_MVA
    per_mva: Reals = 2 * (feeder.resistance_pu + feeder.reactance_pu * (reactive_permille / PERMILLE))
    return per_mva * mva_per_wh


def squared_voltages(feeder: Feeder, flow_wh: Column | Reals, reactive_permille: int = 0) -> Reals:
    """Each node's squared voltage. flow_wh: Shape (nodes,), Wh at the branches' lower ends. Shape (nodes,)."""
    fall = drops_pu2_per_wh(feeder, reactive_permille) * flow_wh
    squared = np.full(len(flow_wh), (feeder.source_permille / PERMILLE) ** 2)
    for node in range(1, len(flow_wh)):
        squared[node] = squared[feeder.parent[node]] / feeder.ratio[node] ** 2 - fall[node]
    return squared


def sensitivity_pu2_per_wh(feeder: Feeder, node: int, reactive_permille: int = 0) -> Reals:
    """How far one Wh used at each node takes down the squared voltage at one node. Shape (nodes,), not below zero.

    It is what the branches that both take to the root have in common.
    """
    fall, path = drops_pu2_per_wh(feeder, reactive_permille), path_to_root(feeder, node)
    scale, moved = 1.0, np.full(len(feeder.parent), -1.0)
    for branch in path:
        moved[branch] = fall[branch] * scale
        scale /= feeder.ratio[branch] ** 2
    moved[0] = 0.0
    for at in range(1, len(feeder.parent)):
        above = moved[feeder.parent[at]]
        moved[at] = above + max(moved[at], 0.0)
    return moved


def path_to_root(feeder: Feeder, node: int) -> list[int]:
    """The nodes from one up to below the root: the branches that its power takes."""
    path = []
    while node > 0:
        path.append(node)
        node = int(feeder.parent[node])
    return path
