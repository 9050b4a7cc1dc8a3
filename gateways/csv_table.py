"""One CSV file as rows that know where they stand, with every fault of its form.

UTF-8 with or without a byte order mark, comma, a header line, RFC 4180 quotes. A fault names file, line and column,
so that a person can open the file and mend it.
"""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path

from domain.errors import Fault

_WHOLE = re.compile(r"[0-9]+", re.ASCII)
_KWH = re.compile(r"[0-9]{1,9}\.[0-9]{1,3}", re.ASCII)
_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Row:
    """One row: ``line`` counts from 1 for the header. Reading a cell wrongly adds a fault and gives a stand-in."""

    file: str
    line: int
    cells: dict[str, str]
    faults: list[Fault] = field(default_factory=list)

    def refuse(self, column: str, code: str, message: str) -> None:
        """Note a fault at one of this row's cells."""
        self.faults.append(Fault(f"{self.file}:{self.line}:{column}", code, message))

    def text(self, column: str, default: str = "") -> str:
        """A cell without the spaces around it; ``default`` when it is empty or its column absent."""
        return self.cells.get(column, "").strip() or default

    def name(self, column: str, default: str = "") -> str:
        """A short name of ASCII letters, digits, dot, dash and underscore."""
        written = self.text(column, default)
        if not _NAME.fullmatch(written):
            self.refuse(column, "wrong_name", f"1 to 64 letters, digits, '.', '-' or '_' are a name, not {written!r}")
        return written

    def whole(self, column: str, largest: int, default: int | None = None) -> int:
        """A whole number from 0 to ``largest``; ``default`` when the cell is empty, a fault when there is none."""
        written = self.text(column)
        if not written and default is not None:
            return default
        if not _WHOLE.fullmatch(written):
            self.refuse(column, "not_whole", _not_whole(column, written))
            return 0
        if len(written) > len(str(largest)) or int(written) > largest:
            self.refuse(column, "too_large", f"{written[:20]} is above {largest}: wrong unit, or a digit too many?")
            return 0
        return int(written)

    def yes(self, column: str) -> bool:
        """``yes`` or ``no``, the latter when the cell is empty."""
        written = self.text(column, "no")
        if written not in ("yes", "no"):
            self.refuse(column, "not_yes_or_no", f"yes or no is needed, not {written[:20]!r}")
        return written == "yes"

    def moment(self, column: str) -> datetime | None:
        """An ISO 8601 moment with its offset, e.g. ``2026-05-20T13:00+09:00``."""
        written = self.text(column)
        try:
            moment = datetime.fromisoformat(written)
        except ValueError:
            self.refuse(column, "not_a_time", f"a time is written 2026-05-20T13:00+09:00, not {written!r}")
            return None
        if moment.tzinfo is None:
            self.refuse(column, "no_offset", f"{written} lacks its offset from UTC, e.g. +09:00")
            return None
        return moment


def read_table(path: Path, required: Sequence[str], optional: Sequence[str]) -> tuple[list[Row], list[Fault]]:
    """The rows of a file and the faults of its form. Rows of the wrong length are faults and left out."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        return [], [Fault(path.name, "missing_file", f"{path.name} is missing from the folder")]
    except UnicodeDecodeError as error:
        before = error.object[: error.start].split(b"\n")
        where = f"{path.name}:{len(before)}:{len(before[-1]) + 1}"
        return [], [Fault(where, "not_utf8", "this is not UTF-8 (Shift-JIS?): save it as UTF-8")]
    rows, faults = [], []
    try:
        lines = _numbered(text)
        header = [cell.strip() for cell in next(lines, (1, []))[1]]
        faults += _header_faults(path.name, header, required, optional)
        for line, cells in lines:
            if len(cells) != len(header):
                column = [*header, f"column {len(header) + 1}"][min(len(cells), len(header))]
                message = f"{len(cells)} cells under {len(header)} column names"
                faults.append(Fault(f"{path.name}:{line}:{column}", "wrong_length", message))
            else:
                rows.append(Row(path.name, line, dict(zip(header, cells, strict=True))))
    except csv.Error as error:
        line = rows[-1].line + 1 if rows else 1
        faults.append(Fault(f"{path.name}:{line}:1", "not_csv", f"from here on this is not CSV: {error}"))
    return rows, faults


def _numbered(text: str) -> Iterator[tuple[int, list[str]]]:
    """Rows with the line that each begins on; empty lines are passed over."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    begins = 1
    for cells in reader:
        if cells:
            yield begins, cells
        begins = reader.line_num + 1


def _header_faults(file: str, header: list[str], required: Sequence[str], optional: Sequence[str]) -> list[Fault]:
    known = [*required, *optional]
    faults = [
        Fault(f"{file}:1:{column}", "missing_column", f"the column {column} is missing")
        for column in required
        if column not in header
    ]
    for place, column in enumerate(header):
        if column not in known:
            near = get_close_matches(column, known, 1)
            hint = f"; did you mean {near[0]}?" if near else f"; known are {', '.join(known)}"
            faults.append(Fault(f"{file}:1:{column}", "unknown_column", f"there is no column {column!r}{hint}"))
        elif column in header[:place]:
            faults.append(Fault(f"{file}:1:{column}", "double_column", f"the column {column} stands there twice"))
    return faults


def _not_whole(column: str, written: str) -> str:
    if not written:
        return f"{column} is empty"
    if column.endswith("_wh") and _KWH.fullmatch(written):
        return f"{written} is not in whole Wh; if it is kWh, write {int(Decimal(written) * 1000)}"
    return f"{written[:20]!r} is not a whole number from zero up, in digits 0 to 9"
