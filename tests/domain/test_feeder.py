"""A feeder is a tree, or every reason why not is named at once."""

from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.branch import Branch, Node
from domain.errors import InputRefused
from domain.feeder import feeder_of, limit_wh, loss_permille, one_node, rating_kva

NODES = [Node(name) for name in "abcdef"]


def faults_of(branches: list[Branch], roots: list[str], nodes: list[Node] = NODES) -> dict[str, list[str]]:
    """Codes of the refusal with what each names."""
    with pytest.raises(InputRefused) as refused:
        feeder_of(nodes, branches, roots)
    found: dict[str, list[str]] = {}
    for fault in refused.value.faults:
        found.setdefault(fault.code, []).append(fault.message)
    return found


def line(name: str, ends: str, limit: int = 1_000) -> Branch:
    """A line between two nodes of one letter each."""
    return Branch(name, (ends[0], ends[1]), limit)


def test_every_fault_of_a_feeder_is_named_at_once() -> None:
    """A loop with its branches, nodes without a way, unknown ends, double names and bad numbers come in one refusal."""
    branches = [
        line("1", "ab"), line("2", "bc"), line("3", "ca"), line("4", "ax"), line("5", "de"), line("5", "ef"),
        Branch("6", ("a", "d"), 1, resistance_pu=float("nan")), Branch("7", ("b", "b"), -5),
    ]  # fmt: skip
    found = faults_of(branches, ["a"], [*NODES, Node("z"), Node("a")])
    assert found["meshed"][0].startswith("the branches 2, 1, 3 are a loop")
    assert "the branches 7 are a loop" in found["meshed"][1]
    assert found["unknown_node"] == ["4 ends at 'x', which is no node"]
    assert found["double_branch"] == ["the branch '5' comes twice"]
    assert found["double_node"] == ["the node 'a' comes twice"]
    assert found["not_a_number"] == ["resistance_pu of 6 is nan"]
    assert found["out_of_range"] == ["limit_wh of 7 cannot be -5"]
    assert "z" in found["islanded"][0]


def test_two_branches_between_the_same_nodes_are_a_loop() -> None:
    """Lines side by side are no tree either: a reader joins them first."""
    assert (
        "the branches 1, 2 are a loop" in faults_of([line("1", "ab"), line("2", "ba")], ["a"], NODES[:2])["meshed"][0]
    )


def test_a_feeder_has_one_root() -> None:
    """None, several and unknown ones are refused."""
    chain = [line("1", "ab")]
    assert list(faults_of(chain, [], NODES[:2])) == ["no_root"]
    assert list(faults_of(chain, ["a", "b"], NODES[:2])) == ["several_roots"]
    assert list(faults_of(chain, ["y"], NODES[:2])) == ["unknown_node"]


@given(st.lists(st.integers(0, 10**6), min_size=0, max_size=20), st.randoms(use_true_random=False))
def test_each_subtree_follows_its_node(picks: list[int], chance: Random) -> None:
    """Parents come before children, a subtree is one stretch of rows, and each branch stands above its own node."""
    count = len(picks) + 1
    ends = {f"line {at + 1}": (f"n{pick % (at + 1)}", f"n{at + 1}") for at, pick in enumerate(picks)}
    branches = [Branch(name, pair if chance.random() < 0.5 else pair[::-1], 5) for name, pair in ends.items()]
    chance.shuffle(branches)
    feeder = feeder_of([Node(f"n{at}") for at in range(count)], branches, ["n0"])
    assert feeder.parent[0] == -1
    for at in range(1, count):
        up = int(feeder.parent[at])
        assert set(ends[feeder.branch_names[at]]) == {feeder.names[at], feeder.names[up]}
        assert up < at
        assert up == at - 1 or at - 1 in descendants(feeder.parent.tolist(), up)


def descendants(parent: list[int], node: int) -> set[int]:
    """Rows below a node."""
    below = {node}
    for at, up in enumerate(parent):
        if up in below:
            below.add(at)
    return below - {node}


def test_a_transformers_ratio_is_the_upper_ends_over_the_lowers() -> None:
    """Whichever end is named first, the tree holds it the same way."""
    straight = feeder_of(NODES[:2], [Branch("T1", ("a", "b"), 5, ratio=1.05)], ["a"])
    turned = feeder_of(NODES[:2], [Branch("T1", ("b", "a"), 5, ratio=1 / 1.05)], ["a"])
    assert np.allclose(straight.ratio, [1, 1.05])
    assert np.allclose(turned.ratio, [1, 1.05])


def test_a_closed_branch_is_legal_and_reported() -> None:
    """A limit of zero carries nothing."""
    assert feeder_of(NODES[:3], [line("1", "ab", 0), line("2", "bc")], ["a"]).closed == ["1"]
    assert one_node().closed == []


def test_ratings_become_watt_hours_of_a_slot() -> None:
    """400 kVA are 200 kWh in half an hour; 270 A at 400 V are 187 kVA; half of a Wh is left away."""
    assert limit_wh(400.0) == 200_000
    assert limit_wh(400.0, slot_min=15) == 100_000
    assert limit_wh(rating_kva(0.27, 400)) == 93_530
    assert loss_permille(0.1, limit_wh(400.0)) == 20
