"""Which actor may do which action: one row a grant, no row no grant."""

from collections.abc import Iterable

from sqlalchemy import Connection, delete, exists, select
from sqlalchemy.dialects.postgresql import insert

from memory import tables


def has(tx: Connection, actor: str, action: str) -> bool:
    """Whether the actor has the grant."""
    grant = tables.grants.c
    return bool(tx.execute(select(exists().where(grant.actor == actor, grant.action == action))).scalar_one())


def add(tx: Connection, pairs: Iterable[tuple[str, str]]) -> None:
    """Give grants, each (actor, action)."""
    rows = [{"actor": actor, "action": action} for actor, action in pairs]
    if rows:
        tx.execute(insert(tables.grants).on_conflict_do_nothing(), rows)


def remove(tx: Connection, actor: str, action: str) -> None:
    """Take a grant away."""
    tx.execute(delete(tables.grants).where(tables.grants.c.actor == actor, tables.grants.c.action == action))


def all_of(tx: Connection, actor: str) -> list[str]:
    """The actions the actor may do, sorted."""
    granted = select(tables.grants.c.action).where(tables.grants.c.actor == actor).order_by(tables.grants.c.action)
    return list(tx.execute(granted).scalars())
