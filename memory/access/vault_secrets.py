"""Sealed secrets of outside systems, the newest version of each. What seals them is in no table."""

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert

from memory import tables


@dataclass(frozen=True, slots=True)
class SealedSecret:
    """One secret. key_id: the master key it is sealed under. used_at: when it was asked for last."""

    name: str
    version: int
    key_id: str
    sealed: bytes
    set_at: datetime
    set_by: str
    used_at: datetime | None = None


def put(tx: Connection, secret: SealedSecret) -> None:
    """Keep a secret; it replaces the one of the same name."""
    row = asdict(secret)
    new = insert(tables.vault_secret).values(row)
    changed = {name: new.excluded[name] for name in row if name != "name"}
    tx.execute(new.on_conflict_do_update(index_elements=["name"], set_=changed))


def all(tx: Connection) -> dict[str, SealedSecret]:  # noqa: A001
    """Every secret by name, locked until this transaction ends, in order of the names."""
    wanted = select(tables.vault_secret).order_by(tables.vault_secret.c.name).with_for_update()
    rows = tx.execute(wanted).mappings()
    return {row["name"]: SealedSecret(**{**row, "sealed": bytes(row["sealed"])}) for row in rows}
