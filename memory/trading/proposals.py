"""Deals that members made beside the auction, waiting to be drafted. What was planted for a demonstration says so."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, select, update

from memory import tables
from memory.rows import write_once

FILED, DRAFTED = "filed", "drafted"


@dataclass(frozen=True, slots=True)
class ProposalRow:
    """One proposal. filed_slot: it is drafted with the contracts of this slot. planted: its label, None if natural."""

    id: str
    filed_slot: int
    body: dict[str, Any]
    planted: str | None = None
    state: str = FILED


def save(tx: Connection, rows: Sequence[ProposalRow]) -> None:
    """File proposals. Raises Conflict when an id has other content."""
    write_once(tx, tables.proposal, [asdict(row) for row in rows], grows=["state"])


def due(tx: Connection, slot: int) -> list[ProposalRow]:
    """What was filed for this slot or before and is not drafted yet, by slot, then id."""
    proposal = tables.proposal.c
    return _found(tx, (proposal.filed_slot <= slot) & (proposal.state == FILED))


def mark_drafted(tx: Connection, ids: Sequence[str]) -> None:
    """Note that these have become contracts."""
    tx.execute(update(tables.proposal).where(tables.proposal.c.id.in_(ids)).values(state=DRAFTED))


def all(tx: Connection) -> list[ProposalRow]:  # noqa: A001
    """Every proposal, by slot, then id."""
    return _found(tx, tables.proposal.c.id.is_not(None))


def _found(tx: Connection, condition: Any) -> list[ProposalRow]:
    proposal = tables.proposal.c
    wanted = select(tables.proposal).where(condition).order_by(proposal.filed_slot, proposal.id)
    return [ProposalRow(*row) for row in tx.execute(wanted)]
