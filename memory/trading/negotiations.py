"""Negotiations that have ended: who talked about what, every message, and the term sheet. The table only grows."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, select

from memory import tables
from memory.rows import write_once


@dataclass(frozen=True, slots=True)
class NegotiationRow:
    """One negotiation. slot: for which it was opened. agenda, transcript, sheet: plain JSON, as they were hashed.

    digest: of the sheet, 64 hex digits. proposal_id: what was filed, None without an agreement.
    """

    id: str
    slot: int
    seller_site: str
    buyer_site: str
    agenda: dict[str, Any]
    transcript: list[list[Any]]
    sheet: dict[str, Any]
    digest: str
    proposal_id: str | None = None


def save(tx: Connection, rows: Sequence[NegotiationRow]) -> None:
    """Keep negotiations. Raises Conflict when an id has other content."""
    write_once(tx, tables.negotiation, [asdict(row) for row in rows])


def find(tx: Connection, id_: str) -> NegotiationRow | None:
    """One negotiation, None when nobody held it."""
    row = tx.execute(select(tables.negotiation).where(tables.negotiation.c.id == id_)).one_or_none()
    return None if row is None else NegotiationRow(*row)


def all(tx: Connection) -> list[NegotiationRow]:  # noqa: A001
    """Every negotiation, by slot, then id."""
    negotiation = tables.negotiation.c
    ordered = select(tables.negotiation).order_by(negotiation.slot, negotiation.id)
    return [NegotiationRow(*row) for row in tx.execute(ordered)]
