"""A folder's vehicles: read in full or refused with every fault, and their drives as the meters saw them."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InputRefused
from domain.site import DeviceKind, Vehicle
from gateways.csv_folder import read_folder
from gridpact.folder_drives import drives_of

SITES = (
    "site_id,party_id,area,vehicle_wh,vehicle_w,vehicle_efficiency_permille,vehicle_asked_wh,vehicle_departure,"
    "vehicle_feeds_home\n"
)
READINGS = (
    "site_id,slot_start,import_wh,export_wh,vehicle_charge_wh,vehicle_discharge_wh,vehicle_stored_wh\n"
    "a,2026-05-20T13:00+09:00,1700,0,1500,0,21500\n"
)
VEHICLE = Vehicle(40_000, 3_000, 900, True, 14, 30_000)


def folder(path: Path, sites: str, readings: str = READINGS) -> Path:
    """A folder with these two files."""
    (path / "sites.csv").write_text(SITES + sites)
    (path / "readings.csv").write_text(readings)
    return path


def refused(path: Path) -> list[str]:
    """Place and code of every fault."""
    with pytest.raises(InputRefused) as caught:
        read_folder(path)
    return [f"{fault.where} {fault.code}" for fault in caught.value.faults]


def test_a_vehicle_is_a_charger_with_an_errand(tmp_path: Path) -> None:
    """Its charging is no use of the home's; whose cells are empty has none."""
    found = read_folder(folder(tmp_path, "a,x,tokyo,40000,6000,,30000,7:30,yes\nb,y,tokyo,,,,,,\n"))
    [charger] = [each for each in found.devices if each.kind is DeviceKind.EV_CHARGER]
    assert (charger.site_id, charger.power_w, charger.capacity_wh) == ("a", 6_000, 40_000)
    assert (charger.efficiency_permille, charger.feeds_home) == (950, True)
    assert (charger.departure_min, charger.asked_wh) == (450, 30_000)
    [reading] = found.readings
    assert (reading.load_wh, reading.vehicle_charge_wh, reading.vehicle_stored_wh) == (200, 1_500, 21_500)


def test_faults_of_a_vehicle_are_named_at_once(tmp_path: Path) -> None:
    """Half a vehicle, more asked than it holds, no time of the day, no yes or no, a charger that stores nothing."""
    sites = "a,x,tokyo,40000,6000,,30000,,\nb,y,tokyo,40000,6000,0,50000,25:00,maybe\n"
    assert refused(folder(tmp_path, sites)) == [
        "sites.csv:2:vehicle_departure half_vehicle",
        "sites.csv:3:vehicle_departure not_a_clock_time",
        "sites.csv:3:vehicle_feeds_home not_yes_or_no",
        "sites.csv:3:vehicle_asked_wh above_capacity",
        "sites.csv:3:vehicle_efficiency_permille no_efficiency",
        "readings.csv:2:vehicle_charge_wh no_vehicle",
    ]


@pytest.mark.parametrize(
    ("moved", "fault"),
    [
        ("1500,0,0", "vehicle_charge_wh away"),
        ("0,200,0", "vehicle_discharge_wh away"),
        ("0,0,40001", "vehicle_stored_wh above_capacity"),
    ],
)
def test_what_no_vehicle_does_is_refused(tmp_path: Path, moved: str, fault: str) -> None:
    """Away it moves nothing, and it holds no more than it can."""
    readings = READINGS.replace("1500,0,21500", moved)
    sites = "a,x,tokyo,40000,6000,,30000,7:30,yes\n"
    assert refused(folder(tmp_path, sites, readings)) == [f"readings.csv:2:{fault}"]


@given(
    st.lists(st.tuples(st.integers(1, 6), st.integers(0, 9_000), st.integers(1, 6), st.integers(0, 3_000)), max_size=5)
)
def test_a_drive_takes_what_was_held_less_on_arrival(days: list[tuple[int, int, int, int]]) -> None:
    """Law: however it charged and gave while at home, to a Wh a discharge; what it charged elsewhere is left out. Each
    day: slots away, Wh of the drive, slots at home, Wh charged in each of them."""
    stored_wh, took_wh, home, used_wh = [20_000], [0], [True], [0]
    held_wh = 20_000
    for away, drive_wh, slots, charge_wh in days:
        home += [False] * away + [True] * slots
        took_wh += [0] * away + [charge_wh] * slots
        used_wh += [0] * away + [min(drive_wh, held_wh - 1)] + [0] * (slots - 1)
        stored_wh += [0] * away
        held_wh -= min(drive_wh, held_wh - 1)
        for _ in range(slots):
            held_wh += charge_wh * 900 // 1_000
            stored_wh.append(held_wh)
    registers = {"vehicle_stored_wh": stored_wh, "vehicle_charge_wh": took_wh, "vehicle_discharge_wh": [0] * len(home)}
    rows = {name: np.array([[0] * len(home), column]) for name, column in registers.items()}
    drives = drives_of({1: VEHICLE}, rows)
    assert drives.home.tolist() == [home]
    assert drives.used_wh.tolist() == [used_wh]
