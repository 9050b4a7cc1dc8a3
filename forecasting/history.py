"""What is known of many series up to now, and the days it falls on.

A history is causal by construction: whoever asks for a forecast hands over only what had arrived, and every feature is
computed from the window that ends at its last slot. A day is the slots of 24 hours; where clocks change, the lags
across that day are an hour off, which costs a little accuracy and nothing else.
"""

from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from domain.slot import MINUTES_PER_HOUR, Slot, slots_per_day

DAYS_PER_YEAR = 365
MISSING = -1

Energies = NDArray[np.int64]
Reals = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class History:
    """Energy of several series over consecutive slots.

    values: shape (series, slots), int64, Wh; ``MISSING`` where no reading arrived.
    first_slot: the slot index of column 0. zone: the market's time zone, e.g. ``Asia/Tokyo``.
    stated_annual_wh: shape (series,), int64, what each customer stated at sign-up, ``MISSING`` where nothing; used only
    while a series has less than a day of readings. slot_min: minutes of a slot.
    """

    values: Energies
    first_slot: int
    zone: str
    stated_annual_wh: Energies | None = None
    slot_min: int = 30

    @property
    def per_day(self) -> int:
        """Slots in 24 hours."""
        return slots_per_day(self.slot_min)

    @property
    def last_slot(self) -> int:
        """The last slot the history reaches (its readings may still be missing)."""
        return self.first_slot + int(self.values.shape[1]) - 1

    def until(self, slot: int) -> "History":
        """The same history as it stood when ``slot`` was the last one known."""
        kept = max(0, slot - self.first_slot + 1)
        return replace(self, values=self.values[:, :kept])

    def window(self, days: int) -> Reals:
        """The last days as reals, NaN where missing or before the history. Shape (series, days * per_day), Wh."""
        length = days * self.per_day
        tail = self.values[:, -length:] if self.values.shape[1] else self.values
        known = np.full((self.values.shape[0], length), np.nan, np.float32)
        if tail.shape[1]:
            known[:, length - tail.shape[1] :] = np.where(tail < 0, np.nan, tail)
        return known


@lru_cache(maxsize=4096)
def day_kind(day: date, zone: str) -> tuple[int, bool]:
    """Weekday (Monday 0) and whether it is a day off: a weekend, or a public holiday where the zone is Japan's."""
    weekday = day.weekday()
    if zone != "Asia/Tokyo":
        return weekday, weekday >= 5
    import jpholiday

    return weekday, weekday >= 5 or bool(jpholiday.is_holiday(day))


def calendar(first_slot: int, slots: int, zone: str, slot_min: int = 30) -> NDArray[np.int64]:
    """Slot of the local day by its clock, weekday and day-off flag of consecutive slots. Shape (slots, 3), int64."""
    place = ZoneInfo(zone)
    rows = []
    for index in range(first_slot, first_slot + slots):
        moment = Slot(index, slot_min).local_start(place)
        weekday, off = day_kind(moment.date(), zone)
        of_day = (moment.hour * MINUTES_PER_HOUR + moment.minute) // slot_min
        rows.append((of_day, weekday, int(off)))
    return np.array(rows, np.int64).reshape(slots, 3)


def mean_of_known(values: Reals) -> Reals:
    """Mean over the last axis of what is known, NaN where nothing is."""
    unknown = np.isnan(values)
    if not unknown.any():
        whole: Reals = values.mean(axis=-1)
        return whole
    known = (~unknown).sum(axis=-1).astype(np.float32)
    total = np.where(unknown, np.float32(0), values).sum(axis=-1)
    result: Reals = np.divide(total, known, out=np.full_like(total, np.nan), where=known > 0)
    return result
