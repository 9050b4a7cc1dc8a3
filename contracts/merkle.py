"""One word for all contracts of a slot, and a short proof for each of them.

The layout is OpenZeppelin's StandardMerkleTree over the single type ``bytes32``: a leaf is the Keccak-256 of the
Keccak-256 of the contract's digest (two rounds, so that no inner node passes for a leaf), leaves are sorted, a pair
is sorted before it is hashed (so a proof carries no directions), and the tree is a complete binary tree in one list,
root first. A proof made here verifies in OpenZeppelin's MerkleProof, and so in ``SlotLedger.verify``.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sha3 import keccak_256


def _keccak(content: bytes) -> bytes:
    return bytes(keccak_256(content).digest())


def _pair(left: bytes, right: bytes) -> bytes:
    return _keccak(left + right) if left < right else _keccak(right + left)


def leaf(digest: str) -> bytes:
    """The leaf of a contract's digest (64 hex digits), 32 bytes. Raises ValueError when it is no such digest."""
    word = bytes.fromhex(digest)
    if len(word) != 32:
        raise ValueError(f"a contract's digest has 64 hex digits, not {len(digest)}: {digest!r}")
    return _keccak(_keccak(word))


@dataclass(frozen=True, slots=True)
class Tree:
    """A built tree. ``nodes``: 2n-1 words of 32 bytes, root first. ``position``: where a leaf stands in it."""

    nodes: tuple[bytes, ...]
    position: dict[bytes, int]

    @classmethod
    def over(cls, digests: Sequence[str]) -> "Tree":
        """The tree over contract digests in any order. Raises ValueError on none at all or on a repeated one."""
        leaves = sorted(leaf(digest) for digest in digests)
        count = len(leaves)
        if not count:
            raise ValueError("a slot without contracts has no root")
        nodes = [b""] * (count - 1) + leaves[::-1]
        position = {word: place for place, word in enumerate(nodes) if word}
        if len(position) != count:
            raise ValueError("two contracts of one slot have the same digest")
        for place in range(count - 2, -1, -1):
            nodes[place] = _pair(nodes[2 * place + 1], nodes[2 * place + 2])
        return cls(tuple(nodes), position)

    @property
    def root(self) -> bytes:
        """32 bytes."""
        return self.nodes[0]

    def proof(self, digest: str) -> list[bytes]:
        """The siblings from the leaf up to below the root. Raises KeyError when the digest is not in the tree."""
        place = self.position[leaf(digest)]
        siblings = []
        while place:
            siblings.append(self.nodes[place + 1 if place % 2 else place - 1])
            place = (place - 1) // 2
        return siblings


def root(digests: Sequence[str]) -> bytes:
    """The root over contract digests, whatever their order. Errors as in Tree.over."""
    return Tree.over(digests).root


def proof(digests: Sequence[str], digest: str) -> list[bytes]:
    """The proof of one digest. For many proofs of one slot keep the Tree. Errors as in Tree."""
    return Tree.over(digests).proof(digest)


def verify(root: bytes, digest: str, proof: Sequence[bytes]) -> bool:
    """Whether the proof leads from the digest to the root."""
    word = leaf(digest)
    for sibling in proof:
        word = _pair(word, sibling)
    return word == root
