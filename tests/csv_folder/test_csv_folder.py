"""A folder of CSV files: read in full, or refused with every fault at its file, line and column."""

import re
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import Fault, InputRefused
from domain.party import Licence, Mandate, Role
from domain.reading import Quality
from domain.site import DeviceKind
from domain.slot import Slot
from domain.wish import EnergySource, Wishes
from gateways.csv_folder import (
    READING_COLUMNS,
    READING_OPTIONAL,
    SITE_COLUMNS,
    SITE_OPTIONAL,
    Folder,
    read_folder,
)
from gateways.csv_parties import read_parties

GOLDEN = Path(__file__).parents[1] / "golden"
SITES = "site_id,party_id,area\nhome-1,sato,tokyo\n"
READINGS = "site_id,slot_start,import_wh,export_wh\nhome-1,2026-05-20T13:00+09:00,180,0\n"


def folder(path: Path, sites: str | bytes = SITES, readings: str | bytes = READINGS) -> Path:
    """A folder with these two files."""
    for name, text in (("sites.csv", sites), ("readings.csv", readings)):
        (path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def refused(path: Path) -> list[str]:
    """Place and code of every fault."""
    with pytest.raises(InputRefused) as caught:
        read_folder(path)
    return [f"{fault.where} {fault.code}" for fault in caught.value.faults]


def test_a_good_folder_gives_sites_machines_and_readings() -> None:
    """The golden folder: rows in any order, empty cells, an empty line, the same row twice, two spellings of time."""
    sites, devices, readings, wishes, mandates = read_folder(GOLDEN / "csv_ok")
    assert [site.id for site in sites] == ["home-1", "home-2", "shop"]
    assert [site.kind for site in sites] == ["home", "home", "shop"]
    assert [device.kind for device in devices if device.site_id == "home-2"] == [
        DeviceKind.METER,
        DeviceKind.PV,
        DeviceKind.BATTERY,
    ]
    assert [len(device.public_key) for device in devices if device.kind is DeviceKind.METER] == [32, 0, 0]
    assert len(readings) == 6
    assert not any(wishes.values())
    assert mandates == {}
    one = next(reading for reading in readings if reading.quality is Quality.ESTIMATED)
    assert Slot(one.slot).start == datetime.fromisoformat("2026-05-20T13:30+09:00")
    assert (one.device_id, one.export_wh, one.generation_wh, one.load_wh) == ("home-2-meter", 1310, 1480, 170)


def test_a_broken_folder_is_refused_with_every_fault_at_once() -> None:
    """The golden list: each fault by file, line and column, none hides another, in order of lines."""
    assert refused(GOLDEN / "csv_broken") == (GOLDEN / "csv_broken" / "faults.txt").read_text().splitlines()


def test_every_fault_is_told_in_words(tmp_path: Path) -> None:
    """What is wrong and what to do, e.g. a kWh value in a Wh column and the nearest column name."""
    sites = SITES.replace("area", "area,batery_wh").replace("tokyo", "tokyo,")
    with pytest.raises(InputRefused) as caught:
        read_folder(folder(tmp_path, sites, READINGS.replace("180", "0.18")))
    assert str(caught.value) == (
        "sites.csv:1:batery_wh: there is no column 'batery_wh'; did you mean battery_wh?\n"
        "readings.csv:2:import_wh: 0.18 is not in whole Wh; if it is kWh, write 180"
    )


def test_both_missing_files_are_named(tmp_path: Path) -> None:
    """An empty folder has two faults."""
    assert refused(tmp_path) == ["sites.csv missing_file", "readings.csv missing_file"]


def test_without_its_columns_a_file_is_not_read_any_further(tmp_path: Path) -> None:
    """Nothing is said of cells that have no column, nor of sites when the sites could not be read."""
    path = folder(tmp_path, "site,party_id\nhome-1,sato\n", READINGS)
    assert refused(path) == [
        "sites.csv:1:site_id missing_column",
        "sites.csv:1:area missing_column",
        "sites.csv:1:site unknown_column",
    ]


def test_shift_jis_is_named_as_what_it_is_not(tmp_path: Path) -> None:
    """Spreadsheets in Japan save it by default; the fault shows the first byte that is not UTF-8."""
    path = folder(tmp_path, "site_id,party_id,area\nhome-1,佐藤,tokyo\n".encode("shift_jis"))
    assert refused(path) == ["sites.csv:2:8 not_utf8"]


def test_a_byte_order_mark_and_windows_lines_are_welcome(tmp_path: Path) -> None:
    """What spreadsheets write as UTF-8."""
    path = folder(tmp_path, b"\xef\xbb\xbf" + SITES.replace("\n", "\r\n").encode())
    assert len(read_folder(path).sites) == 1


def test_a_quote_that_never_closes_is_found(tmp_path: Path) -> None:
    """It would swallow the rest of the file."""
    assert refused(folder(tmp_path, SITES, READINGS + 'home-1,"2026\n')) == ["readings.csv:3:1 not_csv"]


def test_one_unknown_site_is_one_fault(tmp_path: Path) -> None:
    """A site forgotten in sites.csv would else be told ten thousand times."""
    rows = "".join(f"home-2,2026-05-20T{hour:02}:00+09:00,1,0\n" for hour in range(24))
    with pytest.raises(InputRefused, match="named in 24 rows") as caught:
        read_folder(folder(tmp_path, SITES, READINGS + rows))
    assert len(caught.value.faults) == 1


@given(
    st.dictionaries(st.integers(900_000, 1_000_000), st.tuples(st.integers(0, 10**7), st.integers(0, 10**7))),
    st.sampled_from([UTC, timezone(timedelta(hours=9)), timezone(-timedelta(hours=3, minutes=30))]),
)
def test_what_is_written_is_what_is_read(
    tmp_path_factory: pytest.TempPathFactory, amounts_wh: dict[int, tuple[int, int]], zone: timezone
) -> None:
    """Amounts and moments survive whole, whatever the offset they are written in."""
    text = READINGS.splitlines(keepends=True)[0] + "".join(
        f"home-1,{Slot(slot).start.astimezone(zone).isoformat()},{used_wh + out_wh},{out_wh}\n"
        for slot, (used_wh, out_wh) in amounts_wh.items()
    )
    found = read_folder(folder(tmp_path_factory.mktemp("rows"), SITES, text))
    assert {reading.slot: (reading.load_wh, reading.export_wh) for reading in found.readings} == amounts_wh


def answer(path: Path) -> Folder | tuple[Fault, ...]:
    """The folder's content, or why it was refused."""
    try:
        return read_folder(path)
    except InputRefused as refusal:
        return refusal.faults


@given(st.binary(max_size=200), st.text(max_size=50))
def test_any_bytes_at_all_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, junk: bytes, cell: str) -> None:
    """Outside data may be anything; the answer is a folder or a list of faults, never another error."""
    path = tmp_path_factory.mktemp("any")
    row = f"{cell},{cell},{cell},{cell}\n".encode(errors="replace")
    assert answer(folder(path, SITES, READINGS.encode() + junk))
    assert answer(folder(path, SITES.encode() + junk))
    assert answer(folder(path, junk, READINGS.encode() + row))
    assert answer(folder(path, SITES, READINGS.encode() + row))


def test_the_page_of_the_form_names_every_column() -> None:
    """In the order of the program, needed ones first: whoever writes a folder needs no source code."""
    page = (GOLDEN.parents[1] / "docs" / "csv-folder.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \| (yes|no) \|", page, re.MULTILINE)
    files = ((SITE_COLUMNS, SITE_OPTIONAL), (READING_COLUMNS, READING_OPTIONAL))
    expected = [
        (name, needed) for file in files for names, needed in zip(file, ("yes", "no"), strict=True) for name in names
    ]
    assert rows == expected


def test_wishes_are_read_and_their_faults_named_at_once(tmp_path: Path) -> None:
    """A partner is another site of the file, a source one of two, local first yes or no, a premium for a wish."""
    head = "site_id,party_id,area,wish_partner,wish_source,wish_local_first,wish_premium_mjpy_per_kwh\n"
    good = head + "a,x,tokyo,b,solar,yes,500\nb,y,tokyo,,,,\n"
    bad = head + "a,x,tokyo,c,coal,maybe,\nb,y,tokyo,b,,,\nd,z,tokyo,,,,7\n"
    readings = READINGS.splitlines()[0] + "\n"
    found = read_folder(folder(tmp_path, good, readings)).wishes
    assert found == {
        "a": Wishes("b", EnergySource.SOLAR, local_first=True, premium_max_mjpy_per_kwh=500),
        "b": Wishes(),
    }
    assert sorted(refused(folder(tmp_path, bad, readings))) == [
        "sites.csv:2:wish_local_first not_yes_or_no",
        "sites.csv:2:wish_partner unknown_partner",
        "sites.csv:2:wish_source unknown_source",
        "sites.csv:3:wish_partner own_partner",
        "sites.csv:4:wish_premium_mjpy_per_kwh premium_for_nothing",
    ]


MANDATE_HEAD = (
    "site_id,party_id,area,battery_wh,battery_w,sell_min_mjpy_per_kwh,buy_max_mjpy_per_kwh,reserve_wh,order_max_wh\n"
)


def test_a_mandate_is_read_whole_or_named_as_half(tmp_path: Path) -> None:
    """Two prices and the most of an order are a mandate; nothing is none; a part of it is a fault."""
    good = MANDATE_HEAD + "a,x,tokyo,5000,2000,9000,20000,500,8000\nb,y,tokyo,,,,,,\n"
    bad = MANDATE_HEAD + "a,x,tokyo,5000,2000,9000,,6000,8000\nb,y,tokyo,,,,,7,\n"
    readings = READINGS.splitlines()[0] + "\n"
    assert read_folder(folder(tmp_path, good, readings)).mandates == {"a": Mandate("a", 1, 9_000, 20_000, 500, 8_000)}
    assert sorted(refused(folder(tmp_path, bad, readings))) == [
        "sites.csv:2:buy_max_mjpy_per_kwh half_mandate",
        "sites.csv:2:reserve_wh above_capacity",
        "sites.csv:3:reserve_wh half_mandate",
    ]


PARTIES_HEAD = "party_id,name,role,licence_kind,licence_number,registered_name,licence_valid_to\n"


def test_parties_have_one_retailer_with_a_licence_and_one_platform(tmp_path: Path) -> None:
    """Whoever has a site has a row; the retailer's registration is complete."""
    good = PARTIES_HEAD + "x,伊藤家,,,,,\nr,街の電力,retailer,小売,A1,街の電力,2030-03-31\np,街,platform,,,,\n"
    (tmp_path / "parties.csv").write_text(good)
    found = read_parties(tmp_path, {"x"})
    assert [(each.id, each.role) for each in found.parties] == [
        ("x", Role.MEMBER),
        ("r", Role.RETAILER),
        ("p", Role.PLATFORM),
    ]
    assert found.licence == Licence("r", "小売", "A1", "街の電力", date(2030, 3, 31))
    bad = PARTIES_HEAD + "x,,king,,,,\nx,b,,,,,\nr,c,retailer,,A1,c,soon\ns,d,retailer,k,1,d,2030-01-01\n"
    (tmp_path / "parties.csv").write_text(bad)
    with pytest.raises(InputRefused) as caught:
        read_parties(tmp_path, {"x", "y"})
    assert [f"{fault.where} {fault.code}" for fault in caught.value.faults] == [
        "parties.csv:2:role unknown_role",
        "parties.csv:2:name no_name",
        "parties.csv:3:party_id double_party",
        "parties.csv:4:licence_kind no_licence",
        "parties.csv:4:licence_valid_to not_a_day",
        "parties.csv:1:role not_one",
        "parties.csv:1:role not_one",
        "parties.csv:1:party_id no_party",
    ]
