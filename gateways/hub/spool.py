"""What the hub must not lose: its last mark, and every reading until the market has it. One SQLite file.

A reading and the mark it rests on commit together, before anybody hears of them, so a reading's counter never stands
for two contents. A new spool is a new boot, numbered by the second in which it was made: should the file be lost, the
hub counts anew under another name.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple
from datetime import datetime
from pathlib import Path
from typing import Any

from domain.errors import OutsideFailed
from domain.reading import Quality, Reading
from gateways.hub.registers import Amounts, RegisterMark

SCHEMA = """
CREATE TABLE IF NOT EXISTS boot (number INTEGER PRIMARY KEY);
CREATE TABLE IF NOT EXISTS mark (
    slot INTEGER PRIMARY KEY, import_count INTEGER, export_count INTEGER, generated_wh INTEGER, charged_wh INTEGER,
    discharged_wh INTEGER, stored_wh INTEGER, estimated INTEGER
);
CREATE TABLE IF NOT EXISTS reading (
    counter INTEGER PRIMARY KEY, slot INTEGER UNIQUE, import_wh INTEGER, export_wh INTEGER, generation_wh INTEGER,
    charge_wh INTEGER, discharge_wh INTEGER, stored_wh INTEGER, quality TEXT, refusal TEXT, sent INTEGER DEFAULT 0
);
"""
SENT_KEPT = 48 * 60


class Spool:
    """The spool in a file. Raises OutsideFailed when the disk does not take or give it."""

    def __init__(self, path: Path, device_id: str, made_at: datetime) -> None:
        self._device_id, self._path = device_id, path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = sqlite3.connect(path, isolation_level=None)
        with self._failures():
            self._file.execute("PRAGMA journal_mode = WAL")
            self._file.execute("PRAGMA synchronous = FULL")
            self._file.executescript(SCHEMA)
            made = int(made_at.timestamp())
            self._file.execute("INSERT INTO boot SELECT ? WHERE NOT EXISTS (SELECT 1 FROM boot)", (made,))
            (self.boot,) = self._file.execute("SELECT number FROM boot").fetchone()

    def close(self) -> None:
        """Give the file back."""
        self._file.close()

    def last_mark(self) -> RegisterMark | None:
        """The mark that the next reading begins at."""
        row = self._file.execute("SELECT * FROM mark").fetchone()
        if row is None:
            return None
        slot, imported, exported, generated_wh, charged_wh, discharged_wh, stored_wh, estimated = row
        return RegisterMark(
            slot, imported, exported, generated_wh, charged_wh, discharged_wh, stored_wh, bool(estimated)
        )

    def keep(self, mark: RegisterMark, used: Iterable[Amounts]) -> None:
        """The newest mark and the readings that end with it, all or nothing."""
        with self._failures(), self._file:
            self._file.execute("BEGIN IMMEDIATE")
            self._file.execute("DELETE FROM mark")
            self._file.execute("INSERT INTO mark VALUES (?, ?, ?, ?, ?, ?, ?, ?)", astuple(mark))
            for each in used:
                self._file.execute(
                    "INSERT INTO reading SELECT coalesce(max(counter) + 1, 0), ?, ?, ?, ?, ?, ?, ?, ?, NULL, 0 "
                    "FROM reading",
                    (*astuple(each)[:-1], str(each.quality)),
                )
            old = "(SELECT counter FROM reading ORDER BY counter DESC LIMIT -1 OFFSET ?)"
            self._file.execute(f"DELETE FROM reading WHERE sent AND counter IN {old}", (SENT_KEPT,))

    def waiting(self, most: int, *, refused: bool = False) -> list[Reading]:
        """The oldest readings that the market does not have, at most so many: those it refused, or else the others."""
        rows = self._file.execute(
            "SELECT counter, slot, import_wh, export_wh, generation_wh, charge_wh, discharge_wh, stored_wh, quality "
            "FROM reading WHERE NOT sent AND (refusal IS NOT NULL) = ? ORDER BY counter LIMIT ?",
            (refused, most),
        )
        return [self._reading(row) for row in rows]

    def sent(self, counters: Sequence[int]) -> None:
        """The market has them."""
        self._file.executemany(
            "UPDATE reading SET sent = 1, refusal = NULL WHERE counter = ?", [(c,) for c in counters]
        )

    def refused(self, counter: int, why: str) -> None:
        """The market does not take it now. It stays, with the reason, and is sent again."""
        with self._failures():
            self._file.execute("UPDATE reading SET refusal = ? WHERE counter = ?", (why, counter))

    def standing(self) -> tuple[int, list[str]]:
        """How many readings wait, and why the first of them were refused."""
        (count,) = self._file.execute("SELECT count(*) FROM reading WHERE NOT sent").fetchone()
        rows = self._file.execute("SELECT DISTINCT refusal FROM reading WHERE refusal IS NOT NULL LIMIT 5")
        return count, [why for (why,) in rows]

    @contextmanager
    def _failures(self) -> Iterator[None]:
        """What the disk refuses is said as a failure of the outside; a transaction is undone."""
        try:
            yield
        except sqlite3.Error as error:
            raise OutsideFailed(f"the hub's spool {self._path} cannot be used: {error}") from error

    def _reading(self, row: tuple[Any, ...]) -> Reading:
        counter, slot, import_wh, export_wh, generation_wh, charge_wh, discharge_wh, stored_wh, quality = row
        return Reading(
            device_id=self._device_id,
            boot=self.boot,
            counter=counter,
            slot=slot,
            import_wh=import_wh,
            export_wh=export_wh,
            generation_wh=generation_wh,
            charge_wh=charge_wh,
            discharge_wh=discharge_wh,
            stored_wh=stored_wh,
            quality=Quality(quality),
        )
