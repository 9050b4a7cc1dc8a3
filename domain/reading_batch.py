"""Many readings of one meter as columns: what an envelope holds, decoded, checked and kept without a loop."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from domain.order import Column
from domain.reading import REGISTERS, Quality, Reading

QUALITIES = (Quality.MEASURED, Quality.ESTIMATED, Quality.SUBSTITUTED, Quality.CORRECTED)
"""What is measured comes first: its place is zero."""
LOAD_SIGNS = {
    "import_wh": 1, "export_wh": -1, "generation_wh": 1, "charge_wh": -1, "discharge_wh": 1, "vehicle_charge_wh": -1,
    "vehicle_discharge_wh": 1,
}  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class ReadingBatch:
    """Readings of one device under one boot; the one at place ``i`` has the counter ``counter_first + i``.

    slot: shape (readings,), int64. amounts: by register, the same shape, Wh; a register that is not named is zero
    throughout. quality: the same shape, places in QUALITIES; None when all are measured.
    """

    device_id: str
    boot: int
    counter_first: int
    slot: Column
    amounts: Mapping[str, Column] = field(default_factory=dict)
    quality: Column | None = None

    def __len__(self) -> int:
        return len(self.slot)

    @classmethod
    def of(cls, readings: Sequence[Reading]) -> "ReadingBatch":
        """The same readings as columns. Asserts one device, one boot and counters without a gap, at least one."""
        first = readings[0]
        names = {(reading.device_id, reading.boot, reading.counter - place) for place, reading in enumerate(readings)}
        assert names == {(first.device_id, first.boot, first.counter)}, "a batch is one device's run of counters"
        columns = {name: _column([getattr(each, name) for each in readings]) for name in REGISTERS}
        quality = _column([QUALITIES.index(each.quality) for each in readings])
        return cls(
            first.device_id,
            first.boot,
            first.counter,
            _column([each.slot for each in readings]),
            {name: column for name, column in columns.items() if column.any()},
            quality if quality.any() else None,
        )

    @property
    def load_wh(self) -> Column:
        """Shape (readings,), Wh: what was used behind the meter, as ``Reading.load_wh`` has it."""
        load_wh = np.zeros(len(self.slot), np.int64)
        for name, column in self.amounts.items():
            load_wh += LOAD_SIGNS.get(name, 0) * column
        return load_wh

    def register(self, name: str) -> Column:
        """Shape (readings,), Wh."""
        return self.amounts[name] if name in self.amounts else np.zeros(len(self.slot), np.int64)

    def quality_places(self) -> Column:
        """Shape (readings,), places in QUALITIES."""
        return np.zeros(len(self.slot), np.int64) if self.quality is None else self.quality

    def readings(self) -> list[Reading]:
        """One by one, in order of their counters."""
        return [self.reading(place) for place in range(len(self.slot))]

    def reading(self, place: int) -> Reading:
        """The one at a place."""
        amounts = {name: int(column[place]) for name, column in self.amounts.items()}
        quality = Quality.MEASURED if self.quality is None else QUALITIES[self.quality[place]]
        plain = {"import_wh": 0, "export_wh": 0} | amounts
        return Reading(
            self.device_id, self.boot, self.counter_first + place, int(self.slot[place]), **plain, quality=quality
        )


def _column(values: Sequence[int]) -> Column:
    return np.array(values, np.int64)
