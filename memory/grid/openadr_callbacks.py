"""How far each OpenADR subscription has been called back, and with which tokens.

The place is the moment and the id of the last object that the receiver has taken; it moves only then.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection, RowMapping, delete, select, tuple_
from sqlalchemy.dialects.postgresql import insert

from memory.grid.grid_tables import openadr_callback, openadr_object
from memory.grid.openadr_objects import OpenAdrObject


@dataclass(frozen=True, slots=True)
class CallbackRow:
    """One subscription's callbacks. sealed_tokens: bearer tokens, by operation. failures: in a row. due_at: when to
    try next."""

    subscription: str
    sealed_tokens: bytes
    place_at: datetime
    place_id: str
    failures: int
    due_at: datetime
    last_error: str | None = None


def put(tx: Connection, row: CallbackRow) -> None:
    """Write a row, in the place of its earlier state."""
    new = insert(openadr_callback).values(asdict(row))
    tx.execute(new.on_conflict_do_update(index_elements=["subscription"], set_=asdict(row)))


def drop(tx: Connection, subscription: str) -> None:
    """Call a subscription back no more."""
    tx.execute(delete(openadr_callback).where(openadr_callback.c.subscription == subscription))


def get(tx: Connection, subscription: str) -> CallbackRow | None:
    """A subscription's row, None when it is not called back."""
    row = tx.execute(select(openadr_callback).where(openadr_callback.c.subscription == subscription)).one_or_none()
    return None if row is None else _row(row._mapping)


def due(tx: Connection, now: datetime) -> list[CallbackRow]:
    """Every row that is to be tried by now, by subscription."""
    column = openadr_callback.c
    wanted = select(openadr_callback).where(column.due_at <= now).order_by(column.subscription)
    return [_row(row._mapping) for row in tx.execute(wanted)]


def changed_since(tx: Connection, row: CallbackRow, before: datetime, most: int) -> Iterator[OpenAdrObject]:
    """Objects that changed after a row's place and before a moment, taken back ones too, in order, ``most`` of them."""
    column = openadr_object.c
    place = tuple_(column.modified_at, column.id)
    wanted = select(openadr_object).where(place > tuple_(row.place_at, row.place_id), column.modified_at < before)
    for found in tx.execute(wanted.order_by(column.modified_at, column.id).limit(most)):
        yield OpenAdrObject(*found)


def _row(found: RowMapping) -> CallbackRow:
    return CallbackRow(**{**found, "sealed_tokens": bytes(found["sealed_tokens"])})
