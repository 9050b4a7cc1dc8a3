"""Offers to buy and to sell, one by one and in columns."""

from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

Column: TypeAlias = npt.NDArray[np.int64]


class Side(IntEnum):
    """The direction of an order. Energy itself is never negative."""

    BUY = 0
    SELL = 1


@dataclass(frozen=True, slots=True)
class Order:
    """One offer for one slot: at most ``energy_wh`` at ``limit_mjpy_per_kwh`` or better, at the seller's meter.

    firm: delivery is planned by a device (a battery set-point); otherwise the trade settles on metered energy.
    """

    id: str
    slot: int
    site_id: str
    side: Side
    limit_mjpy_per_kwh: int
    energy_wh: int
    entered: int
    firm: bool = False


class Book(NamedTuple):
    """Orders of one market and slot in columns, one row an order. Each shape (orders,), int64.

    site: position of the site in the community's list. side: Side. limit_mjpy_per_kwh, energy_wh: as in Order.
    entered: order of arrival, breaks ties of price; the row number breaks ties of arrival.
    """

    site: Column
    side: Column
    limit_mjpy_per_kwh: Column
    energy_wh: Column
    entered: Column
