"""Facts about the running world: seed, market, first slot, and whatever else is known once for all."""

from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert

from memory import tables


def put(tx: Connection, key: str, value: Any) -> None:
    """Write a fact of plain JSON; a later one replaces an earlier."""
    new = insert(tables.world).values(key=key, value=value)
    tx.execute(new.on_conflict_do_update(index_elements=["key"], set_={"value": new.excluded.value}))


def get(tx: Connection, key: str, default: Any = None) -> Any:
    """The fact, or ``default`` when nobody wrote it."""
    found = tx.execute(select(tables.world.c.value).where(tables.world.c.key == key)).one_or_none()
    return default if found is None else found.value
