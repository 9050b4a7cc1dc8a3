"""Whether nodes and branches are a tree, and everything that speaks against it, at once."""

from collections.abc import Sequence
from math import inf, isfinite
from typing import NamedTuple

from domain.branch import Branch, Node
from domain.errors import Fault

_LEAST = {"limit_wh": 0, "fee_mjpy_per_kwh": 0, "loss_permille": 0, "resistance_pu": 0, "ratio": 0.1}
_BELOW = {"loss_permille": 1000, "ratio": 10}


class Tree(NamedTuple):
    """Nodes in order, each followed by its subtree. Per node: its position in what was given, the row of its parent
    and the position of the branch above; -1 at the root.
    """

    nodes: list[int]
    parents: list[int]
    branches: list[int]


def grow(nodes: Sequence[Node], branches: Sequence[Branch], roots: Sequence[str]) -> tuple[Tree | None, list[Fault]]:
    """The tree from its root, or every fault. Where a fault hides others (an unknown node), both ends are named."""
    position = {node.name: at for at, node in enumerate(nodes)}
    faults = [*_doubles("node", nodes), *_doubles("branch", branches), *_root_faults(position, roots)]
    faults += [fault for branch in branches for fault in _branch_faults(branch, position)]
    known = [(at, branch) for at, branch in enumerate(branches) if all(end in position for end in branch.ends)]
    beside: list[list[tuple[int, int]]] = [[] for _ in nodes]
    group = list(range(len(nodes)))
    for at, branch in known:
        first, second = (position[end] for end in branch.ends)
        if _group(group, first) == _group(group, second):
            faults.append(_loop([*(branches[step].name for step in _path(beside, first, second)), branch.name]))
            continue
        group[_group(group, first)] = _group(group, second)
        beside[first].append((second, at))
        beside[second].append((first, at))
    starts = [position[root] for root in roots if root in position]
    tree = _walk(beside, starts[0]) if len(starts) == 1 else None
    if tree is not None and len(tree.nodes) < len(nodes):
        reached = set(tree.nodes)
        faults.append(_islanded([node.name for at, node in enumerate(nodes) if at not in reached]))
    return (None, faults) if faults else (tree, [])


def _doubles(kind: str, things: Sequence[Node | Branch]) -> list[Fault]:
    seen: set[str] = set()
    faults = []
    for thing in things:
        if thing.name in seen:
            faults.append(Fault(thing.name, f"double_{kind}", f"the {kind} {thing.name!r} comes twice"))
        seen.add(thing.name)
    return faults


def _root_faults(position: dict[str, int], roots: Sequence[str]) -> list[Fault]:
    faults = [Fault(root, "unknown_node", f"the root {root!r} is no node") for root in roots if root not in position]
    if not roots:
        faults.append(Fault("feeder", "no_root", "no node meets the grid above: name one as the root"))
    if len(roots) > 1:
        names = ", ".join(roots)
        faults.append(Fault("feeder", "several_roots", f"a radial feeder has one root, not {len(roots)}: {names}"))
    return faults


def _branch_faults(branch: Branch, position: dict[str, int]) -> list[Fault]:
    faults = [
        Fault(branch.name, "unknown_node", f"{branch.name} ends at {end!r}, which is no node")
        for end in branch.ends
        if end not in position
    ]
    for column, value in branch._asdict().items():
        if not isinstance(value, int | float):
            continue
        if not isfinite(value):
            faults.append(Fault(branch.name, "not_a_number", f"{column} of {branch.name} is {value}"))
        elif value < _LEAST.get(column, -inf) or value >= _BELOW.get(column, inf):
            faults.append(Fault(branch.name, "out_of_range", f"{column} of {branch.name} cannot be {value}"))
    return faults


def _loop(names: list[str]) -> Fault:
    message = f"the branches {', '.join(names)} are a loop: open one of them, a radial feeder has none"
    return Fault(names[-1], "meshed", message)


def _islanded(names: list[str]) -> Fault:
    shown = ", ".join(names[:20]) + (f" and {len(names) - 20} more" if len(names) > 20 else "")
    return Fault(names[0], "islanded", f"no way leads from the root to {shown}")


def _group(group: list[int], node: int) -> int:
    """Who stands for the nodes that are joined to this one so far."""
    while group[node] != node:
        group[node] = group[group[node]]
        node = group[node]
    return node


def _path(beside: list[list[tuple[int, int]]], first: int, second: int) -> list[int]:
    """The branches from one node to another that it is joined to; none from a node to itself."""
    came: dict[int, tuple[int, int]] = {first: (first, -1)}
    waiting = [first]
    while second not in came:
        node = waiting.pop()
        for other, branch in beside[node]:
            if other not in came:
                came[other] = (node, branch)
                waiting.append(other)
    path = []
    while second != first:
        second, branch = came[second]
        path.append(branch)
    return path[::-1]


def _walk(beside: list[list[tuple[int, int]]], root: int) -> Tree:
    """Nodes from the root, each before its subtree, children in the order they were given."""
    tree = Tree([], [], [])
    waiting = [(root, -1, -1)]
    while waiting:
        node, parent, branch = waiting.pop()
        row = len(tree.nodes)
        tree.nodes.append(node)
        tree.parents.append(parent)
        tree.branches.append(branch)
        below = [(other, row, way) for other, way in beside[node] if way != branch]
        waiting += sorted(below, reverse=True)
    return tree
