"""A feeder written as a folder's files comes back as it was, in whole kVA and milliohms, and never carries more."""

import re
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.branch import Branch, Node
from domain.errors import InputRefused
from domain.feeder import Feeder, feeder_of
from gateways.feeder_folder import read_feeder
from gateways.feeder_writing import short_names, write_feeder

RATED = st.tuples(st.integers(0, 500_000), st.floats(0, 2), st.floats(0, 2), st.integers(0, 5_000), st.integers(0, 999))


@st.composite
def feeders(draw: st.DrawFn) -> Feeder:
    """Up to seven nodes in a random tree, with names of any letters."""
    names = draw(st.lists(st.text(min_size=1, max_size=70), min_size=1, max_size=7, unique=True))
    branches = []
    for at in range(1, len(names)):
        limit_wh, resistance, reactance, fee, loss = draw(RATED)
        ends = (names[draw(st.integers(0, at - 1))], names[at])
        branches.append(Branch(f"line {at}", ends, limit_wh, fee, loss, resistance, reactance))
    voltages = st.sampled_from((200, 400, 6_600))
    nodes = [Node(name, draw(voltages), draw(st.integers(800, 950)), draw(st.integers(1050, 1200))) for name in names]
    return feeder_of(nodes, branches, names[:1], source_pu=draw(st.integers(900, 1100)) / 1000)


@given(feeders())
def test_what_is_written_is_read_again(feeder: Feeder) -> None:
    """Law: the same tree and whole numbers; limits lose less than one kVA, impedances move by at most a milliohm."""
    with tempfile.TemporaryDirectory() as folder:
        write_feeder(Path(folder), feeder)
        again = read_feeder(Path(folder))
    assert again.names == tuple(short_names(feeder.names))
    for column in ("parent", "fee_mjpy_per_kwh", "loss_permille", "voltage_v", "low_permille", "high_permille"):
        assert np.array_equal(getattr(again, column), getattr(feeder, column))
    assert again.source_permille == feeder.source_permille
    lost_wh = feeder.limit_wh - again.limit_wh
    assert np.all((lost_wh >= 0) & (lost_wh < 500))
    base_mohm = feeder.voltage_v**2 / 1000
    for column in ("resistance_pu", "reactance_pu"):
        before, after = getattr(feeder, column), getattr(again, column)
        assert np.all(np.abs(after - before) * base_mohm <= 1 + 1e-6)
        assert np.array_equal(after > 0, before > 0)


@given(st.lists(st.text(max_size=80)))
def test_short_names_are_names_and_no_two_alike(names: list[str]) -> None:
    """Law: as many as before, of the folder's letters, all different."""
    found = short_names(names)
    assert len(found) == len(set(found)) == len(names)
    assert [name for name in found if not re.fullmatch(r"[A-Za-z0-9._-]{1,64}", name)] == []


def test_files_that_are_there_are_left_alone(tmp_path: Path) -> None:
    """Nothing of one's own is written over; every such file is named."""
    feeder = feeder_of([Node("a")], [], ["a"])
    write_feeder(tmp_path, feeder)
    before = (tmp_path / "nodes.csv").read_bytes()
    with pytest.raises(InputRefused) as refused:
        write_feeder(tmp_path, feeder)
    assert [fault.code for fault in refused.value.faults] == ["exists"] * 3
    assert (tmp_path / "nodes.csv").read_bytes() == before
