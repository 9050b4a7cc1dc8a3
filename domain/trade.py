"""What a clearing concludes."""

from typing import NamedTuple

from domain.order import Column


class Trades(NamedTuple):
    """Bilateral trades of one market and slot in columns, one row a trade, at one uniform price.

    Each shape (trades,), int64. sell_order, buy_order: row numbers in the Book. energy_wh: Wh, above zero.
    """

    sell_order: Column
    buy_order: Column
    energy_wh: Column
