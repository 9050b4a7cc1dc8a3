"""The community's past in columns, read once and then grown slot by slot.

Forecasts look back eight weeks over every site, each slot anew. Reading all of it from the database each time would
cost more than the forecast, so the columns stay in the process and only what is new or late is fetched. They hold
nothing that the database does not: a new process reads the same columns.
"""

from dataclasses import dataclass, field

import numpy as np

from domain.order import Column
from memory.database import Database
from memory.devices import readings

REGISTERS = (
    "load_wh", "generation_wh", "import_wh", "export_wh", "stored_wh", "charge_wh", "discharge_wh", "vehicle_charge_wh",
    "vehicle_discharge_wh", "vehicle_stored_wh",
)  # fmt: skip


@dataclass(slots=True)
class Histories:
    """Columns of shape (sites, slots) from ``first_slot`` on, int64 Wh, -1 where nothing is known."""

    database: Database
    site_ids: list[str]
    first_slot: int
    _columns: dict[str, Column] = field(default_factory=dict)
    _end: int = -1
    _mark: str = ""

    def until(self, last_slot: int) -> dict[str, Column]:
        """Every register up to and with ``last_slot``; what came later is not shown."""
        self._forget_what_changed()
        if last_slot >= self._end or not self._columns:
            self._grow(last_slot + 1)
        return {name: column[:, : last_slot + 1 - self.first_slot] for name, column in self._columns.items()}

    def _forget_what_changed(self) -> None:
        """Readings may come late, and corrections later still: what is kept ends before the first slot of such a one.

        The mark is taken before looking, so what commits between the two is found twice, never missed.
        """
        with self.database.read() as tx:
            mark = readings.mark(tx)
            changed = readings.first_slot_since(tx, self._mark) if self._columns else None
        self._mark = mark
        if changed is not None and changed < self._end:
            self._end = max(changed, self.first_slot)
            self._columns = {name: column[:, : self._end - self.first_slot] for name, column in self._columns.items()}

    def _grow(self, end: int) -> None:
        start = max(self._end, self.first_slot)
        with self.database.begin("history") as tx:
            new = readings.history(tx, self.site_ids, start, end - 1)
        empty = np.empty((len(self.site_ids), 0), np.int64)
        self._columns = {
            name: np.concatenate([self._columns.get(name, empty), new[name]], axis=1) for name in REGISTERS
        }
        self._end = end
