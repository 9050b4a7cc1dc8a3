"""The wires between the sites: a radial feeder as a tree with one branch above each node.

A branch is a line or a transformer. Its limit, fee and losses hold at its lower end, the one away from the root. The
root is where the feeder meets the grid above; it has no branch. Nodes stand in an order in which each node's subtree
follows it at once, so a loop from the last node to the first meets children before their parents.

Impedances are per unit on 1 MVA and the nominal voltages, so that they say the same from either end.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, sqrt
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from domain.branch import Branch, Node
from domain.errors import InputRefused
from domain.feeder_faults import Tree, grow
from domain.order import Column
from domain.quantity import PERMILLE

Reals: TypeAlias = npt.NDArray[np.float64]

MINUTES_PER_HOUR = 60


@dataclass(frozen=True, slots=True)
class Feeder:
    """A tree of nodes in columns. Each shape (nodes,); row 0 is the root, whose branch is empty and carries nothing.

    parent: int64, above its children, -1 for the root. limit_wh, fee_mjpy_per_kwh, loss_permille: int64, as in Branch.
    resistance_pu ... susceptance_pu: float64, as in Branch; ratio: the upper end's over the lower's.
    voltage_v, low_permille, high_permille: int64, as in Node. source_permille: the voltage that the grid above holds.
    """

    names: tuple[str, ...]
    branch_names: tuple[str, ...]
    slot_min: int
    source_permille: int
    parent: Column
    limit_wh: Column
    fee_mjpy_per_kwh: Column
    loss_permille: Column
    resistance_pu: Reals
    reactance_pu: Reals
    conductance_pu: Reals
    susceptance_pu: Reals
    ratio: Reals
    voltage_v: Column
    low_permille: Column
    high_permille: Column

    @property
    def closed(self) -> list[str]:
        """The branches that carry nothing: legal, but whoever stands below trades alone."""
        return [name for name, limit_wh in zip(self.branch_names[1:], self.limit_wh[1:], strict=True) if not limit_wh]

    def node_of(self, name: str) -> int:
        """The row of a node. Raises ValueError when there is none of that name."""
        return self.names.index(name)


def feeder_of(
    nodes: Sequence[Node], branches: Sequence[Branch], roots: Sequence[str], slot_min: int = 30, source_pu: float = 1.0
) -> Feeder:
    """The tree of some nodes and branches. source_pu is rounded to the nearest permille.

    Raises InputRefused with every fault: names that come twice, unknown nodes, no root or several, loops with the
    branches on them, nodes without a way to the root, values that are not numbers or below zero.
    """
    tree, faults = grow(nodes, branches, roots)
    if faults or tree is None:
        raise InputRefused(faults)
    return _columns(nodes, branches, tree, slot_min, round(source_pu * PERMILLE))


def one_node(name: str = "community", slot_min: int = 30) -> Feeder:
    """A feeder without wires: everybody at one busbar."""
    return feeder_of([Node(name)], [], [name], slot_min)


def limit_wh(rating_kva: float, slot_min: int = 30) -> int:
    """What an apparent power carries in a slot at a power factor of one, whole Wh, rounded down."""
    return floor(rating_kva * 1000 * slot_min / MINUTES_PER_HOUR)


def rating_kva(current_ka: float, voltage_v: int) -> float:
    """The three-phase apparent power of a current at nominal voltage."""
    return sqrt(3) * current_ka * voltage_v


def loss_permille(resistance_pu: float, limit_wh: int, slot_min: int = 30) -> int:
    """The share lost at half the limit, which stands for all flows; permille, half up.

    Losses grow with the square of the flow (R S squared), so their share grows with the flow: R S / 2 at half load.
    What a smaller flow loses is overstated, what a larger one loses understated, by at most this same share.
    """
    limit_mva = limit_wh * MINUTES_PER_HOUR / slot_min / 1e6
    return floor(PERMILLE * resistance_pu * limit_mva / 2 + 0.5)


def _columns(
    nodes: Sequence[Node], branches: Sequence[Branch], tree: Tree, slot_min: int, source_permille: int
) -> Feeder:
    in_order = [nodes[at] for at in tree.nodes]
    above = [_ROOT if at < 0 else branches[at] for at in tree.branches]
    ratio = [
        branch.ratio if branch is _ROOT or branch.ends[1] == node.name else 1 / branch.ratio
        for branch, node in zip(above, in_order, strict=True)
    ]
    return Feeder(
        names=tuple(node.name for node in in_order),
        branch_names=tuple(branch.name for branch in above),
        slot_min=slot_min,
        source_permille=source_permille,
        parent=np.array(tree.parents, np.int64),
        limit_wh=np.array([branch.limit_wh for branch in above], np.int64),
        fee_mjpy_per_kwh=np.array([branch.fee_mjpy_per_kwh for branch in above], np.int64),
        loss_permille=np.array([branch.loss_permille for branch in above], np.int64),
        resistance_pu=np.array([branch.resistance_pu for branch in above], np.float64),
        reactance_pu=np.array([branch.reactance_pu for branch in above], np.float64),
        conductance_pu=np.array([branch.conductance_pu for branch in above], np.float64),
        susceptance_pu=np.array([branch.susceptance_pu for branch in above], np.float64),
        ratio=np.array(ratio, np.float64),
        voltage_v=np.array([node.voltage_v for node in in_order], np.int64),
        low_permille=np.array([node.low_permille for node in in_order], np.int64),
        high_permille=np.array([node.high_permille for node in in_order], np.int64),
    )


_ROOT = Branch("", ("", ""), 0)
