"""Grids become feeders: SimBench's from the package or its cache, pandapower's from a file."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from domain.branch import Branch
from domain.errors import InputRefused
from simulation.community import Community
from simulation.feeders import Parts, _side_by_side, grid_of, load_grid, node_of_sites, read_pandapower

CODE = "1-LV-rural3--2-sw"


def test_every_site_of_the_demonstration_stands_at_a_node(community: Community, stored: Path) -> None:
    """129 buses are 129 nodes behind one transformer of 400 kVA, and no line carries nothing."""
    grid = load_grid(stored, CODE)
    rows = node_of_sites(grid, community.sites)
    assert [grid.feeder.names[row] for row in rows] == [site.bus for site in community.sites]
    assert len(grid.feeder.parent) == 129
    assert grid.feeder.limit_wh[1] == 200_000
    assert grid.feeder.closed == []
    strangers = [replace(community.sites[0], bus="nowhere"), replace(community.sites[1], bus="")]
    with pytest.raises(InputRefused, match=r"(?s)'nowhere'.*''"):
        node_of_sites(grid, strangers)


def test_a_feeder_comes_back_from_the_cache_without_the_package(stored: Path) -> None:
    """Once read, the file is enough."""
    first = load_grid(stored, CODE).feeder
    program = (
        "import sys; sys.modules['simbench'] = None\n"
        "from pathlib import Path\n"
        "from simulation.feeders import load_grid\n"
        "feeder = load_grid(Path(sys.argv[1]), sys.argv[2]).feeder\n"
        "print(feeder.names[-1], feeder.limit_wh.sum(), feeder.resistance_pu.sum())\n"
    )
    done = subprocess.run([sys.executable, "-c", program, stored, CODE], capture_output=True, text=True, check=True)
    assert done.stdout.split() == f"{first.names[-1]} {first.limit_wh.sum()} {first.resistance_pu.sum()}".split()


def test_without_pandapower_the_error_names_the_extra(tmp_path: Path) -> None:
    """A file of pandapower's needs pandapower."""
    program = (
        "import sys; sys.modules['pandapower'] = None\n"
        "from pathlib import Path\n"
        "from domain.errors import OutsideFailed\n"
        "from simulation.feeders import read_pandapower\n"
        "try: read_pandapower(Path('net.json'))\n"
        "except OutsideFailed as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert "extra `demo`" in done.stdout


def test_a_pandapower_file_is_read_and_a_ring_in_it_named(tmp_path: Path) -> None:
    """Open switches part a ring; closed, its lines are named."""
    pandapower = pytest.importorskip("pandapower", reason="the package pandapower (extra `demo`) is not installed")
    net = pandapower.create_empty_network()
    bus = [pandapower.create_bus(net, 0.4, name=name) for name in "abc"]
    pandapower.create_ext_grid(net, bus[0])
    for at, (first, second) in enumerate(((0, 1), (1, 2), (2, 0))):
        pandapower.create_line(net, bus[first], bus[second], 0.1, "NAYY 4x150 SE", name=f"line {at}")
    pandapower.create_switch(net, bus[2], 2, "l", closed=False)
    pandapower.to_json(net, str(tmp_path / "open.json"))
    feeder = read_pandapower(tmp_path / "open.json").feeder
    assert feeder.branch_names == ("", "line 0", "line 1")
    assert np.allclose(feeder.limit_wh[1:], 93_530, atol=1)
    net.switch.closed = True
    pandapower.to_json(net, str(tmp_path / "ring.json"))
    with pytest.raises(InputRefused, match="the branches line 1, line 0, line 2 are a loop"):
        read_pandapower(tmp_path / "ring.json")


def test_branches_side_by_side_carry_what_the_first_full_one_allows() -> None:
    """Two of the same carry twice as much at half the impedance; a weaker sister holds both back."""
    one = Branch("T1", ("a", "b"), 100, resistance_pu=0.2, reactance_pu=0.4)
    (joined,) = _side_by_side([one, one._replace(name="T2")])
    assert (joined.name, joined.limit_wh) == ("T1 + T2", 200)
    assert joined.reactance_pu == pytest.approx(0.2)
    (held,) = _side_by_side([one, one._replace(name="T2", limit_wh=50)])
    assert held.limit_wh == 100


def test_a_grid_without_its_root_is_refused() -> None:
    """Faults of the tree come through."""
    with pytest.raises(InputRefused):
        grid_of(Parts([], [], ["a"], 1.0, {}), 30)
