"""When a vehicle will be at its charger and what it will hold on arrival, learnt from when it was there.

A place of the day counts as home when the vehicle stood there on at least one in four of the recent days of the same
kind (working or off): who expects it too late lets it charge by habit, who expects it too early waits a slot for it. A
vehicle that is home although it usually is not stays until it usually would be.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from domain.order import Column
from domain.slot import slots_per_day
from forecasting.history import calendar

DAYS = 28
ONE_DAY_IN = 4


class Presence(NamedTuple):
    """home: Shape (vehicles, slots), where it is expected. arrival_wh: Shape (vehicles,), int64, mean content on
    arrival, rounded down; zero for who never came.
    """

    home: NDArray[np.bool_]
    arrival_wh: Column


def presence(begun_wh: Column, first_slot: int, ahead: int, zone: str, slot_min: int) -> Presence:
    """The ``ahead`` slots after the known ones. begun_wh: shape (vehicles, known slots), from ``first_slot`` on,
    content at the slot's start, zero while away, -1 where nothing is known; the last DAYS count. slot_min: minutes of a
    slot.
    """
    per_day = slots_per_day(slot_min)
    skipped = max(begun_wh.shape[1] - DAYS * per_day, 0)
    begun_wh = begun_wh[:, skipped:]
    known = begun_wh.shape[1]
    place, _, off = calendar(first_slot + skipped, known + ahead, zone, slot_min).T
    kind = off * per_day + place
    usual = _usual(begun_wh, kind[:known], 2 * per_day)[:, kind]
    home = usual[:, known:]
    stays = (begun_wh[:, -1] > 0) & ~usual[:, known - 1]
    until_usual = ~np.logical_or.accumulate(home, axis=1)
    return Presence(home | (stays[:, None] & until_usual), _arrival_wh(begun_wh))


def _usual(begun_wh: Column, kind: Column, kinds: int) -> NDArray[np.bool_]:
    """Whether it is usually home at the places of working days, then of days off. Shape (vehicles, places of both)."""
    of_kind = (kind[:, None] == np.arange(kinds)).astype(np.int64)
    seen, there = ((begun_wh >= 0).astype(np.int64) @ of_kind, (begun_wh > 0).astype(np.int64) @ of_kind)
    usual: NDArray[np.bool_] = (there > 0) & (there * ONE_DAY_IN >= seen)
    return usual


def _arrival_wh(begun_wh: Column) -> Column:
    came = (begun_wh[:, 1:] > 0) & (begun_wh[:, :-1] == 0)
    held_wh, times = np.where(came, begun_wh[:, 1:], 0).sum(axis=1), came.sum(axis=1)
    mean_wh: Column = held_wh // np.maximum(times, 1)
    return mean_wh
