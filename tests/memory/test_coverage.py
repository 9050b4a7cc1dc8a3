"""Coverage: what is kept in the process and what is counted anew from all readings say the same."""

from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text
from test_readings import append, reading

from domain.reading import Quality, Reading
from memory.database import Database
from memory.devices.coverage import COVERED_SLOTS, Coverage, Covered

FAR = 3 * COVERED_SLOTS
LATELY = st.integers(FAR, FAR + 8)
SLOTS = st.one_of(LATELY, LATELY.map(lambda slot: slot - COVERED_SLOTS), st.integers(0, 2 * FAR))
SENT = st.tuples(SLOTS, st.sampled_from(("M1", "M2")), st.booleans())


def counted(came: list[Reading]) -> dict[str, Covered]:
    """By the definition, from all that ever came."""
    last, found = max(each.slot for each in came), {}
    for site, meter in (("S1", "M1"), ("S2", "M2")):
        read = {each.slot for each in came if each.device_id == meter}
        seen = {slot for slot in read if slot > last - COVERED_SLOTS}
        measured = {each.slot for each in came if each.device_id == meter and each.quality is Quality.MEASURED}
        if read:
            found[site] = Covered(last - min(seen) + 1, len(seen & measured)) if seen else Covered(COVERED_SLOTS, 0)
    return found


def test_coverage_counts_each_slot_of_four_weeks_once(tx: Connection) -> None:
    """Neither a second reading of a slot nor an old one counts; who fell silent has measured none of them."""
    last, old = 10_000, 10_000 - COVERED_SLOTS
    estimated, again = reading(last - 2, quality=Quality.ESTIMATED), replace(reading(last), counter=last + 1)
    for each in (reading(old, "M2"), reading(old), reading(last - 3), estimated, reading(last), again):
        append(tx, each)
    found = Coverage().by_site(tx, ["S1", "S2", "S3"])
    assert found == {"S1": Covered(4, 2), "S2": Covered(COVERED_SLOTS, 0)}


def test_nobody_was_read_in_an_empty_market(tx: Connection) -> None:
    """Without readings there is nothing to count, for nobody."""
    assert Coverage().by_site(tx, ["S1"]) == {}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(SENT, min_size=1, max_size=4), min_size=1, max_size=6))
def test_what_is_kept_and_grown_equals_what_is_counted_anew(
    database: Database, rounds: list[list[tuple[int, str, bool]]]
) -> None:
    """However late, early or often readings come: after each commit, whoever asks and for whichever sites."""
    with database.begin("empty") as tx:
        tx.execute(text("TRUNCATE reading, envelope"))
    kept, came = Coverage(), list[Reading]()
    for group in rounds:
        with database.begin("read") as tx:
            for slot, meter, estimated in group:
                quality = Quality.ESTIMATED if estimated else Quality.MEASURED
                came.append(reading(slot, meter, counter=len(came), quality=quality))
                append(tx, came[-1])
        with database.read() as tx:
            assert kept.by_site(tx, ["S1", "S2"]) == counted(came)
            assert Coverage().by_site(tx, ["S2"]).items() <= counted(came).items()
