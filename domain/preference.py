"""With whom members would rather trade, and what it is worth to them."""

from enum import IntEnum
from typing import NamedTuple

import numpy as np

from domain.order import Column

NONE = -1


class Bond(IntEnum):
    """Why two orders were brought together."""

    BOOK = 0
    FEEDER = 1
    TRANSFORMER = 2
    LOCAL_WISH = 3
    SOURCE_WISH = 4
    PARTNER_WISH = 5


class Preferences(NamedTuple):
    """Wishes of a book in columns, one row an order. Each shape (orders,), int64; only a bid's wishes are heard.

    partner: the site the buyer would rather buy from, or NONE. source: for an ask what the energy comes from, for a bid
    what it shall come from, or NONE. local_first: 1 when the buyer's own transformer comes before partner and source.
    premium_max_mjpy_per_kwh: what the buyer pays at most above the uniform price where a wish is met, zero or more.
    """

    partner: Column
    source: Column
    local_first: Column
    premium_max_mjpy_per_kwh: Column


def no_wishes(orders: int) -> Preferences:
    """Preferences of people who do not mind with whom they trade."""
    nobody = np.full(orders, NONE, np.int64)
    return Preferences(nobody, nobody, np.zeros(orders, np.int64), np.zeros(orders, np.int64))
