"""The community's past in the process: always what the database holds."""

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from domain.reading import Quality, Reading
from domain.reading_batch import ReadingBatch
from identity.keys import seeded_key
from identity.signatures import seal
from memory.database import Database
from memory.devices import telemetry
from services.histories import Histories

AT = datetime(2026, 5, 20, tzinfo=UTC)
SITES = {"M1": "S1", "M2": "S2"}
FIRST = 10


def keep(tx: Connection, reading: Reading) -> None:
    envelope = seal(seeded_key(1, reading.device_id), [reading], created_at=AT, audience="local")
    telemetry.append(tx, [telemetry.Sent(envelope, ReadingBatch.of([reading]), SITES[reading.device_id])], AT)


def send(database: Database, reading: Reading) -> None:
    """One reading comes in, in a transaction of its own."""
    with database.begin("intake") as tx:
        keep(tx, reading)


@pytest.fixture
def histories(database: Database) -> Histories:
    """Two sites, of which one has sent slots 10 to 12 and the other only slot 12."""
    for slot in (10, 11, 12):
        send(database, Reading("M1", 1, slot, slot, 100, 0))
    send(database, Reading("M2", 1, 12, 12, 200, 0))
    return Histories(database, ["S1", "S2"], FIRST)


def test_a_late_reading_fills_its_hole_in_slots_looked_at_before(database: Database, histories: Histories) -> None:
    """The cache once kept the hole for as long as the process lived."""
    assert histories.until(12)["load_wh"].tolist() == [[100, 100, 100], [-1, -1, 200]]
    send(database, Reading("M2", 1, 11, 11, 210, 0))
    assert histories.until(12)["load_wh"].tolist() == [[100, 100, 100], [-1, 210, 200]]


def test_a_correction_replaces_what_was_looked_at_before(database: Database, histories: Histories) -> None:
    """The reading that counts is the one the database says counts."""
    histories.until(12)
    send(database, Reading("M1", 1, 99, 10, 90, 0, quality=Quality.CORRECTED))
    assert histories.until(12)["import_wh"][0].tolist() == [90, 100, 100]


def test_a_reading_that_commits_late_is_not_missed(database: Database, histories: Histories) -> None:
    """Its transaction began before the look, and others began and ended meanwhile."""
    with database.begin("slow") as slow:
        slow.execute(text("SELECT pg_current_xact_id()"))
        send(database, Reading("M2", 1, 11, 11, 60, 0))
        assert histories.until(12)["load_wh"][1].tolist() == [-1, 60, 200]
        keep(slow, Reading("M2", 1, 10, 10, 50, 0))
    assert histories.until(12)["load_wh"][1].tolist() == [50, 60, 200]


def test_nothing_is_read_again_when_nothing_came(database: Database, histories: Histories) -> None:
    """A second look costs no columns: they are the same arrays."""
    first = histories.until(12)["load_wh"].base
    with database.begin("other") as tx:
        tx.execute(text("SELECT pg_current_xact_id()"))
    assert histories.until(12)["load_wh"].base is first


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.one_of(
            st.tuples(st.sampled_from(sorted(SITES)), st.integers(FIRST, FIRST + 5)),
            st.integers(FIRST, FIRST + 5),
        ),
        max_size=12,
    )
)
def test_whatever_order_readings_come_in_a_look_shows_what_the_database_holds(
    database: Database, happened: list[tuple[str, int] | int]
) -> None:
    """Law: after any mix of arrivals and looks, a kept history equals a fresh one."""
    kept = Histories(database, ["S1", "S2"], FIRST)
    for each in happened:
        if isinstance(each, int):
            kept.until(each)
        else:
            send(database, Reading(each[0], 1, each[1], each[1], each[1], 0))
    fresh = Histories(database, ["S1", "S2"], FIRST).until(FIRST + 5)
    assert all(np.array_equal(kept.until(FIRST + 5)[name], column) for name, column in fresh.items())
