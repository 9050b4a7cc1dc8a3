"""Sheets for a day run by hand: written as CSV and as one page to print, read back with every fault of their form.

Every sheet opens in a spreadsheet. ``form.csv`` is the one that comes back: a line for each slot and site, with blank
cells for what was read at the meter (kWh) and what the site sold; a second sale in a slot is a second line. A cell of
ours that a spreadsheet would take for a formula gets an apostrophe before it.
"""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from html import escape
from pathlib import Path
from typing import NamedTuple

from domain.errors import Fault, InputRefused
from domain.hand_row import HandRow
from domain.quantity import MJPY_PER_JPY, WH_PER_KWH
from gateways.csv_table import Row, read_table
from services.byhand.sheets import FORM, Sheet
from services.market_time import MarketTime

BYTES_MAX = 4 * 1024 * 1024
START, SITE, IMPORT, EXPORT, BUYER, SOLD, PRICE = FORM
_DECIMAL = re.compile(r"[0-9]{1,6}(\.[0-9]{1,3})?", re.ASCII)
_FORMULA = ("=", "+", "-", "@")
STYLE = "body{font:12px sans-serif}table{border-collapse:collapse;margin-bottom:2em}td,th{border:1px solid;padding:3px}"


def write_sheets(folder: Path, day: date, sheets: Sequence[Sheet]) -> list[Path]:
    """Write each sheet as CSV and all as ``day.html``; the files in order. Raises InputRefused when the folder holds
    something already: what somebody filled in is never written over."""
    if folder.exists() and any(folder.iterdir()):
        raise InputRefused([Fault(str(folder), "not_empty", "there are files already: name another folder")])
    folder.mkdir(parents=True, exist_ok=True)
    texts = {f"{sheet.name}.csv": _csv(sheet) for sheet in sheets} | {"day.html": _page(day, sheets)}
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8-sig" if name.endswith(".csv") else "utf-8", newline="")
    return [folder / name for name in texts]


class Form(NamedTuple):
    """A filled form. day: of its first line. content: its bytes. rows: its lines with anything on them. faults: of its
    form, by row and column."""

    day: date
    content: bytes
    rows: list[HandRow]
    faults: list[Fault]


def read_form(path: Path, time: MarketTime) -> Form:
    """Read a form back. Raises InputRefused when it has no day at all."""
    content = path.read_bytes() if path.exists() else b""
    if len(content) > BYTES_MAX:
        raise InputRefused([Fault(path.name, "too_large", f"more than {BYTES_MAX} bytes are no form of a day")])
    rows, faults = read_table(path, FORM, ())
    moments = [row.moment(START) for row in rows]
    began = next((moment for moment in moments if moment is not None), None)
    if began is None:
        raise InputRefused([*faults, *(fault for row in rows for fault in row.faults)] or [_empty(path)])
    day = time.day_of(time.at(began))
    slots = {time.start(slot): slot for slot in time.slots_of(day)}
    found = [_hand_row(row, moment, slots) for row, moment in zip(rows, moments, strict=True)]
    faults += [fault for row in rows for fault in row.faults]
    return Form(day, content, [each for each in found if each is not None and _says(each)], faults)


def _empty(path: Path) -> Fault:
    return Fault(path.name, "empty", "no line of this form names a slot")


def _hand_row(row: Row, moment: datetime | None, slots: Mapping[datetime, int]) -> HandRow | None:
    site = row.name(SITE)
    if moment is not None and moment not in slots:
        row.refuse(START, "not_of_the_day", f"{row.text(START)} is no start of a slot of the first line's day")
    sale = [name for name in (BUYER, SOLD, PRICE) if row.text(name)]
    for name in (BUYER, SOLD, PRICE):
        if sale and name not in sale:
            row.refuse(name, "half_sale", f"a sale has all of {BUYER}, {SOLD}, {PRICE}")
    read = (_scaled(row, IMPORT, WH_PER_KWH), _scaled(row, EXPORT, WH_PER_KWH))
    sold_wh, price = _scaled(row, SOLD, WH_PER_KWH) or 0, _scaled(row, PRICE, MJPY_PER_JPY) or 0
    if row.text(SOLD) and not sold_wh:
        row.refuse(SOLD, "nothing_sold", "a sale has some energy")
    buyer = row.name(BUYER) if row.text(BUYER) else ""
    return (
        None if row.faults or moment is None else HandRow(row.line, slots[moment], site, *read, buyer, sold_wh, price)
    )


def _says(row: HandRow) -> bool:
    return bool(row.buyer) or row.import_wh is not None or row.export_wh is not None


def _scaled(row: Row, column: str, scale: int) -> int | None:
    """A decimal cell in thousandths, None when it is blank."""
    written = row.text(column)
    if not written:
        return None
    if not _DECIMAL.fullmatch(written):
        row.refuse(column, "not_decimal", f"a number like 1.250, three decimals at most, not {written[:20]!r}")
        return 0
    return int(Decimal(written) * scale)


def _csv(sheet: Sheet) -> str:
    written = io.StringIO(newline="")
    rows = csv.writer(written)
    rows.writerow(sheet.columns)
    rows.writerows([_plain(cell) for cell in row] for row in sheet.rows)
    return written.getvalue()


def _plain(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _page(day: date, sheets: Sequence[Sheet]) -> str:
    tables = "".join(_table(sheet) for sheet in sheets)
    head = f'<!doctype html><html lang="ja"><meta charset="utf-8"><title>Gridpact {day}</title><style>{STYLE}</style>'
    return f"{head}<h1>{day}: 手作業による運用 / day by hand</h1>{tables}</html>\n"


def _table(sheet: Sheet) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in sheet.columns)
    rows = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in sheet.rows)
    title = f"<h2>{escape(sheet.title_ja)} / {escape(sheet.title)}</h2>"
    return f"{title}<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
