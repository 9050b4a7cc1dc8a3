"""Programs, events, reports, subscriptions and VENs as OpenADR clients keep them with us."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects.postgresql import insert

from memory.grid.grid_tables import openadr_object


@dataclass(frozen=True, slots=True)
class OpenAdrObject:
    """One object. client: who made it. revision: counts its changes. said: ids of all signals it ever meant."""

    id: str
    kind: str
    client: str
    revision: int
    body: dict[str, Any]
    said: list[str]
    deleted: bool
    created_at: datetime
    modified_at: datetime


def put(tx: Connection, thing: OpenAdrObject) -> None:
    """Write an object, in the place of its earlier revision."""
    new = insert(openadr_object).values(asdict(thing))
    tx.execute(new.on_conflict_do_update(index_elements=["id"], set_=asdict(thing)))


def get(tx: Connection, kind: str, object_id: str) -> OpenAdrObject | None:
    """The object, None when there is none of that kind and id, or no longer."""
    column = openadr_object.c
    wanted = select(openadr_object).where(column.id == object_id, column.kind == kind, ~column.deleted)
    row = tx.execute(wanted).one_or_none()
    return None if row is None else OpenAdrObject(*row)


def count(tx: Connection, kind: str, client: str | None = None) -> int:
    """How many objects of a kind a client has now; without a client, how many anybody ever made."""
    column = openadr_object.c
    wanted = select(func.count()).select_from(openadr_object).where(column.kind == kind)
    mine = wanted if client is None else wanted.where(column.client == client, ~column.deleted)
    return int(tx.execute(mine).scalar_one())


def of_kind(tx: Connection, kind: str, *, deleted: bool = False) -> list[OpenAdrObject]:
    """Every object of a kind in the order in which they came, those taken back too when asked for."""
    column = openadr_object.c
    wanted = select(openadr_object).where(column.kind == kind).order_by(column.created_at, column.id)
    return [OpenAdrObject(*row) for row in tx.execute(wanted if deleted else wanted.where(~column.deleted))]
