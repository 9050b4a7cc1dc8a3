"""Who is a neighbour of whom, read off the feeder: the same node, the same main line, or just the same grid.

Main lines are the branches into which a feeder first parts below its root. On a low-voltage feeder the node stands for
what hangs on one house connection, the main line for a street.
"""

import numpy as np

from domain.connection import Connections
from domain.feeder import Feeder
from domain.order import Column
from domain.place import Places


def places_of(connections: Connections) -> Places:
    """Each site's node and main line. Nodes above the first parting are their own lines."""
    return Places(connections.node, main_lines(connections.feeder)[connections.node])


def main_lines(feeder: Feeder) -> Column:
    """The node at the head of each node's main line. Shape (nodes,), int64."""
    branches = np.bincount(feeder.parent[1:], minlength=len(feeder.parent))
    parts = int(np.argmax(branches > 1)) if np.any(branches > 1) else 0
    head = np.arange(len(feeder.parent))
    for node in range(1, len(feeder.parent)):
        parent = int(feeder.parent[node])
        if parent > parts or (parent != parts and branches[parent] > 1):
            head[node] = head[parent]
    return head
