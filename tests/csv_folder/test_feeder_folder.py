"""A folder's own wires: read in full, or every fault by file, line and column."""

from pathlib import Path

import pytest

from domain.connection import Connections
from domain.errors import InputRefused
from gateways.feeder_folder import has_wires, read_connections

NODES = "node,voltage_v,root,source_permille\nstation,6600,yes,1010\nbar,,,\nend,,,\n"
BRANCHES = """branch,from_node,to_node,rating_kva,resistance_mohm,reactance_mohm
T1,station,bar,100,16,64
line-1,bar,end,50,160,40
"""
CONNECTIONS = "site_id,node\nsato,end\nito,bar\n"


def read(folder: Path, nodes: str = NODES, branches: str = BRANCHES, connections: str = CONNECTIONS) -> Connections:
    """The connections of three files written into a folder."""
    (folder / "nodes.csv").write_text(nodes)
    (folder / "branches.csv").write_text(branches)
    (folder / "connections.csv").write_text(connections)
    return read_connections(folder, ["ito", "sato"])


def test_wires_are_read_with_their_units(tmp_path: Path) -> None:
    """kVA become Wh of a half hour, milliohms per unit of the lower end; sites stand in the order asked for."""
    assert not has_wires(tmp_path)
    found = read(tmp_path)
    assert has_wires(tmp_path)
    assert found.feeder.names == ("station", "bar", "end")
    assert found.node.tolist() == [1, 2]
    assert found.feeder.limit_wh.tolist() == [0, 50_000, 25_000]
    assert found.feeder.resistance_pu.tolist() == [0, pytest.approx(0.1), pytest.approx(1.0)]
    assert found.feeder.source_permille == 1010


def test_every_fault_of_the_three_files_is_named_at_once(tmp_path: Path) -> None:
    """Cells, a loop, a node without a way, sites and nodes that are not there."""
    branches = BRANCHES.replace(",50,", ",5o,") + "line-2,end,bar,10,,\n"
    with pytest.raises(InputRefused) as refused:
        read(tmp_path, NODES + "lost,,maybe,\n", branches, "site_id,node\nsato,nowhere\nkato,bar\n")
    assert {(fault.where, fault.code) for fault in refused.value.faults} == {
        ("nodes.csv:5:root", "not_yes"),
        ("nodes.csv:5:node", "islanded"),
        ("branches.csv:3:rating_kva", "not_whole"),
        ("branches.csv:4:branch", "meshed"),
        ("connections.csv:2:node", "unknown_node"),
        ("connections.csv:3:site_id", "unknown_site"),
        ("connections.csv:1:site_id", "not_connected"),
    }


def test_a_missing_file_and_a_missing_root_are_faults(tmp_path: Path) -> None:
    """All three files are there, or none."""
    with pytest.raises(InputRefused, match="no node meets the grid above"):
        read(tmp_path, NODES.replace("yes", ""))
    (tmp_path / "branches.csv").unlink()
    with pytest.raises(InputRefused, match=r"branches\.csv is missing"):
        read_connections(tmp_path, [])
