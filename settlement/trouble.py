"""Trouble between parties, found in settled figures before anybody complains. Pure columns in, flags out.

Four kinds: a reading that came or changed after the bill (late), a seller who delivered too little of what it sold
(short), meters that contradict each other by more than losses and tolerance (disagreeing), and a day's bill unlike the
member's own days. The last is judged by median and median absolute deviation, which a few odd days do not move.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from domain.order import Column
from domain.quantity import PPM

Flags = npt.NDArray[np.bool_]


def changed(billed_wh: Column, known_wh: Column) -> Flags:
    """Whose register reads otherwise now than it was billed; where nothing is known now (below zero) nothing changed.

    Both of one shape, int64, Wh.
    """
    return np.asarray((known_wh >= 0) & (known_wh != billed_wh))


def short(contracted_wh: Column, delivered_wh: Column, share_ppm: int) -> Flags:
    """Who delivered less than what it sold by more than a share of it. Both of shape (sites,), int64, Wh."""
    return np.asarray((contracted_wh - delivered_wh) * PPM > contracted_wh * share_ppm)


def disagreeing(into_wh: Column, out_of_wh: Column, tolerance_ppm: int) -> Flags:
    """Where more came out of a home than its meters say went in, by more than losses and tolerance explain.

    into_wh: import, generation and discharge; out_of_wh: export and charge. Both of one shape, int64, Wh. That less
    came out is use, and no contradiction.
    """
    return np.asarray((out_of_wh - into_wh) * PPM > into_wh * tolerance_ppm)


def unusual(bill_ujpy: int, own_days_ujpy: Sequence[int], spreads: int, days_min: int, least_ujpy: int) -> bool:
    """Whether a day's bill lies further from the median of one's own days than so many median absolute deviations, and
    than ``least_ujpy``. With fewer days than ``days_min`` nothing is unusual. Medians are rounded down."""
    if len(own_days_ujpy) < days_min:
        return False
    usual = median(own_days_ujpy)
    spread = median([abs(each - usual) for each in own_days_ujpy])
    return abs(bill_ujpy - usual) > max(spreads * spread, least_ujpy)


def median(values: Sequence[int]) -> int:
    """The middle value; of an even number the mean of the two in the middle, rounded down."""
    ordered, middle = sorted(values), len(values) // 2
    return ordered[middle] if len(values) % 2 else (ordered[middle - 1] + ordered[middle]) // 2
