"""The Merkle tree over a slot's contracts, against OpenZeppelin's own library and against its laws."""

import hashlib
import json
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.merkle import Tree, leaf, proof, root, verify

GOLDEN = json.loads((Path(__file__).parent / "golden" / "merkle.json").read_text(encoding="utf-8"))

digest_sets = st.sets(st.binary(min_size=32, max_size=32).map(bytes.hex), min_size=1, max_size=40).map(sorted)


def contract_digests(count: int) -> list[str]:
    return [hashlib.sha256(f"contract {number}".encode()).hexdigest() for number in range(count)]


@pytest.mark.parametrize("case", GOLDEN["cases"], ids=lambda case: f"{case['count']} contracts")
def test_roots_and_proofs_are_those_of_openzeppelins_own_library(case: dict[str, Any]) -> None:
    """Golden values made by @openzeppelin/merkle-tree 1.0.8: same root, same proofs, word by word."""
    digests = contract_digests(case["count"])
    assert root(digests).hex() == case["root"]
    for digest, siblings in case["proofs"].items():
        assert [sibling.hex() for sibling in proof(digests, digest)] == siblings


@given(digest_sets)
def test_every_contract_of_a_slot_has_a_proof_that_verifies(digests: list[str]) -> None:
    """A proof leads from each digest to the root, in at most the depth of a complete tree."""
    tree = Tree.over(digests)
    for digest in digests:
        siblings = tree.proof(digest)
        assert verify(tree.root, digest, siblings)
        assert len(siblings) <= (len(digests) - 1).bit_length()


@given(digest_sets, st.randoms(use_true_random=False))
def test_the_root_does_not_depend_on_the_order_of_contracts(digests: list[str], random: Random) -> None:
    """Leaves are sorted: the same contracts give the same root."""
    shuffled = list(digests)
    random.shuffle(shuffled)
    assert root(shuffled) == root(digests)


@given(digest_sets, st.binary(min_size=32, max_size=32).map(bytes.hex))
def test_a_contract_that_was_not_in_the_slot_has_no_proof(digests: list[str], stranger: str) -> None:
    """Neither the tree nor somebody else's proof speaks for a digest that is not in it."""
    if stranger in digests:
        return
    tree = Tree.over(digests)
    with pytest.raises(KeyError):
        tree.proof(stranger)
    assert not verify(tree.root, stranger, tree.proof(digests[0]))


def test_an_inner_node_never_passes_for_a_contract() -> None:
    """Leaves are hashed twice, nodes once, so a shortened proof of a pair proves nothing."""
    digests = contract_digests(4)
    tree = Tree.over(digests)
    pair = tree.nodes[1].hex()
    assert not verify(tree.root, pair, [tree.nodes[2]])
    assert leaf(pair) != tree.nodes[1]


def test_a_slot_without_contracts_or_with_a_repeated_one_is_refused() -> None:
    """No root stands for nothing, and a contract is counted once."""
    with pytest.raises(ValueError, match="no root"):
        root([])
    with pytest.raises(ValueError, match="same digest"):
        root(contract_digests(2) * 2)
    with pytest.raises(ValueError, match="64 hex digits"):
        root(["ab"])
