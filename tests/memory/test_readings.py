"""Readings: append-only, counted once, read back as columns."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from time import process_time

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from domain.reading import Quality, Reading
from domain.reading_batch import ReadingBatch
from domain.site import Device, DeviceKind
from identity.keys import seeded_key
from identity.signatures import Envelope, seal
from memory import registry
from memory.database import Database
from memory.devices import readings, telemetry

AT = datetime(2026, 5, 20, tzinfo=UTC)
SITE_OF = {"M1": "S1", "M2": "S2"}
NUMBERS = count(1)


def reading(slot: int, device: str = "M1", **changes: int | Quality) -> Reading:
    plain = Reading(device, 1, slot, slot, import_wh=100 + slot, export_wh=0, generation_wh=5)
    return replace(plain, **changes)  # type: ignore[arg-type]


def sealed(*given: Reading) -> Envelope:
    return seal(seeded_key(1, given[0].device_id), given, created_at=AT, audience="local")


def sent(*given: Reading, site: str = "") -> telemetry.Sent:
    return telemetry.Sent(sealed(*given), ReadingBatch.of(given), site or SITE_OF[given[0].device_id])


def append(tx: Connection, *given: Reading) -> telemetry.Appended:
    return telemetry.append(tx, [sent(*given)], AT)[0]


def test_the_same_envelope_twice_counts_once(tx: Connection) -> None:
    """A meter that hears no answer sends again; nothing is counted twice."""
    given = [reading(10), reading(11)]
    assert append(tx, *given) == (2, 0, [])
    assert append(tx, *given) == (0, 2, [])
    assert readings.count(tx) == 2


def test_the_same_reading_in_another_envelope_counts_once(tx: Connection) -> None:
    """What counts is the reading's name and content, not how it travelled."""
    append(tx, reading(10), reading(11))
    assert append(tx, reading(11), reading(12)) == (1, 1, [])


def test_other_content_under_a_known_name_is_given_back_and_overwrites_nothing(tx: Connection) -> None:
    """The first content stays; the good readings beside it are not lost."""
    append(tx, reading(10))
    lie = reading(10, import_wh=1)
    assert append(tx, lie, reading(11)) == (1, 0, [lie])
    assert readings.history(tx, ["S1"], 10, 11)["import_wh"].tolist() == [[110, 111]]


def test_a_call_that_contradicts_itself_keeps_the_first(tx: Connection) -> None:
    """Two contents of one name in one call: the first counts, the other is given back."""
    lie = reading(10, import_wh=1)
    assert telemetry.append(tx, [sent(reading(10)), sent(lie)], AT) == [(1, 0, []), (0, 0, [lie])]


def test_a_contradiction_against_the_store_and_in_the_call_is_told_reading_by_reading(tx: Connection) -> None:
    """The honest repetition of a stored reading is a duplicate, even beside a lie about it."""
    append(tx, reading(10))
    lie = reading(10, import_wh=1)
    assert telemetry.append(tx, [sent(lie), sent(reading(10))], AT) == [(0, 0, [lie]), (0, 1, [])]


def test_a_correction_outranks_the_measurement_and_the_measurement_an_estimate(tx: Connection) -> None:
    """A later row of the same slot counts only if its quality is at least as good."""
    measured = Reading("M1", 1, 1, 10, 100, 0)
    estimated = Reading("M1", 1, 2, 10, 50, 0, quality=Quality.ESTIMATED)
    append(tx, measured, estimated)
    assert readings.history(tx, ["S1"], 10, 10)["import_wh"].tolist() == [[100]]
    append(tx, Reading("M1", 1, 3, 10, 90, 0, quality=Quality.CORRECTED))
    append(tx, Reading("M1", 1, 4, 10, 95, 0, quality=Quality.CORRECTED))
    assert readings.history(tx, ["S1"], 10, 10)["import_wh"].tolist() == [[95]]


def test_history_has_a_row_for_each_site_asked_and_a_hole_where_nothing_was_read(tx: Connection) -> None:
    """Rows follow the ids asked, columns the slots; -1 is a hole, also in the load worked out from the rest."""
    append(tx, reading(10), reading(11))
    append(tx, Reading("M2", 1, 11, 11, 0, 30, 200, 20, 10, 500))
    past = readings.history(tx, ["S2", "S1", "S9"], 10, 12)
    assert past["import_wh"].tolist() == [[-1, 0, -1], [110, 111, -1], [-1, -1, -1]]
    assert past["stored_wh"].tolist() == [[-1, 500, -1], [0, 0, -1], [-1, -1, -1]]
    assert past["load_wh"].tolist() == [[-1, 160, -1], [115, 116, -1], [-1, -1, -1]]


def test_history_of_no_slots_is_empty(tx: Connection) -> None:
    """A range that ends before it begins has no columns."""
    assert readings.history(tx, ["S1", "S2"], 10, 9)["load_wh"].shape == (2, 0)


def test_the_last_slot_is_the_latest_read(tx: Connection) -> None:
    """None before anything was read."""
    assert readings.last_slot(tx) is None
    append(tx, reading(10), reading(11))
    assert readings.last_slot(tx) == 11


def test_the_audit_gets_every_envelope_with_what_was_accepted_from_it(tx: Connection) -> None:
    """An envelope's signature can be checked again from what is stored."""
    first, second = sealed(reading(10)), sealed(reading(10), reading(11))
    for given_ in ([reading(10)], [reading(10), reading(11)]):
        append(tx, *given_)
    kept = {envelope.id: accepted for envelope, accepted in readings.by_envelope(tx)}
    assert kept == {first.id: [reading(10)], second.id: [reading(11)]}


def test_a_reading_moved_to_another_site_or_envelope_shows(tx: Connection) -> None:
    """No signature covers the site, so the register of devices does; a reading of no envelope belongs to none."""
    registry.save_device(tx, Device("M1", "S1", DeviceKind.METER, 0), Device("M2", "S2", DeviceKind.METER, 0))
    append(tx, reading(10), reading(11))
    assert readings.misplaced(tx) == []
    tx.execute(text("ALTER TABLE reading DISABLE TRIGGER only_grows"))
    tx.execute(text("UPDATE reading SET site_id = 'S2', envelope_id = '0' WHERE counter = 11"))
    assert readings.misplaced(tx) == [("M1", 1, 11)]
    assert [accepted for _, accepted in readings.by_envelope(tx)] == [[reading(10)]]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 2)), min_size=1, max_size=12), st.data())
def test_however_readings_are_split_and_repeated_the_outcome_is_the_same(
    database: Database, numbered: list[tuple[int, int]], data: st.DataObject
) -> None:
    """Law: what is kept depends on the order of first arrival only; accepted + duplicate + conflicting = sent."""
    meter = f"M{next(NUMBERS)}"
    given = [Reading(meter, 1, counter, 10 + counter, amount, 0) for counter, amount in numbered]
    accepted = duplicate = conflicting = 0
    while given:
        size = data.draw(st.integers(1, len(given)))
        batch, given = given[:size], given[size:]
        with database.begin() as tx:
            fates = telemetry.append(tx, [sent(each, site=meter) for each in batch], AT)
        accepted += sum(each.accepted for each in fates)
        duplicate += sum(each.duplicate for each in fates)
        conflicting += sum(len(each.conflicting) for each in fates)
    first: dict[int, int] = {}
    for counter, amount in numbered:
        first.setdefault(counter, amount)
    assert accepted == len(first)
    assert conflicting == sum(first[counter] != amount for counter, amount in numbered)
    assert accepted + duplicate + conflicting == len(numbered)
    with database.read() as tx:
        kept = readings.history(tx, [meter], 10, 16)["import_wh"][0]
    assert kept.tolist() == [first.get(counter, -1) for counter in range(7)]


def test_a_community_with_its_past_arrives_in_seconds(database: Database) -> None:
    """300,000 readings of 118 meters: a few seconds of work for us, a part of one to read them back in columns."""
    sites, slots = 118, 2_544
    slot, wh = np.arange(slots), np.full(slots, 100)
    past = [
        telemetry.Sent(
            Envelope(f"M{at:03}", "k", 1, 0, AT, "local", f"{at}".encode()),
            ReadingBatch(f"M{at:03}", 1, 0, slot, {"import_wh": wh}),
            f"S{at:03}",
        )
        for at in range(sites)
    ]
    began = process_time()
    with database.begin() as tx:
        assert sum(each.accepted for each in telemetry.append(tx, past, AT)) == sites * slots
    written = process_time()
    with database.read() as tx:
        load_wh = readings.history(tx, [each.site_id for each in past], 0, slots - 1)["load_wh"]
    read = process_time()
    assert load_wh.shape == (sites, slots)
    assert np.all(load_wh == 100)
    assert written - began < 5.0
    assert read - written < 1.0


def test_a_charger_fills_in_what_the_meter_leaves_open(tx: Connection) -> None:
    """The vehicle alone, where the meter was read and is silent of one, and no more than its registers allow."""
    registry.save_device(tx, Device("CP1", "S1", DeviceKind.EV_CHARGER, 6_000, public_key=bytes(32)))
    append(tx, reading(10), reading(11), reading(12, vehicle_charge_wh=30), reading(13, import_wh=40))
    said = [Reading("CP1", 0, slot, slot, 0, 0, vehicle_charge_wh=60, vehicle_stored_wh=9) for slot in (11, 12, 13, 14)]
    telemetry.append(tx, [sent(*said, site="S1")], AT)
    found = readings.history(tx, ["S1"], 10, 14)
    assert found["vehicle_charge_wh"].tolist() == [[0, 60, 30, 45, -1]]
    assert found["vehicle_stored_wh"].tolist() == [[0, 9, 0, 9, -1]]
    assert found["import_wh"].tolist() == [[110, 111, 112, 40, -1]]
    assert found["load_wh"].tolist() == [[115, 56, 87, 0, -1]]
