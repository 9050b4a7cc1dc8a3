"""Published prices by half hour and area: the exchange's day-ahead table (JEPX spot), and imbalance prices.

CSV in UTF-8 or Shift_JIS with a Japanese header. ``受渡日`` (or 年月日, 対象日) is the day and ``時刻コード`` the half
hour, 1 to 48. Of the exchange's table the columns ``エリアプライス東京(円/kWh)`` and so on are read, one an area; of
an imbalance table the columns that name an area. Other columns are passed over. A day is there with all its half hours
or refused.
"""

import csv
import hashlib
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from domain.errors import Fault, InputRefused
from gateways.files.archive import read_file
from gateways.files.energy import SLOTS_OF_DAY, day, slot_of_code, thousandths
from services.money.price_file import PriceFile, PublishedPrice

AREAS = {
    "北海道": "hokkaido",
    "東北": "tohoku",
    "東京": "tokyo",
    "中部": "chubu",
    "北陸": "hokuriku",
    "関西": "kansai",
    "中国": "chugoku",
    "四国": "shikoku",
    "九州": "kyushu",
    "沖縄": "okinawa",
}
DAY_NAMES, CODE_NAME = ("受渡日", "年月日", "対象日"), "時刻コード"
PRICE_MJPY_PER_KWH_MAX = 1_000_000
ROWS_MAX = 200_000
_NAMES = "|".join(AREAS)
HEADINGS = {
    "wholesale": re.compile(rf"エリアプライス({_NAMES})[(（]円/kWh[)）]"),
    "imbalance": re.compile(rf"(?:インバランス料金(?:単価)?)?({_NAMES})(?:エリア)?(?:[(（]円/kWh[)）])?"),
}


@dataclass(frozen=True, slots=True)
class _Table:
    """What was read so far, by slot and area; which half hours each day has, and where it begins; every fault."""

    name: str
    found: dict[tuple[int, str], PublishedPrice] = field(default_factory=dict)
    days: dict[date, tuple[int, set[int]]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def refuse(self, line: int, column: str, code: str, message: str) -> None:
        self.faults.append(Fault(f"{self.name}:{line}:{column}", code, message))


def read_prices(path: Path, kind: str) -> PriceFile:
    """All prices of a file. kind: wholesale or imbalance. Raises InputRefused with every fault, file:line:column."""
    content = read_file(path)
    table = _Table(path.name)
    try:
        rows = list(csv.reader(io.StringIO(_text(content), newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputRefused([Fault(path.name, "not_csv", f"neither UTF-8 nor Shift_JIS CSV: {error}")]) from None
    if len(rows) > ROWS_MAX:
        raise InputRefused([Fault(path.name, "too_many", f"{len(rows)} rows; a file has at most {ROWS_MAX:,}")])
    columns = _columns(table, rows[0] if rows else [], kind)
    for line, cells in enumerate(rows[1:] if columns else [], 2):
        if cells:
            _row(table, line, cells, rows[0], columns)
    _refuse_short_days(table)
    if table.faults:
        raise InputRefused(table.faults)
    return PriceFile(kind, hashlib.sha256(content).hexdigest(), list(table.found.values()))


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp932")


def _columns(table: _Table, header: Sequence[str], kind: str) -> dict[int, str]:
    """The area of each price column; empty with a fault when the header is another table's."""
    names = [cell.strip() for cell in header]
    found = {at: AREAS[hit[1]] for at, name in enumerate(names) if (hit := HEADINGS[kind].fullmatch(name))}
    if len(set(found.values())) != len(found):
        table.refuse(1, "", "double_column", "two columns name one area")
    if not (found and CODE_NAME in names and set(names) & set(DAY_NAMES)):
        message = f"the header needs {' or '.join(DAY_NAMES)}, {CODE_NAME} and a column an area ({kind})"
        table.refuse(1, "", "wrong_header", message)
    return {} if table.faults else found


def _row(table: _Table, line: int, cells: Sequence[str], header: Sequence[str], columns: dict[int, str]) -> None:
    if len(cells) != len(header):
        table.refuse(line, "", "wrong_length", f"{len(cells)} cells under {len(header)} column names")
        return
    named = {name.strip(): cell for name, cell in zip(header, cells, strict=True)}
    day_name = next(name for name in DAY_NAMES if name in named)
    try:
        on = day(named[day_name])
        slot = slot_of_code(on, named[CODE_NAME])
    except ValueError as error:
        table.refuse(line, f"{day_name}/{CODE_NAME}", "not_a_half_hour", str(error))
        return
    _, seen = table.days.setdefault(on, (line, set()))
    if slot in seen:
        table.refuse(line, CODE_NAME, "double_half_hour", f"half hour {named[CODE_NAME]} of {on} stands there twice")
    seen.add(slot)
    for at, area in columns.items():
        _price(table, line, header[at].strip(), cells[at], slot, area)


def _price(table: _Table, line: int, column: str, written: str, slot: int, area: str) -> None:
    if not written.strip():
        return  # not every area has a price in every year
    try:
        mjpy = thousandths(written)
    except ValueError as error:
        table.refuse(line, column, "not_a_price", str(error))
        return
    if not 0 <= mjpy <= PRICE_MJPY_PER_KWH_MAX:
        message = f"{written[:20]} yen/kWh is outside 0 to {PRICE_MJPY_PER_KWH_MAX // 1_000:,}: wrong unit?"
        table.refuse(line, column, "absurd_price", message)
        return
    table.found[slot, area] = PublishedPrice(slot, area, mjpy, f"{table.name}:{line}:{column}")


def _refuse_short_days(table: _Table) -> None:
    if any(fault.code == "not_a_half_hour" for fault in table.faults):
        return
    for on, (line, seen) in table.days.items():
        if len(seen) != SLOTS_OF_DAY:
            table.refuse(line, CODE_NAME, "short_day", f"{on} has {len(seen)} of {SLOTS_OF_DAY} half hours")
