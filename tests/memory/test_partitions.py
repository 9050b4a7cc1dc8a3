"""Readings lie in partitions of time, and a name is held apart across all of them."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import Connection, text

from domain.errors import OutsideFailed
from domain.reading import Reading
from domain.reading_batch import ReadingBatch
from identity.keys import seeded_key
from identity.signatures import seal
from memory.devices import partitions, readings, telemetry

AT = datetime(2026, 5, 20, tzinfo=UTC)
TURN = 600 * partitions.SLOTS


def append(tx: Connection, *given: Reading) -> telemetry.Appended:
    envelope = seal(seeded_key(1, "M1"), given, created_at=AT, audience="local")
    return telemetry.append(tx, [telemetry.Sent(envelope, ReadingBatch.of(given), "S1")], AT)[0]


def test_partitions_are_made_as_readings_come_and_one_ahead(tx: Connection) -> None:
    """The turn of a partition finds the next one there; making them again changes nothing."""
    for _ in range(2):
        append(tx, Reading("M1", 1, 1, TURN - 1, 10, 0), Reading("M1", 1, 2, TURN, 20, 0))
        starts = [start for _, start, _ in partitions.attached(tx)]
        assert starts == [TURN - partitions.SLOTS, TURN, TURN + partitions.SLOTS]
    assert readings.history(tx, ["S1"], TURN - 1, TURN)["import_wh"].tolist() == [[10, 20]]


def test_a_question_about_one_slot_touches_one_partition(tx: Connection) -> None:
    """PostgreSQL leaves out the others before it looks."""
    append(tx, Reading("M1", 1, 1, TURN - 1, 10, 0), Reading("M1", 1, 2, TURN, 20, 0))
    plan = "\n".join(tx.execute(text(f"EXPLAIN SELECT * FROM reading WHERE slot = {TURN}")).scalars())
    assert "reading_00600" in plan
    assert "reading_00599" not in plan


def test_one_name_in_two_partitions_is_a_contradiction(tx: Connection) -> None:
    """Each partition alone would take both: the name is looked up in all of them first."""
    append(tx, Reading("M1", 1, 1, TURN - 1, 10, 0))
    lie = Reading("M1", 1, 1, TURN, 10, 0)
    assert append(tx, lie) == (0, 0, [lie])
    assert readings.count(tx) == 1


def test_what_was_let_go_is_no_longer_asked_and_never_made_again(tx: Connection) -> None:
    """The table stays beside, for whoever archives it; a reading of its time has no place any more."""
    append(tx, Reading("M1", 1, 1, TURN - 1, 10, 0), Reading("M1", 1, 2, TURN, 20, 0))
    assert partitions.let_go(tx, TURN + 5) == ["telemetry.reading_00599"]
    assert partitions.kept_from(tx) == TURN
    assert readings.count(tx) == 1
    assert tx.execute(text("SELECT count(*) FROM telemetry.reading_00599")).scalar_one() == 1
    assert partitions.let_go(tx, TURN - partitions.SLOTS) == []
    assert partitions.kept_from(tx) == TURN
    with pytest.raises(OutsideFailed, match="let go"):
        append(tx, Reading("M1", 1, 3, TURN - 1, 10, 0))
