"""What was written on the chain: a root over contract digests, or one approval, with the chain's receipt."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert

from domain.errors import Conflict, RuleBroken
from memory import tables
from memory.rows import write_once


@dataclass(frozen=True, slots=True)
class ChainRecord:
    """One record. root: hex; of an approval, the digest of its decisions. leaves: contract digests under the root,
    sorted. receipt: None until the chain has answered."""

    key: str
    root: str
    leaves: Sequence[str]
    receipt: dict[str, Any] | None = None


def put(tx: Connection, key: str, root: str, leaves: Sequence[str]) -> None:
    """Write what is to be recorded. Raises Conflict when the key has other content."""
    write_once(tx, tables.chain_record, [{"key": key, "root": root, "leaves": [*leaves]}])


def receipt(tx: Connection, key: str, answered: dict[str, Any]) -> None:
    """Keep the chain's answer. A second answer about another transaction raises Conflict."""
    new = insert(tables.chain_record).values(key=key, root="", leaves=[], receipt=answered)
    record = tables.chain_record.c
    kept = new.on_conflict_do_update(
        index_elements=["key"],
        set_={"receipt": new.excluded.receipt},
        where=record.receipt.is_(None) | (record.receipt == new.excluded.receipt),
    )
    if tx.execute(kept.returning(record.key)).one_or_none() is None:
        raise Conflict(f"the chain answered twice, and differently, about {key}")


def get(tx: Connection, key: str) -> ChainRecord:
    """One record. Raises RuleBroken when there is none."""
    found = find(tx, key)
    if found is None:
        raise RuleBroken(f"nothing was recorded under {key}")
    return found


def find(tx: Connection, key: str) -> ChainRecord | None:
    """One record, None when there is none."""
    row = tx.execute(select(tables.chain_record).where(tables.chain_record.c.key == key)).one_or_none()
    return None if row is None else ChainRecord(*row)


def answered_unsaid(tx: Connection, kind: str) -> list[str]:
    """Keys that the chain has answered and of which no journal entry of this kind speaks yet, in order."""
    record, entry = tables.chain_record.c, tables.journal.c
    said = select(entry.seq).where(entry.kind == kind, entry.subject == record.key).exists()
    return [*tx.execute(select(record.key).where(record.receipt.is_not(None), ~said).order_by(record.key)).scalars()]


def all(tx: Connection) -> list[ChainRecord]:  # noqa: A001
    """Every record, by key."""
    return [ChainRecord(*row) for row in tx.execute(select(tables.chain_record).order_by(tables.chain_record.c.key))]
