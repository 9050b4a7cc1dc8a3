"""Which moment of the profile year 2016 stands for a slot of today.

A delivery date becomes the profile date that many whole weeks earlier which lies nearest to its anniversary: 3,654
days for 2026, so 2026-05-20, a Wednesday, becomes 2016-05-18, a Wednesday. Where that leaves 2016, whole steps of 52
weeks lead back into it. Weekday and season both hold; 1.24 days of season are lost a year, so the shift is good for
some years around 2026. The rows of the profiles are read as the local clock.
"""

from datetime import date

import numpy as np

from domain.order import Column
from domain.slot import slots_per_day

PROFILE_DAYS = 366
SHIFT_DAYS = 3654
_WRAP_DAYS = 364
_EPOCH = date(1970, 1, 1)
_FIRST_PROFILE_DAY = (date(2016, 1, 1) - _EPOCH).days
# Japan is nine hours ahead of UTC all year, so the local clock is a constant number of slots ahead.
_LOCAL_AHEAD_MIN = 540


def local_days(slots: Column, slot_min: int = 30) -> tuple[Column, Column]:
    """Local date as days since 1970-01-01 and slot of the day from zero, each of the shape of ``slots``."""
    day, part = np.divmod(slots + _LOCAL_AHEAD_MIN // slot_min, slots_per_day(slot_min))
    return day, part


def local_day(slot: int, slot_min: int = 30) -> tuple[date, int]:
    """The local date of a slot and which slot of that day it is, from zero."""
    day, part = divmod(slot + _LOCAL_AHEAD_MIN // slot_min, slots_per_day(slot_min))
    return date.fromordinal(_EPOCH.toordinal() + day), part


def first_slot(day: date, slot_min: int = 30) -> int:
    """The slot that starts at local midnight of a date."""
    return (day - _EPOCH).days * slots_per_day(slot_min) - _LOCAL_AHEAD_MIN // slot_min


def profile_rows(first: int, last: int, slot_min: int = 30) -> Column:
    """The rows, from zero, of the profile year for slots ``first`` to before ``last``. Shape (last - first,), int64."""
    day, part = local_days(np.arange(first, last, dtype=np.int64), slot_min)
    return _profile_day(day) * slots_per_day(slot_min) + part


def _profile_day(local_day: Column) -> Column:
    day = local_day - SHIFT_DAYS - _FIRST_PROFILE_DAY
    late = PROFILE_DAYS - _WRAP_DAYS + (day - PROFILE_DAYS) % _WRAP_DAYS
    return np.where(day < 0, day % _WRAP_DAYS, np.where(day < PROFILE_DAYS, day, late))
