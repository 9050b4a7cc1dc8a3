"""``gridpact feeder check``: one command for SimBench codes, pandapower files and CSV folders."""

import argparse
import json
from pathlib import Path

import pytest

from domain.errors import InputRefused
from gridpact.commands import feeder as command
from gridpact.commands.feeder import feeder_at

NODES = "node,voltage_v,root\nstation,6600,yes\nbar,,\nend,,\n"
BRANCHES = "branch,from_node,to_node,rating_kva,resistance_mohm\nT1,station,bar,100,16\nline-1,bar,end,0,\n"


def folder_of(path: Path, nodes: str = NODES, branches: str = BRANCHES) -> Path:
    """A folder with wires and no sites."""
    path.mkdir(exist_ok=True)
    (path / "nodes.csv").write_text(nodes)
    (path / "branches.csv").write_text(branches)
    return path


def said(capsys: pytest.CaptureFixture[str], source: Path, to: Path | None = None, as_json: bool = False) -> str:
    """What the command prints."""
    options = argparse.Namespace(source=str(source), to=to, json=as_json, data=None)
    assert command.run(options) == 0
    return capsys.readouterr().out


def test_a_folder_tells_its_size_its_limits_and_what_it_lacks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A branch that carries nothing and one without impedance are named; neither is a fault."""
    text = said(capsys, folder_of(tmp_path / "own"))
    assert "3 nodes, 2 branches; the grid above is at station, 6,600 V, held at 100.0 %" in text
    assert "limits: 0.0 to 100.0 kVA" in text
    assert "limit zero, so nobody trades through: line-1" in text
    assert "no grid check claimed: 1 branches have no impedance, the first is line-1" in text
    found = json.loads(said(capsys, tmp_path / "own", as_json=True))
    assert (found["nodes"], found["closed"], found["limit_kva_max"]) == (3, ["line-1"], 100.0)


def test_every_fault_of_the_wires_is_named_at_once(tmp_path: Path) -> None:
    """The loop with its branches, the island, the cell that is no number."""
    wrong = BRANCHES.replace(",100,", ",1oo,") + "line-2,end,bar,10,\n"
    with pytest.raises(InputRefused) as refused:
        feeder_at(str(folder_of(tmp_path / "own", NODES + "lost,,\n", wrong)), None)
    assert {fault.code for fault in refused.value.faults} == {"not_whole", "meshed", "islanded"}
    assert "line-1, line-2 are a loop" in str(refused.value)


def test_a_pandapower_file_becomes_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is written is a feeder again; what the form cannot say is counted."""
    pandapower = pytest.importorskip("pandapower", reason="the package pandapower (extra `demo`) is not installed")
    net = pandapower.create_empty_network()
    upper, lower = pandapower.create_bus(net, 20, name="upper"), pandapower.create_bus(net, 0.4, name="lower bar")
    end = pandapower.create_bus(net, 0.4, name="end")
    pandapower.create_ext_grid(net, upper)
    pandapower.create_transformer(net, upper, lower, "0.25 MVA 20/0.4 kV", name="T1")
    pandapower.create_line(net, lower, end, 0.1, "NAYY 4x150 SE", name="line 1")
    pandapower.to_json(net, str(tmp_path / "net.json"))
    text = said(capsys, tmp_path / "net.json", to=tmp_path / "own")
    assert "names put into the folder's letters: 2" in text
    assert "left out: shunts (2)" in text
    again = feeder_at(str(tmp_path / "own"), None)
    assert again.names == ("upper", "lower-bar", "end")
    assert again.limit_wh.tolist() == [0, 125_000, 93_500]


def test_a_second_source_and_a_ring_come_together(tmp_path: Path) -> None:
    """Two places that meet the grid above do not hide the loop."""
    pandapower = pytest.importorskip("pandapower", reason="the package pandapower (extra `demo`) is not installed")
    net = pandapower.create_empty_network()
    bus = [pandapower.create_bus(net, 0.4, name=name) for name in "abc"]
    for at, (first, second) in enumerate(((0, 1), (1, 2), (2, 0))):
        pandapower.create_line(net, bus[first], bus[second], 0.1, "NAYY 4x150 SE", name=f"line {at}")
    pandapower.create_ext_grid(net, bus[0])
    pandapower.create_ext_grid(net, bus[1])
    pandapower.to_json(net, str(tmp_path / "net.json"))
    with pytest.raises(InputRefused) as refused:
        feeder_at(str(tmp_path / "net.json"), None)
    assert [fault.code for fault in refused.value.faults] == ["several_roots", "meshed"]


@pytest.mark.parametrize("text", ["{", "[1, 2]", "{}", "\u00e9"])
def test_a_file_that_is_no_network_is_refused(tmp_path: Path, text: str) -> None:
    """Broken JSON and JSON of something else give one line."""
    pytest.importorskip("pandapower", reason="the package pandapower (extra `demo`) is not installed")
    (tmp_path / "net.json").write_text(text)
    with pytest.raises(InputRefused):
        feeder_at(str(tmp_path / "net.json"), None)


def test_a_path_that_is_not_there_is_no_code() -> None:
    """Nobody is sent to SimBench for a file that was misspelt."""
    with pytest.raises(InputRefused, match="no such file or folder"):
        feeder_at("nowhere/net.json", None)
