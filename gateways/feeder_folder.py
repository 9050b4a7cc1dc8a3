"""A community's own wires as three more CSV files of its folder: nodes, branches and connections, all or none.

nodes.csv: one row a busbar.
    node                name; required
    voltage_v           nominal, line to line (400 when empty); low_permille, high_permille: its band (900, 1100)
    root                yes at the one node that meets the grid above
    source_permille     the voltage held there (1000 when empty)

branches.csv: one row a line or transformer.
    branch, from_node, to_node
                        names; required
    rating_kva          what it carries; required
    resistance_mohm, reactance_mohm
                        series, at the nominal voltage of to_node; without both no grid check is claimed
    fee_mjpy_per_kwh, loss_permille
                        zero when empty

connections.csv: one row a site of sites.csv.
    site_id, node       names; required
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from domain.branch import Branch, Node
from domain.connection import Connections, without_wires
from domain.errors import Fault, InputRefused
from domain.feeder import Feeder, feeder_of, limit_wh
from gateways.csv_table import Row, read_table

NODES, BRANCHES, CONNECTIONS = "nodes.csv", "branches.csv", "connections.csv"
NODE_OPTIONAL = ("voltage_v", "low_permille", "high_permille", "root", "source_permille")
BRANCH_COLUMNS = ("branch", "from_node", "to_node", "rating_kva")
BRANCH_OPTIONAL = ("resistance_mohm", "reactance_mohm", "fee_mjpy_per_kwh", "loss_permille")
VOLTAGE_V_MAX, RATING_KVA_MAX, MILLIOHM_MAX = 500_000, 1_000_000, 10_000_000
FEE_MAX_MJPY_PER_KWH = 1_000_000


def has_wires(path: Path) -> bool:
    """Whether a folder describes its wires; then all three files must be there."""
    return any((path / name).exists() for name in (NODES, BRANCHES, CONNECTIONS))


def connections_of_folder(path: Path, site_ids: Sequence[str], slot_min: int = 30) -> Connections:
    """The folder's wires; without any everybody at one busbar, for which no grid check is claimed."""
    return read_connections(path, site_ids, slot_min) if has_wires(path) else without_wires(len(site_ids), slot_min)


def read_connections(path: Path, site_ids: Sequence[str], slot_min: int = 30) -> Connections:
    """The wires of a folder, sites in the order given, limits in Wh of slots of ``slot_min`` minutes.

    Raises InputRefused with every fault of the three files.
    """
    wires = _wires(path, slot_min)
    rows, faults = read_table(path / CONNECTIONS, ("site_id", "node"), ())
    if wires.unreadable or faults:
        raise InputRefused([*wires.unreadable, *faults])
    places = _places(rows, wires.nodes, site_ids)
    faults = [*wires.faults, *(fault for row in rows for fault in row.faults)]
    missing = [site_id for site_id in site_ids if site_id not in places]
    faults += [Fault(f"{CONNECTIONS}:1:site_id", "not_connected", f"{site} has no row here") for site in missing]
    if faults or wires.feeder is None:
        raise InputRefused(faults)
    node = [wires.feeder.node_of(places[site_id]) for site_id in site_ids]
    return Connections(wires.feeder, np.array(node, np.int64))


def read_feeder(path: Path, slot_min: int = 30) -> Feeder:
    """The wires alone, whoever hangs on them. Raises InputRefused with every fault of the two files."""
    wires = _wires(path, slot_min)
    if wires.feeder is None or wires.faults:
        raise InputRefused(wires.unreadable or wires.faults)
    return wires.feeder


class _Wires(NamedTuple):
    """Both files: the tree they make, None when they make none, and their nodes' names.

    unreadable: faults of form, with which no cell was looked at. faults: of cells and of the tree.
    """

    feeder: Feeder | None
    nodes: frozenset[str]
    unreadable: Sequence[Fault]
    faults: Sequence[Fault]


def _wires(path: Path, slot_min: int) -> _Wires:
    node_rows, node_faults = read_table(path / NODES, ("node",), NODE_OPTIONAL)
    branch_rows, branch_faults = read_table(path / BRANCHES, BRANCH_COLUMNS, BRANCH_OPTIONAL)
    if node_faults or branch_faults:
        return _Wires(None, frozenset(), [*node_faults, *branch_faults], ())
    nodes = [_node(row) for row in node_rows]
    voltage_v = {node.name: node.voltage_v for node in nodes}
    branches = [_branch(row, voltage_v, slot_min) for row in branch_rows]
    roots = [row for row in node_rows if row.text("root") == "yes"]
    sources = [row.whole("source_permille", 2000, 1000) for row in roots]
    feeder, tree_faults = _tree(nodes, branches, [row.text("node") for row in roots], slot_min, (sources or [1000])[0])
    lines = {row.text("node"): f"{NODES}:{row.line}:node" for row in reversed(node_rows)}
    lines |= {row.text("branch"): f"{BRANCHES}:{row.line}:branch" for row in branch_rows}
    faults = [fault for row in (*node_rows, *branch_rows) for fault in row.faults]
    faults += [Fault(lines.get(each.where, f"{NODES}:1:root"), each.code, each.message) for each in tree_faults]
    return _Wires(feeder, frozenset(node.name for node in nodes), (), faults)


def _tree(
    nodes: list[Node], branches: list[Branch], roots: list[str], slot_min: int, source_permille: int
) -> tuple[Feeder | None, Sequence[Fault]]:
    try:
        return feeder_of(nodes, branches, roots, slot_min, source_pu=source_permille / 1000), ()
    except InputRefused as refused:
        return None, refused.faults


def _node(row: Row) -> Node:
    if row.text("root") not in ("", "yes"):
        row.refuse("root", "not_yes", f"yes or nothing stands here, not {row.text('root')!r}")
    voltage_v = row.whole("voltage_v", VOLTAGE_V_MAX, 400)
    if not voltage_v:
        row.refuse("voltage_v", "no_voltage", "a busbar has a nominal voltage above zero")
    return Node(
        row.name("node"), voltage_v or 400, row.whole("low_permille", 2000, 900), row.whole("high_permille", 2000, 1100)
    )


def _branch(row: Row, voltage_v: dict[str, int], slot_min: int) -> Branch:
    ends = (row.name("from_node"), row.name("to_node"))
    base_mohm = voltage_v.get(ends[1], 400) ** 2 / 1000  # on 1 MVA
    return Branch(
        row.name("branch"),
        ends,
        limit_wh(row.whole("rating_kva", RATING_KVA_MAX), slot_min),
        row.whole("fee_mjpy_per_kwh", FEE_MAX_MJPY_PER_KWH, 0),
        row.whole("loss_permille", 999, 0),
        row.whole("resistance_mohm", MILLIOHM_MAX, 0) / base_mohm,
        row.whole("reactance_mohm", MILLIOHM_MAX, 0) / base_mohm,
    )


def _places(rows: Sequence[Row], nodes: frozenset[str], site_ids: Sequence[str]) -> dict[str, str]:
    """The node of each site that has one."""
    places: dict[str, str] = {}
    known = set(site_ids)
    for row in rows:
        site_id, node = row.text("site_id"), row.text("node")
        if site_id not in known:
            row.refuse("site_id", "unknown_site", f"sites.csv has no site {site_id!r}")
        if node not in nodes:
            row.refuse("node", "unknown_node", f"{NODES} has no node {node!r}")
        if site_id in places:
            row.refuse("site_id", "double_site", f"{site_id} is connected twice")
        places[site_id] = node
    return places
