"""What each slot's auction found: price, volume, welfare."""

from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, select

from memory import tables
from memory.rows import write_once


@dataclass(frozen=True, slots=True)
class ClearingRow:
    """One slot's result. price_mjpy_per_kwh: None when nothing was traded. offered_wh: all admitted asks together."""

    slot: int
    price_mjpy_per_kwh: int | None
    volume_wh: int
    welfare_ujpy: int
    offered_wh: int
    detail: dict[str, Any]


def save(tx: Connection, row: ClearingRow) -> None:
    """Write a slot's result. Raises Conflict when another one is written."""
    write_once(tx, tables.clearing, [asdict(row)])


def get(tx: Connection, slot: int) -> ClearingRow | None:
    """The slot's result, or None when it was not cleared."""
    found = between(tx, slot, slot)
    return found[0] if found else None


def between(tx: Connection, first_slot: int, last_slot: int) -> list[ClearingRow]:
    """The results of slots from first to last, in order."""
    slot = tables.clearing.c.slot
    wanted = select(tables.clearing).where(slot.between(first_slot, last_slot)).order_by(slot)
    return [ClearingRow(*row) for row in tx.execute(wanted)]
