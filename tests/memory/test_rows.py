"""Rows written once under their key, and read back as columns."""

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from psycopg import sql
from sqlalchemy import Connection, select

from domain.errors import Conflict
from memory import tables
from memory.rows import add_rows, read_columns, write_once

AT = datetime(2026, 5, 20, tzinfo=UTC)


def alarm(alarm_id: str, **changes: Any) -> dict[str, Any]:
    return {"id": alarm_id, "at": AT, "kind": "k", "subject": "s", "body": {"a": 1}} | changes


def test_the_same_rows_again_count_once(tx: Connection) -> None:
    """Repeating a write after a crash is harmless."""
    rows = [alarm("1"), alarm("2")]
    assert [write_once(tx, tables.alarm, rows), write_once(tx, tables.alarm, [*rows, alarm("3")])] == [2, 1]


def test_a_key_with_other_content_is_refused_and_named(tx: Connection) -> None:
    """Nothing is ever overwritten; JSON is compared by meaning, not by spelling."""
    write_once(tx, tables.alarm, [alarm("1", body={"a": 1, "b": [1, 2]})])
    assert write_once(tx, tables.alarm, [alarm("1", body={"b": [1, 2], "a": 1})]) == 0
    with pytest.raises(Conflict, match="alarm with id '1'"):
        write_once(tx, tables.alarm, [alarm("0"), alarm("1", body={"a": 2})])


def test_two_contents_under_one_key_in_one_call_are_refused(tx: Connection) -> None:
    """A call cannot contradict itself either."""
    with pytest.raises(Conflict):
        write_once(tx, tables.alarm, [alarm("1"), alarm("1", kind="other")])


def test_fields_that_grow_are_no_part_of_the_comparison(tx: Connection) -> None:
    """What changes later in a row's life does not make a repeated first write a conflict."""
    write_once(tx, tables.alarm, [alarm("1")])
    assert write_once(tx, tables.alarm, [alarm("1", kind="later")], grows=["kind"]) == 0
    assert tx.execute(select(tables.alarm.c.kind)).scalar_one() == "k"


def test_rows_come_back_as_they_were_given(tx: Connection) -> None:
    """Tabs, line ends, quotes, backslashes and Japanese survive the mass path."""
    body = {"text": 'a\tb\nc"d\\e\\N 電力', "n": [1, None, True]}
    write_once(tx, tables.alarm, [alarm("\\N", subject="tab\there", body=body)])
    row = tx.execute(select(tables.alarm)).one()
    assert (row.id, row.subject, row.body, row.at) == ("\\N", "tab\there", body, AT)


def test_numbers_come_back_as_columns(tx: Connection) -> None:
    """Every bigint survives, also the smallest and the largest, in the order of the query."""
    figures = [0, -1, 2**63 - 1, -(2**63), 42]
    rows = [(slot, "wholesale", "tokyo", figure, "test") for slot, figure in enumerate(figures)]
    add_rows(tx, tables.market_price, [column.name for column in tables.market_price.c], rows)
    found = read_columns(
        tx,
        sql.SQL("SELECT slot, mjpy_per_kwh FROM market_price WHERE slot < {} ORDER BY slot").format(5),
        ["slot", "mjpy_per_kwh"],
    )
    assert found["mjpy_per_kwh"].dtype == np.int64
    assert found["mjpy_per_kwh"].tolist() == figures


def test_no_rows_are_empty_columns(tx: Connection) -> None:
    """An empty result has the right type and no rows."""
    found = read_columns(tx, sql.SQL("SELECT slot FROM market_price WHERE slot < {}").format(0), ["slot"])
    assert found["slot"].shape == (0,)
    assert found["slot"].dtype == np.int64
