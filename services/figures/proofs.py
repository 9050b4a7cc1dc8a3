"""Whether the chain holds what the database says it holds, and what proves one contract to whoever holds it."""

from dataclasses import dataclass

from sqlalchemy import Connection

from contracts.merkle import Tree, leaf
from contracts.terms import term_digest
from domain.errors import ChainDown
from memory.books import chain_records
from memory.books.chain_records import ChainRecord
from memory.trading import contracts
from memory.trading.contracts import ContractRow
from services.context import TradeContext
from services.deals.approvals import key_of


@dataclass(frozen=True, slots=True)
class ContractProof:
    """What proves one contract. record: the slot's root, None before it is on record or when the slot has none with
    this contract. leaf, siblings: 32 bytes each, from the leaf up to below the root. approval: the record of the
    decision on a contract made beside the auction, None for every other."""

    record: ChainRecord | None
    leaf: bytes
    siblings: list[bytes]
    approval: ChainRecord | None


def proof_of(tx: Connection, contract: ContractRow) -> ContractProof:
    """The proof of a contract, as far as there is one."""
    record = chain_records.find(tx, f"slot:{contract.slot}")
    if record is not None and contract.digest not in record.leaves:
        record = None
    siblings = Tree.over(record.leaves).proof(contract.digest) if record else []
    return ContractProof(record, leaf(contract.digest), siblings, chain_records.find(tx, key_of(contract.digest)))


def verify_records(tx: Connection, ctx: TradeContext) -> tuple[int, int]:
    """How many records are for the chain, and how many of them the chain has answered for and proves."""
    every, verified = chain_records.all(tx), 0
    try:
        for each in every:
            verified += each.receipt is not None and fault_of(tx, ctx, each) is None
    except ChainDown:  # a chain that does not answer proves nothing more: the figure says how much it did
        pass
    return len(every), verified


def fault_of(tx: Connection, ctx: TradeContext, record: ChainRecord) -> str | None:
    """What does not hold of one record, in words; None when everything does.

    A slot's root must follow from its contracts' terms, stand on the chain, and prove a contract of the slot there.
    """
    for digest in record.leaves:
        if term_digest(contracts.get(tx, digest).terms) != digest:
            return f"{record.key}: the terms of contract {digest} do not have this digest"
    kind, name = record.key.split(":", 1)
    if kind in {"approval", "cut"}:
        return None if ctx.chain.decision_of(name) == record.root else f"{record.key}: the chain has another decision"
    tree = Tree.over(record.leaves)
    if tree.root.hex() != record.root:
        return f"{record.key}: the root does not follow from the contracts"
    if ctx.chain.root_of(int(name)) != tree.root:
        return f"{record.key}: the chain has another root"
    digest = record.leaves[0]
    if not ctx.chain.verify(int(name), digest, tree.proof(digest)):
        return f"{record.key}: the chain does not prove contract {digest}"
    return None
