"""Supply and demand of an area: known by its columns, exact, in every form that operators write, never overwritten."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.errors import InputRefused
from domain.slot import Slot
from gateways.files.areas import KIND_OF, read_area
from identity.keys import KeyRing
from memory.database import Database
from memory.trading import area_energy
from memory.window import Window
from services.figures.area_file import AreaFile, take_area
from services.steps import Steps

GOLDEN = Path(__file__).parent.parent / "golden" / "files"
HEADER = "単位[MW平均値],,\nDATE,TIME,エリア需要,連系線\n"
FIRST = Slot.at(datetime(2026, 5, 19, 15, tzinfo=UTC)).index  # midnight in Japan


def read(folder: Path, content: str | bytes) -> AreaFile:
    path = folder / "area.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_area(path, "tokyo")


def refused(folder: Path, content: str) -> list[str]:
    with pytest.raises(InputRefused) as caught:
        read(folder, content)
    return [f"{fault.where} {fault.code}" for fault in caught.value.faults]


def test_the_golden_file_is_read_as_it_was_written_by_hand() -> None:
    """Shift_JIS, a blank line first, a day written once, blank cells, a missing half hour and a blank column name."""
    found = read_area(GOLDEN / "area.csv", "tokyo")
    assert (len(found.values), found.missing, found.absent) == (28, 1, 2)
    noon = Slot.at(datetime(2026, 6, 20, 3, tzinfo=UTC)).index
    by_name = {(each.slot - noon, each.kind): each.energy_wh for each in found.values}
    assert by_name[0, "demand"] == 29_120 * 500_000
    assert by_name[-2, "solar_curtailed"] == 6_250_000
    assert by_name[2, "interconnection"] == -1_188 * 500_000
    assert not [name for name in by_name if name[0] == -1]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
@pytest.mark.parametrize(("unit", "one_wh"), [("MW平均値", 500_000), ("MWh", 1_000_000), ("万kWh", 10_000_000)])
@pytest.mark.parametrize("before", ["", "\r\n", ",,,\n\n"])
def test_a_file_is_read_in_every_form(tmp_path: Path, encoding: str, unit: str, one_wh: int, before: str) -> None:
    """Encoding, byte order mark, blank lines before the header, and the unit that it names."""
    text = before + HEADER.replace("MW平均値", unit) + "2026/5/20,0:00,1.25,-3\n2026/5/20,0:30,2,4\n"
    found = read(tmp_path, text.encode(encoding)).values
    amounts = [(each.slot - FIRST, each.energy_wh) for each in found if each.kind == "demand"]
    assert amounts == [(0, one_wh * 5 // 4), (1, one_wh * 2)]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.integers(0, 95), st.decimals(-99_999, 99_999, places=3), min_size=3))
def test_energy_is_exact(tmp_path: Path, amounts: dict[int, Decimal]) -> None:
    """Half the mean power, to the watt-hour; what the file leaves out is counted and never made up."""
    if len({slot % 2 for slot in amounts}) == 1:
        amounts = amounts | {min(amounts) + 1: Decimal(1)}
    rows = [
        f"2026/5/{20 + slot // 48},{slot % 48 // 2}:{slot % 2 * 30:02},{amounts[slot]:f},0" for slot in sorted(amounts)
    ]
    found = read(tmp_path, HEADER + "\n".join(rows))
    demand = {each.slot - FIRST: Decimal(each.energy_wh) for each in found.values if each.kind == "demand"}
    assert demand == {slot: mw * 500_000 for slot, mw in amounts.items()}
    assert found.missing == max(amounts) - min(amounts) + 1 - len(amounts)


def test_every_fault_stands_at_its_line(tmp_path: Path) -> None:
    """A doubled half hour, no number, a wrong moment, a row too short, an absurd one: all at once."""
    rows = ["2026/5/20,0:00,1,2", ",0:00,1,2", ",0:30,x,2", ",0:40,1,2", ",1:00", ",1:30,9999999,2"]
    assert refused(tmp_path, HEADER + "\n".join(rows)) == [
        "area.csv:4:TIME double_half_hour",
        "area.csv:5:demand not_energy",
        "area.csv:6:DATE/TIME not_a_half_hour",
        "area.csv:7: wrong_length",
        "area.csv:8:demand absurd_energy",
    ]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "area.csv:1: wrong_header"),
        (HEADER, "area.csv:2: no_values"),
        ("DATE,TIME,エリア需要\n2026/5/20,0:00,1\n", "area.csv:1: no_unit"),
        ("単位[MWh]\nDATE,TIME,太陽光\n2026/5/20,0:00,1\n", "area.csv:2: wrong_header"),
        ("単位[MWh]\nDATE,TIME,エリア需要,エリア需要\n2026/5/20,0:00,1,1\n", "area.csv:2:エリア需要 double_column"),
        (HEADER + "2026/5/20,0:00,1,1\n,1:00,1,1\n", "area.csv:3:TIME hourly"),
        (HEADER + ",0:00,1,1\n", "area.csv:3:DATE/TIME not_a_half_hour"),
    ],
)
def test_what_is_no_such_file_is_refused(tmp_path: Path, text: str, code: str) -> None:
    """No header, no value, no unit, another table's, two columns of one name, hours, no day."""
    assert refused(tmp_path, text) == [code]


def test_a_value_that_changed_is_a_revision(database: Database, tmp_path: Path) -> None:
    """The same file twice is nothing new, the old one never overrules the newer, and the latest counts page by page."""
    steps = Steps(database, KeyRing(tmp_path / "keys.json", seed=1), lambda: datetime(2026, 6, 1, tzinfo=UTC))
    first = read(tmp_path, HEADER + "2026/5/20,0:00,10,1\n2026/5/20,0:30,20,2\n")
    second = read(tmp_path, HEADER + "2026/5/20,0:00,10,1\n2026/5/20,0:30,21,2\n")
    told = []
    for file in (first, first, second, first):
        with database.begin() as tx:
            done = take_area(tx, steps, file)
            told.append((done["values"], done["new"], done["revised"]))
    assert told == [(4, 4, 0), (4, 0, 0), (4, 0, 1), (4, 0, 0)]
    with database.begin() as tx:
        every = area_energy.latest(tx, "tokyo", FIRST, FIRST + 1)
        assert [(row.slot - FIRST, row.kind, row.revision) for row in every] == [
            (0, "demand", 1), (0, "interconnection", 1), (1, "demand", 2), (1, "interconnection", 1),
        ]  # fmt: skip
        after = area_energy.latest(tx, "tokyo", FIRST, FIRST + 1, Window((FIRST, "demand"), 1))
        assert after == every[1:3]
        assert area_energy.latest(tx, "kyushu", FIRST, FIRST + 1) == []


PUBLISHED = (
    "エリア需要,原子力,火力(LNG),火力(石炭),火力(石油),火力(その他),水力,地熱,バイオマス,太陽光発電実績,太陽光出力制御量,"
    "風力発電実績,風力出力制御量,揚水,蓄電池,連系線,その他,合計"
)
MORE = PUBLISHED.replace("水力", "火力出力制御量,水力").replace("太陽光発電", "バイオマス出力制御量,太陽光発電", 1)
WIDE = PUBLISHED.replace("(LNG)", "（ＬＮＧ）").replace("(", "（").replace(")", "）")


@pytest.mark.parametrize(
    ("columns", "begins"),
    [(PUBLISHED, "2026/1/1,0:00"), (MORE, "2026/1/1,0:00"), (WIDE, '"20260101","00:00"')],
    ids=["as Tokyo since 2024", "with Hokkaido's two columns more", "as Kyushu, quoted and wide"],
)
def test_the_layouts_that_operators_publish_are_read_whole(tmp_path: Path, columns: str, begins: str) -> None:
    """Every column but the sum and what was curtailed of thermal and biomass, which nobody asked for; MW on average."""
    names = columns.split(",")
    file = tmp_path / "eria_jukyu_202601_03.csv"
    values = ",".join(str(at) for at in range(len(names)))
    file.write_bytes(f"単位[MW平均],,,供給力\nDATE,TIME,{columns}\n{begins},{values}\n".encode("cp932"))
    passed_over = {"合計", "火力出力制御量", "バイオマス出力制御量"}
    found = read_area(file, "tokyo").values
    assert [each.energy_wh for each in found] == [
        at * 500_000 for at, name in enumerate(names) if name not in passed_over
    ]
    assert len({each.kind for each in found}) == len(KIND_OF)
