"""The closing call: one auction at the end of continuous trading, in which what was traded may be traded back.

Continuous trades are firm, and early ones often join a buyer and a seller whom the optimum would leave out. So beside
the open orders every continuous trade enters the call as its own reverse, twice, at its owners' limits: the bought
energy is offered at the buyer's limit, the sold energy is bid for at the seller's limit. The laws, each tested:

- The open orders and the reverses together span exactly the allocations that all orders could ever have reached, so
  the welfare after the call is the optimum over all of them, as if nothing had been traded before.
- Every fill is at the uniform price and within its own limit, so nobody ends with less than after continuous trading:
  who resells gets at least what the energy was worth to him, who buys back pays at most what it would have cost him.
- Bought is sold, so at one price what some pay others get, to the micro-yen.
- Among the welfare optima it is one with the least energy undone: nothing is traded back for no gain. To that end
  limits are counted in half milli-yen and a reverse wants one half more than its owner's limit.

Firm trades stay as they are; a reverse that is filled is a trade of its own, at the closing price.
"""

from typing import NamedTuple

import numpy as np

from domain.order import Book, Column, Side
from domain.tariff import Corridor
from market.auction.clearing import clear
from market.continuous.book import ContinuousBook, Executions, Resting


class Entries(NamedTuple):
    """What takes part in the call, one row an entry: open orders by priority, then resales, then buy-backs.

    book: site is the party, limit the owner's. order: Shape (entries,), int64, the order it stems from. execution:
    Shape (entries,), int64, the row of the trade that it undoes, -1 for an open order.
    """

    book: Book
    order: Column
    execution: Column


class Closing(NamedTuple):
    """What the call decides.

    price_mjpy_per_kwh: the uniform price, None when nothing trades. filled_wh: Shape (entries,), int64, Wh.
    welfare_ujpy: what it adds to the welfare of the continuous trades. volume_wh: bought, which is sold, reverses
    included. undone_wh: filled reverses, resales and buy-backs together.
    """

    price_mjpy_per_kwh: int | None
    filled_wh: Column
    welfare_ujpy: int
    volume_wh: int
    undone_wh: int


def entries(resting: Resting, executions: Executions) -> Entries:
    """Open orders and the reverses of all trades so far, in the order in which a tie of limits goes."""
    trades, zeros = np.arange(len(executions.event)), np.zeros(len(executions.event), np.int64)
    none = np.full(len(resting.order), -1, np.int64)
    parts = (
        (resting.party, resting.side, resting.limit_mjpy_per_kwh, resting.left_wh, resting.order, none),
        _resales(executions, zeros + Side.SELL, trades),
        _buy_backs(executions, zeros + Side.BUY, trades),
    )
    party, side, limit, energy_wh, order, execution = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    return Entries(Book(party, side, limit, energy_wh, np.arange(len(party))), order, execution)


def _resales(done: Executions, side: Column, trades: Column) -> tuple[Column, ...]:
    return done.buy_party, side, done.buy_limit_mjpy_per_kwh, done.energy_wh, done.buy_order, trades


def _buy_backs(done: Executions, side: Column, trades: Column) -> tuple[Column, ...]:
    return done.sell_party, side, done.sell_limit_mjpy_per_kwh, done.energy_wh, done.sell_order, trades


def close(book: ContinuousBook, executions: Executions) -> tuple[Entries, Closing]:
    """The closing call of a closed book. executions: all its trades since it opened."""
    assert book.closed, "the closing call comes after continuous trading"
    taking_part = entries(book.resting(), executions)
    return taking_part, call(taking_part, book.terms.corridor)


def call(taking_part: Entries, corridor: Corridor) -> Closing:
    """The welfare optimum with the least energy undone and, of these, the greatest volume; its price is the middle
    of the interval in which nobody would rather have been filled otherwise, rounded down.
    """
    book = taking_part.book
    reverse, is_bid = taking_part.execution >= 0, book.side == Side.BUY
    half_more = np.where(is_bid, -1, 1) * reverse
    in_halves = book._replace(limit_mjpy_per_kwh=2 * book.limit_mjpy_per_kwh + half_more)
    filled_wh = clear(in_halves, Corridor(2 * corridor.floor - 1, 2 * corridor.cap + 1)).filled_wh
    volume_wh = int(filled_wh[is_bid].sum())
    signed_wh = np.where(is_bid, filled_wh, -filled_wh)
    return Closing(
        _price(book, filled_wh) if volume_wh else None,
        filled_wh,
        int(signed_wh @ book.limit_mjpy_per_kwh),
        volume_wh,
        int(filled_wh[reverse].sum()),
    )


def _price(book: Book, filled_wh: Column) -> int:
    """The middle of the prices that suit all limits: no less than filled asks and the bids left, no more than filled
    bids and the asks left. Never empty, as the fills follow the order of limits on both sides.
    """
    limits, is_bid = book.limit_mjpy_per_kwh, book.side == Side.BUY
    filled, left = filled_wh > 0, filled_wh < book.energy_wh
    low = int(limits[(filled & ~is_bid) | (left & is_bid)].max())
    high = int(limits[(filled & is_bid) | (left & ~is_bid)].min())
    assert low <= high, "the fills do not follow the limits"
    return (low + high) // 2
