"""One slot of a session, once it is decided what blocks and loads bring into it and take out of it.

What they bring is one ask that sells at any price, what they take one bid that buys at any price, both before all
others; then the slot is an ordinary call auction.
"""

from typing import NamedTuple

import numpy as np

from domain.order import Book, Column, Side
from domain.tariff import Corridor
from market.auction.clearing import Clearing, clear


class SlotOutcome(NamedTuple):
    """clearing: of the simple orders. low, high: every price between suits them, also when nothing trades. mJPY/kWh."""

    clearing: Clearing
    low: int
    high: int


def clear_slot(book: Book, corridor: Corridor, brought_wh: int, taken_wh: int) -> SlotOutcome:
    """The slot's call auction around what is brought and taken, both of which must find room, Wh."""
    first, nobody, orders = int(book.entered.min(initial=0)) - 1, int(book.site.max(initial=-1)) + 1, book.site.size
    rows = (
        (nobody, Side.SELL, corridor.floor, brought_wh, first),
        (nobody + 1, Side.BUY, corridor.cap, taken_wh, first),
    )
    added = np.array([row for row in rows if row[3]], np.int64).reshape(-1, 5).T
    around = clear(Book(*(np.concatenate(columns) for columns in zip(book, added, strict=True))), corridor)
    filled_wh = around.filled_wh[:orders]
    assert around.filled_wh[orders:].tolist() == added[3].tolist(), "what was decided finds room in its slot"
    welfare_ujpy = welfare_of(book, filled_wh)
    low, high = around.interval or _quiet(book, corridor)
    return SlotOutcome(around._replace(filled_wh=filled_wh, welfare_ujpy=welfare_ujpy), low, high)


def welfare_of(book: Book, filled_wh: Column) -> int:
    """What filled bids were ready to pay less what filled asks wanted. uJPY."""
    worth = np.where(book.side == Side.BUY, book.limit_mjpy_per_kwh, -book.limit_mjpy_per_kwh)
    return int(worth @ filled_wh)


def _quiet(book: Book, corridor: Corridor) -> tuple[int, int]:
    """Where a price would have to lie for nobody to trade: from the best bid to the best ask."""
    bids, asks = (book.limit_mjpy_per_kwh[(book.side == side) & (book.energy_wh > 0)] for side in (Side.BUY, Side.SELL))
    return int(bids.max(initial=corridor.floor)), int(asks.min(initial=corridor.cap))
