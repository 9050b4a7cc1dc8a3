"""Programs, events, reports, subscriptions and VENs as OpenADR clients keep them with us."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, cast, func, not_, or_, select, update
from sqlalchemy.dialects.postgresql import JSONPATH, insert

from memory.grid.grid_tables import openadr_object


@dataclass(frozen=True, slots=True)
class OpenAdrObject:
    """One object. client: who made it. revision: counts its changes. said: ids of all signals it ever meant.
    taken: an event's signals were taken in since it changed last."""

    id: str
    kind: str
    client: str
    revision: int
    body: dict[str, Any]
    said: list[str]
    deleted: bool
    created_at: datetime
    modified_at: datetime
    taken: bool = False


class Sight(NamedTuple):
    """What a client that does not see all may see: its own, and of the open kinds what is for all or for its names."""

    client: str
    open_kinds: frozenset[str]
    names: tuple[str, ...]


class Wanted(NamedTuple):
    """Which objects are asked for: these texts in the body, all these targets among its own."""

    texts: Mapping[str, str]
    targets: Sequence[str] = ()


def put(tx: Connection, thing: OpenAdrObject) -> None:
    """Write an object, in the place of its earlier revision. What it says now was not taken in yet."""
    row = asdict(thing) | {"taken": False}
    tx.execute(insert(openadr_object).values(row).on_conflict_do_update(index_elements=["id"], set_=row))


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


def page(tx: Connection, kind: str, sight: Sight | None, wanted: Wanted, skip: int, limit: int) -> list[OpenAdrObject]:
    """A part of a kind's objects in the order in which they came. sight: who looks, None for whoever sees all."""
    column = openadr_object.c
    conditions = [column.kind == kind, ~column.deleted, *_asked(wanted)]
    if sight is not None:
        conditions.append(_seen(kind, sight))
    found = select(openadr_object).where(*conditions).order_by(column.created_at, column.id)
    return [OpenAdrObject(*row) for row in tx.execute(found.offset(skip).limit(limit))]


def standing(tx: Connection, client: str, ids: Iterable[str]) -> list[OpenAdrObject]:
    """A client's objects that are there, and those taken back whose ids are named."""
    column = openadr_object.c
    meant = select(openadr_object).where(column.client == client, or_(~column.deleted, column.id.in_(list(ids))))
    return [OpenAdrObject(*row) for row in tx.execute(meant.order_by(column.created_at, column.id))]


def waiting(tx: Connection, kind: str, but: str) -> list[OpenAdrObject]:
    """Objects of a kind, those taken back too, that were not taken in since they changed last. but: whose are none."""
    column = openadr_object.c
    meant = select(openadr_object).where(~column.taken, column.kind == kind, column.client != but)
    return [OpenAdrObject(*row) for row in tx.execute(meant.order_by(column.created_at, column.id))]


def note_taken(tx: Connection, things: Iterable[OpenAdrObject]) -> None:
    """Write down that objects were taken in. One that changed meanwhile is not."""
    column = openadr_object.c
    for thing in things:
        same = (column.id == thing.id, column.revision == thing.revision)
        tx.execute(update(openadr_object).where(*same).values(taken=True))


def _asked(wanted: Wanted) -> list[ColumnElement[bool]]:
    body = openadr_object.c.body
    found = [body[name].astext == value for name, value in wanted.texts.items()]
    if wanted.targets:
        found.append(body["targets"].contains(list(wanted.targets)))
    return found


def _seen(kind: str, sight: Sight) -> ColumnElement[bool]:
    """One's own; of the kinds that are for all, what names nobody or oneself."""
    mine: ColumnElement[bool] = openadr_object.c.client == sight.client
    if kind not in sight.open_kinds:
        return mine
    body = openadr_object.c.body
    named = func.jsonb_path_exists(body, cast("$.targets[*] ? (@ != null)", JSONPATH))
    return or_(mine, not_(named), *(body["targets"].contains([name]) for name in sight.names))
