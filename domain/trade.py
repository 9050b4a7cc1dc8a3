"""What a clearing concludes."""

from enum import StrEnum
from typing import NamedTuple

from domain.order import Column


class Venue(StrEnum):
    """Where a trade came about: in the slot's own call auction, or before it, each at a price of its own."""

    CALL = "call"
    CONTINUOUS = "continuous"
    DAY_AHEAD = "day_ahead"


class Trades(NamedTuple):
    """Bilateral trades of one market and slot in columns, one row a trade, at one uniform price.

    Each shape (trades,), int64. sell_order, buy_order: row numbers in the Book. energy_wh: Wh, above zero.
    """

    sell_order: Column
    buy_order: Column
    energy_wh: Column


class Deals(NamedTuple):
    """Trades with why these two met, one row a trade. Each column of shape (trades,), int64.

    premium_mjpy_per_kwh: what the buyer pays the seller above the uniform price. bond: domain.preference.Bond.
    """

    trades: Trades
    premium_mjpy_per_kwh: Column
    bond: Column
