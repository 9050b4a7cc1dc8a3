"""Supply and demand of an area by half hour, as transmission operators publish it (エリア需給実績, 30 minutes).

CSV in UTF-8, with or without a mark, or Shift_JIS. Before the header may stand blank lines and one with the unit
(単位), which is asked for: a number without one is not energy. ``DATE`` and ``TIME`` name the half hour; a day may be
written once and left blank below. Columns are known by their names, others and blank ones are passed over. What a file
leaves out stays out: half hours between its first and its last are counted as missing, blank cells as absent.
"""

import csv
import hashlib
import io
import re
import unicodedata
from collections.abc import Sequence
from datetime import date, datetime, time
from pathlib import Path

from domain.errors import Fault, InputRefused
from domain.slot import Slot
from gateways.files.archive import read_file
from gateways.files.energy import JAPAN, day, thousandths
from services.figures.area_file import AreaEnergy, AreaFile

KIND_OF = {
    "エリア需要": "demand",
    "原子力": "nuclear",
    "火力(LNG)": "thermal_lng",
    "火力(石炭)": "thermal_coal",
    "火力(石油)": "thermal_oil",
    "火力(その他)": "thermal_other",
    "水力": "hydro",
    "地熱": "geothermal",
    "バイオマス": "biomass",
    "太陽光発電実績": "solar",
    "太陽光出力制御量": "solar_curtailed",
    "風力発電実績": "wind",
    "風力出力制御量": "wind_curtailed",
    "揚水": "pumped_storage",
    "蓄電池": "battery",
    "連系線": "interconnection",
    "その他": "other",
}
WH_OF_UNIT = {"MW平均値": 500_000, "MW": 500_000, "MWh": 1_000_000, "万kWh": 10_000_000}
"""Wh that one of a unit is in half an hour."""
DAY_NAMES, TIME_NAMES = ("DATE", "年月日"), ("TIME", "時刻")
ROWS_MAX, HEADER_ROW_MAX = 200_000, 10
ENERGY_WH_MAX = 10**12
_UNIT = re.compile(r"単位[\s:(\[]*(MW平均値|MWh|MW|万kWh)")
_TIME = re.compile(r"([01]?[0-9]|2[0-3]):(00|30)", re.ASCII)


class _Table:
    """What was read so far. places: of the columns, by kind. unit_wh: of one of the file's unit. on: the day above."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.places: dict[str, int] = {}
        self.day_at, self.time_at, self.unit_wh, self.absent = -1, -1, 0, 0
        self.on: date | None = None
        self.slots: set[int] = set()
        self.found: list[AreaEnergy] = []
        self.faults: list[Fault] = []

    def refuse(self, line: int, column: str, code: str, message: str) -> None:
        self.faults.append(Fault(f"{self.name}:{line}:{column}", code, message))


def read_area(path: Path, area: str) -> AreaFile:
    """All values of a file. area: whose it is, which no file says. Raises InputRefused with every fault, by line."""
    content = read_file(path)
    try:
        rows = list(csv.reader(io.StringIO(_text(content), newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputRefused([Fault(path.name, "not_csv", f"neither UTF-8 nor Shift_JIS CSV: {error}")]) from None
    if len(rows) > ROWS_MAX:
        raise InputRefused([Fault(path.name, "too_many", f"{len(rows)} rows; a file has at most {ROWS_MAX:,}")])
    table = _Table(path.name)
    header = _header(table, rows)
    for line, cells in enumerate(rows[header:] if not table.faults else [], header + 1):
        if any(cell.strip() for cell in cells):
            _row(table, line, cells)
    _require_half_hours(table, header)
    if table.faults:
        raise InputRefused(table.faults)
    missing = max(table.slots) - min(table.slots) + 1 - len(table.slots)
    return AreaFile(hashlib.sha256(content).hexdigest(), area, table.found, missing, table.absent)


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp932")


def _header(table: _Table, rows: Sequence[Sequence[str]]) -> int:
    """Find unit and columns; how many rows stand before the first value."""
    for at, cells in enumerate(rows[:HEADER_ROW_MAX]):
        names = ["".join(unicodedata.normalize("NFKC", cell).split()).lstrip("\ufeff") for cell in cells]
        if unit := _UNIT.search(",".join(names)):
            table.unit_wh = WH_OF_UNIT[unit[1]]
        table.day_at, table.time_at = _place(names, DAY_NAMES), _place(names, TIME_NAMES)
        if min(table.day_at, table.time_at) >= 0:
            _columns(table, at + 1, names)
            return at + 1
    table.refuse(1, "", "wrong_header", "a line with DATE, TIME and エリア需要 is needed among the first ten")
    return 0


def _place(names: Sequence[str], wanted: Sequence[str]) -> int:
    return next((at for at, name in enumerate(names) if name in wanted), -1)


def _columns(table: _Table, line: int, names: Sequence[str]) -> None:
    for at, name in enumerate(names):
        if name in KIND_OF and KIND_OF[name] in table.places:
            table.refuse(line, name, "double_column", "two columns have this name")
        elif name in KIND_OF:
            table.places[KIND_OF[name]] = at
    if "demand" not in table.places:
        table.refuse(line, "", "wrong_header", "there is no column エリア需要")
    if not table.unit_wh:
        message = f"no unit stands above the header: 単位 with one of {', '.join(WH_OF_UNIT)}"
        table.refuse(line, "", "no_unit", message)


def _row(table: _Table, line: int, cells: Sequence[str]) -> None:
    if len(cells) <= max(table.day_at, table.time_at, *table.places.values()):
        table.refuse(line, "", "wrong_length", f"{len(cells)} cells are fewer than the header's")
        return
    try:
        slot = _slot(table, cells[table.day_at], cells[table.time_at])
    except ValueError as error:
        table.refuse(line, "DATE/TIME", "not_a_half_hour", str(error))
        return
    if slot in table.slots:
        table.refuse(line, "TIME", "double_half_hour", f"{cells[table.time_at].strip()} stands there twice")
    table.slots.add(slot)
    for kind, at in table.places.items():
        _value(table, line, kind, cells[at].strip(), slot)


def _slot(table: _Table, on: str, at: str) -> int:
    if on.strip():
        table.on = day(on)
    begins = _TIME.match(unicodedata.normalize("NFKC", at).strip())
    if table.on is None or begins is None:
        raise ValueError(f"{on[:20]!r} {at[:20]!r} is not the beginning of a half hour")
    return Slot.at(datetime.combine(table.on, time(int(begins[1]), int(begins[2])), JAPAN)).index


def _value(table: _Table, line: int, kind: str, written: str, slot: int) -> None:
    if not written:
        table.absent += 1
        return
    try:
        energy_wh = thousandths(written.replace(",", "")) * (table.unit_wh // 1_000)
    except ValueError as error:
        table.refuse(line, kind, "not_energy", str(error))
        return
    if abs(energy_wh) > ENERGY_WH_MAX:
        table.refuse(line, kind, "absurd_energy", f"{written[:20]} is more than any area has: wrong unit?")
        return
    table.found.append(AreaEnergy(slot, kind, energy_wh))


def _require_half_hours(table: _Table, line: int) -> None:
    if table.faults:
        return
    if not table.slots:
        table.refuse(line, "", "no_values", "there is no half hour below the header")
    elif len(table.slots) > 1 and len({slot % 2 for slot in table.slots}) == 1:
        table.refuse(line + 1, "TIME", "hourly", "these are hours: ask for the file of 30 minutes")
