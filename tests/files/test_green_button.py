"""Green Button feeds: units, directions, intervals and estimates; clock changes do not touch them."""

from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from domain.errors import InputRefused
from domain.slot import slots_of_day
from domain.supply_point import Register
from gateways.files.green_button import read_green_button
from services.devices.metered_file import MeteredFile

BASE = "https://u.example/UsagePoint/1/MeterReading"
START = 1_779_235_200


def kind(number: int = 1, direction: int = 1, power: int = 0, uom: int = 72) -> str:
    """A reading type, and the meter reading that uses it."""
    return (
        f'<entry><link rel="self" href="type/{number}"/><content><ReadingType><flowDirection>{direction}'
        f"</flowDirection><powerOfTenMultiplier>{power}</powerOfTenMultiplier><uom>{uom}</uom></ReadingType></content>"
        f'</entry><entry><link rel="self" href="{BASE}/{number}"/><link rel="related" href="type/{number}"/>'
        "<content><MeterReading/></content></entry>"
    )


def block(values: list[int], number: int = 1, start: int = START, length_s: int = 1800, quality: int = 0) -> str:
    readings = "".join(
        f"<IntervalReading><ReadingQuality><quality>{quality}</quality></ReadingQuality><timePeriod><duration>{length_s}"
        f"</duration><start>{start + at * length_s}</start></timePeriod><value>{value}</value></IntervalReading>"
        for at, value in enumerate(values)
    )
    up = f'<link rel="up" href="{BASE}/{number}/IntervalBlock"/>'
    return f"<entry>{up}<content><IntervalBlock>{readings}</IntervalBlock></content></entry>"


def read(folder: Path, *entries: str) -> MeteredFile:
    path = folder / "gb.xml"
    path.write_text(f'<feed xmlns="http://www.w3.org/2005/Atom">{"".join(entries)}</feed>')
    return read_green_button(path)


def refused(folder: Path, *entries: str) -> list[str]:
    with pytest.raises(InputRefused) as caught:
        read(folder, *entries)
    return [fault.code for fault in caught.value.faults]


def test_both_directions_find_their_types_through_the_links(tmp_path: Path) -> None:
    """Two meter readings of one usage point: what is delivered and what is received, each in its own unit."""
    feed = (kind(1), block([120, 0], 1), kind(2, direction=19, power=3), block([2], 2))
    found = {(value.point, value.slot - START // 1800): value.energy_wh for value in read(tmp_path, *feed).values}
    assert found == {(Register.TAKEN, 0): 120, (Register.TAKEN, 1): 0, (Register.FED_IN, 0): 2_000}


def test_shorter_intervals_are_added_up_and_rounded_half_up(tmp_path: Path) -> None:
    """Quarter hours in tenths of a Wh: 100.2 and 100.3 are 200.5, so 201 Wh."""
    [value] = read(tmp_path, kind(power=-1), block([1002, 1003], length_s=900)).values
    assert value.energy_wh == 201


@pytest.mark.parametrize(("day", "count"), [(date(2026, 3, 8), 46), (date(2026, 11, 1), 50)])
def test_days_of_changing_clocks_have_all_their_slots(tmp_path: Path, day: date, count: int) -> None:
    """New York loses an hour in March and gains one in November; seconds in UTC know nothing of it."""
    zone = ZoneInfo("America/New_York")
    start = int(datetime.combine(day, time(), zone).timestamp())
    length = int(datetime.combine(day + timedelta(days=1), time(), zone).timestamp()) - start
    found = read(tmp_path, kind(), block([100] * (length // 1800), start=start))
    assert [value.slot for value in found.values] == [slot.index for slot in slots_of_day(day, zone)]
    assert len(found.values) == count


def test_an_estimate_is_marked(tmp_path: Path) -> None:
    """Qualities that say estimated or projected; a valid one is not."""
    assert [value.estimated for value in read(tmp_path, kind(), block([1], quality=8)).values] == [True]
    assert [value.estimated for value in read(tmp_path, kind(), block([1])).values] == [False]


@pytest.mark.parametrize(
    ("entries", "codes"),
    [
        ((kind(uom=38), block([1])), ["wrong_unit", "no_reading_type"]),
        ((kind(direction=4), block([1])), ["wrong_direction", "no_reading_type"]),
        ((kind(power=99), block([1])), ["wrong_direction", "no_reading_type"]),
        ((kind(), block([1], length_s=3600)), ["wrong_interval"]),
        ((kind(), block([1], start=START + 60)), ["wrong_interval"]),
        ((kind(), block([1], start=-1800)), ["wrong_interval"]),
        ((kind(), block([1], length_s=900)), ["part_of_a_slot"]),
        ((kind(), block([-5])), ["wrong_amount"]),
        ((kind(power=9), block([10**9])), ["wrong_amount"]),
        ((kind(), block([1]), block([1])), ["double_interval"]),
        ((block([1]),), ["no_reading_type"]),
        ((kind(),), ["no_values"]),
    ],
)
def test_what_cannot_be_energy_of_a_slot_is_refused(tmp_path: Path, entries: tuple[str, ...], codes: list[str]) -> None:
    """Other units, directions, hours, parts of a slot, less than nothing, absurd powers, the same twice."""
    assert refused(tmp_path, *entries) == codes
