"""Many rows written in one statement, each once; many rows read straight into columns.

A row is written under its primary key. The same key with the same content is written once and counts as done; the
same key with other content is never overwritten. Rows travel by COPY into a temporary table of the same form, where
PostgreSQL itself compares them with what is stored. Mass reads come back as one binary array a column, which numpy
takes without a loop.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, cast

import numpy as np
import psycopg
from psycopg import sql
from psycopg.abc import Buffer
from psycopg.adapt import Dumper, Loader
from psycopg.pq import Format
from sqlalchemy import Connection, Table
from sqlalchemy.dialects.postgresql import JSONB

from domain.errors import Conflict
from domain.order import Column

INT8_OID, INT8_ARRAY_OID = 20, 1016
ARRAY_HEADER_BYTES = 20
ARRAY_ELEMENT = np.dtype([("width", ">i4"), ("value", ">i8")])

Row = Mapping[str, Any]
Key = tuple[Any, ...]


class Added(NamedTuple):
    """What became of rows. written: how many are new. differing: the keys that already stand for other content."""

    written: int
    differing: list[Key]


def driver(tx: Connection) -> "psycopg.Connection[Any]":
    """The driver's connection inside the same transaction, for what SQLAlchemy has no words for."""
    return cast("psycopg.Connection[Any]", tx.connection.driver_connection)


def write_once(tx: Connection, table: Table, rows: Sequence[Row], *, grows: Iterable[str] = ()) -> int:
    """Write rows that all have the same fields; how many were new.

    grows: fields that change later in the row's life and are no part of the comparison. Raises Conflict naming a key
    that already stands for other content; the caller's transaction is then to be given up.
    """
    if not rows:
        return 0
    added = add_rows(tx, table, list(rows[0]), ([row[name] for name in rows[0]] for row in rows), grows=grows)
    refuse_differing(table, added)
    return added.written


def refuse_differing(table: Table, added: Added) -> None:
    """Raises Conflict when a key already stood for other content."""
    if added.differing:
        raise Conflict(_differs(table, min(added.differing)))


def add_rows(
    tx: Connection, table: Table, names: Sequence[str], rows: Iterable[Sequence[Any]], *, grows: Iterable[str] = ()
) -> Added:
    """Write rows whose values stand in the order of ``names``, skipping keys that exist, and tell which differ."""
    stage = sql.Identifier("pg_temp", f"stage_{table.name}")
    with driver(tx).cursor() as cursor:
        count = _stage(cursor, stage, table, names, rows)
        statement = sql.SQL("INSERT INTO {} ({}) SELECT {} FROM {} ON CONFLICT DO NOTHING")
        cursor.execute(statement.format(sql.Identifier(table.name), _list(names), _list(names), stage))
        written = cursor.rowcount
        if written == count:
            return Added(written, [])
        cursor.execute(_differing_statement(table, stage, set(names) - set(grows)))
        return Added(written, cursor.fetchall())


def read_columns(
    tx: Connection, statement: sql.Composed, names: Sequence[str], values: Sequence[Any] = ()
) -> dict[str, Column]:
    """Run a SELECT of bigint columns without nulls, named ``names``; ``values`` fill its placeholders.

    Each column shape (rows,), int64, in the order of the SELECT.
    """
    arrays = sql.SQL(", ").join(sql.SQL("array_agg({})").format(sql.Identifier(name)) for name in names)
    with driver(tx).cursor(binary=True) as cursor:
        cursor.adapters.register_loader(INT8_ARRAY_OID, _Int64Array)
        cursor.execute(sql.SQL("SELECT {} FROM ({}) AS found").format(arrays, statement), values)
        found = cursor.fetchone()
    assert found is not None
    return {
        name: np.empty(0, np.int64) if column is None else column for name, column in zip(names, found, strict=True)
    }


def bind_columns(cursor: "psycopg.Cursor[Any]") -> None:
    """Let the cursor's statements take columns of int64 as bigint[], in binary and without a loop."""
    cursor.adapters.register_dumper(np.ndarray, _Int64ArrayDumper)


class _Int64ArrayDumper(Dumper):
    """A column as PostgreSQL receives it: one dimension, no nulls, counted from 1; then width and value each."""

    format = Format.BINARY
    oid = INT8_ARRAY_OID

    def dump(self, obj: Column) -> Buffer:
        elements = np.empty(len(obj), ARRAY_ELEMENT)
        elements["width"], elements["value"] = 8, obj
        return np.array([1, 0, INT8_OID, len(obj), 1], ">i4").tobytes() + elements.tobytes()


class _Int64Array(Loader):
    """A one-dimensional bigint[] without nulls, as PostgreSQL sends it: a header, then width and value each."""

    format = Format.BINARY

    def load(self, data: Buffer) -> Column:
        return np.frombuffer(data, ARRAY_ELEMENT, offset=ARRAY_HEADER_BYTES)["value"].astype(np.int64)


def _stage(
    cursor: "psycopg.Cursor[Any]",
    stage: sql.Identifier,
    table: Table,
    names: Sequence[str],
    rows: Iterable[Sequence[Any]],
) -> int:
    form = sql.SQL("CREATE TEMPORARY TABLE IF NOT EXISTS {} (LIKE {}) ON COMMIT DELETE ROWS")
    cursor.execute(form.format(stage, sql.Identifier(table.name)))
    cursor.execute(sql.SQL("DELETE FROM {}").format(stage))
    in_json = [isinstance(table.c[name].type, JSONB) for name in names]
    has_json = any(in_json)
    count = 0
    with cursor.copy(sql.SQL("COPY {} ({}) FROM STDIN").format(stage, _list(names))) as copy:
        for row in rows:
            copy.write_row(_as_json(row, in_json) if has_json else row)
            count += 1
    return count


def _as_json(row: Sequence[Any], in_json: Sequence[bool]) -> list[Any]:
    return [
        json.dumps(value) if json_here and value is not None else value
        for value, json_here in zip(row, in_json, strict=True)
    ]


def _differing_statement(table: Table, stage: sql.Identifier, compared: set[str]) -> sql.Composed:
    """Staged keys whose stored row differs, or is missing because another unique key refused it."""
    keys = [column.name for column in table.primary_key]
    others = sorted(compared - set(keys))
    differs = [sql.SQL("new.{0} IS DISTINCT FROM old.{0}").format(sql.Identifier(name)) for name in others]
    missing = sql.SQL("old.{} IS NULL").format(sql.Identifier(keys[0]))
    return sql.SQL("SELECT DISTINCT {} FROM {} AS new LEFT JOIN {} AS old USING ({}) WHERE {}").format(
        _list(keys), stage, sql.Identifier(table.name), _list(keys), sql.SQL(" OR ").join([missing, *differs])
    )


def _list(names: Sequence[str]) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(name) for name in names)


def _differs(table: Table, key: Key) -> str:
    named = ", ".join(f"{column.name} {value!r}" for column, value in zip(table.primary_key, key, strict=True))
    return f"{table.name} with {named} is already written with other content; the first stays"
