"""What the benches of the auction print, and how a peer's absence or failure is told."""

import sys
from pathlib import Path

import pytest

from benchmarks import blocks, clearing, peers
from domain.errors import OutsideFailed


def test_the_clearing_bench_prints_what_it_promises() -> None:
    """Each promised figure is there, the ratio is that of the times, and the welfare is the linear program's."""
    found = clearing.measure(orders=2_000, books=50)
    assert {"orders", "cpu_s", "floor_cpu_s", "ratio", "bytes_per_order", "welfare_equal"} <= found.keys()
    assert found["orders"] == 2_000
    assert found["ratio"] == pytest.approx(found["cpu_s"] / found["floor_cpu_s"], rel=0.05)
    assert found["welfare_equal"] is True


def test_two_hundred_blocks_are_proven_optimal() -> None:
    """Bounded effort, default beyond a hundred blocks, still closes the gap where the first outcome leaves one."""
    assert blocks.measure(blocks=(200,))["figures"]["gap_ppm_200"] == 0


def test_a_peer_without_its_environment_is_skipped_with_what_makes_it(tmp_path: Path) -> None:
    """One line that can be pasted, and our own figures all the same."""
    found = peers.measure(orders=50, peers=str(tmp_path))
    assert found["gridpact"]["welfare_share"] == 1.0
    for name in peers.PEERS:
        assert found[name].startswith(f"skipped; python -m venv {tmp_path}/{name} && ")


@pytest.mark.parametrize("name", peers.PEERS)
def test_a_peer_that_fails_says_why(tmp_path: Path, name: str) -> None:
    """An environment without the peer's package ends in the peer's own error, not in a figure."""
    folder = tmp_path / name / "bin"
    folder.mkdir(parents=True)
    (folder / "python").symlink_to(sys.executable)
    with pytest.raises(OutsideFailed, match=f"No module named '{name}'"):
        peers.measure(orders=50, peers=str(tmp_path))
