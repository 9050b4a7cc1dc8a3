"""What the migrations make is what tables.py says, and audit tables only grow."""

import os
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from memory.database import Database
from memory.devices import partitions
from memory.tables import METADATA

AUDIT_TABLES = (
    "envelope",
    "reading",
    "journal",
    "decision",
    "transfer",
    "negotiation",
    "order_command",
    "day_ahead_session",
    "day_ahead_result",
    "grid_source",
    "grid_signal",
    "grid_resumption",
    "erasure",
    "template_approval",
    "particular",
    "deal",
    "paper",
    "paper_document",
    "paper_act",
    "account",
    "booking",
)


def test_the_migrations_make_exactly_the_tables_of_the_program(tx: Connection) -> None:
    """tables.py and the newest migration never drift apart."""
    assert compare_metadata(MigrationContext.configure(tx), METADATA) == []


def test_migrating_again_from_anywhere_changes_nothing(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every start migrates, whatever its working directory."""
    monkeypatch.chdir(tmp_path)
    database.migrate()
    with database.read() as tx:
        assert compare_metadata(MigrationContext.configure(tx), METADATA) == []
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("table", AUDIT_TABLES)
def test_an_audit_table_refuses_to_change_or_forget(tx: Connection, table: str) -> None:
    """The database itself refuses, whichever program asks."""
    partitions.make(tx, [0])
    _put_any_row(tx, table)
    column = next(iter(METADATA.tables[table].columns)).name
    for statement in (f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}"):
        with pytest.raises(DBAPIError, match="only grows"), tx.begin_nested():
            tx.execute(text(statement))


def test_ids_sort_by_their_bytes_on_every_server(tx: Connection) -> None:
    """The order of rows decides positions in columns; a server's language must not."""
    tx.execute(text("INSERT INTO world (key, value) VALUES ('b', '1'), ('B', '1'), ('a', '1'), ('é', '1')"))
    assert list(tx.execute(text("SELECT key FROM world ORDER BY key")).scalars()) == ["B", "a", "b", "é"]


def _put_any_row(tx: Connection, table: str) -> None:
    plain = {
        "BIGINT": "0",
        "INTEGER": "0",
        "BYTEA": "''::bytea",
        "JSONB": "'{}'",
        "DATE": "'2026-05-20'",
        "BOOLEAN": "true",
    }
    columns = METADATA.tables[table].columns
    values = [plain.get(str(column.type), "now()" if "TIMESTAMP" in str(column.type) else "''") for column in columns]
    values = [
        "now()" if "DATETIME" in str(column.type) else value for column, value in zip(columns, values, strict=True)
    ]
    names = ", ".join(column.name for column in columns)
    tx.execute(text(f"INSERT INTO {table} ({names}) VALUES ({', '.join(values)})"))
