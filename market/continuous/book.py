"""The continuous double auction: orders meet one by one, by price, then by time, from opening to the closing call.

An incoming order trades with the best of the other side at the resting order's price as long as the limits cross, and
rests with what is left. The laws:

- Amending an order to less at the same price keeps its turn; another price or more energy loses it.
- Nobody trades with oneself: where an incoming order meets its own party first on the other side, what is left of the
  incoming order is cancelled; the older order keeps its turn.
- An order ends at the moment its owner named. Moments are the caller's whole numbers; the book has no clock.
- A command with faults changes nothing. The accepted commands are the journal: replayed, they give the same book.

Trades are firm. What they leave of the possible welfare, and what they spoilt, the closing call recovers
(market.continuous.closing).
"""

import hashlib
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from domain.errors import InputRefused
from domain.order import Column
from domain.tariff import Corridor
from market.continuous import kernel
from market.continuous.command import Command, Commands, columns_of, faults_of

LEVELS_MAX = MOMENTS_MAX = 1 << 20


@dataclass(frozen=True, slots=True)
class Terms:
    """What a book is made for. Limits are whole multiples of ``tick_mjpy_per_kwh`` inside the corridor.

    opens, closes: the first moment of continuous trading and the first after it. orders_max: how many orders may ever
    enter. energy_max_wh: the most one order may have; so small that twice the value of all orders fits 63 bits.
    """

    corridor: Corridor
    opens: int
    closes: int
    orders_max: int
    tick_mjpy_per_kwh: int = 10
    energy_max_wh: int = 1_000_000

    def __post_init__(self) -> None:
        if not 0 < self.closes - self.opens <= MOMENTS_MAX:
            raise ValueError(f"a book is open for 1 to {MOMENTS_MAX} moments, not {self.closes - self.opens}")
        if self.corridor.floor < 0 or self.tick_mjpy_per_kwh <= 0 or not 0 < self.levels <= LEVELS_MAX:
            raise ValueError(f"a book has 1 to {LEVELS_MAX} price levels, none below zero, and a tick above zero")
        if self.orders_max <= 0 or self.energy_max_wh <= 0:
            raise ValueError("a book has room for at least one order of at least 1 Wh")
        if self.orders_max * self.energy_max_wh * (2 * self.corridor.cap + 1) > np.iinfo(np.int64).max:
            raise ValueError("twice the value of all orders would not fit 63 bits: lower orders_max or energy_max_wh")

    @property
    def first_tick(self) -> int:
        """The lowest level, counted in ticks from zero."""
        return -(-self.corridor.floor // self.tick_mjpy_per_kwh)

    @property
    def levels(self) -> int:
        """How many limits there are."""
        return self.corridor.cap // self.tick_mjpy_per_kwh - self.first_tick + 1


class Executions(NamedTuple):
    """Trades in columns, in the order in which they happened. Each shape (trades,), int64.

    event: which accepted command made it, counted from 0. *_order, *_party: the caller's ids. *_limit: the owner's
    limit when it traded, mJPY/kWh. price: the resting order's limit, mJPY/kWh. energy: Wh, above zero.
    """

    event: Column
    sell_order: Column
    buy_order: Column
    sell_party: Column
    buy_party: Column
    sell_limit_mjpy_per_kwh: Column
    buy_limit_mjpy_per_kwh: Column
    price_mjpy_per_kwh: Column
    energy_wh: Column


class Applied(NamedTuple):
    """What commands did. refused, prevented_wh: Shape (commands,), int64.

    refused: zero for an event, else the bits of market.continuous.command.REFUSALS. prevented_wh: what self-trade
    prevention cancelled of the incoming order, Wh.
    """

    executions: Executions
    refused: Column
    prevented_wh: Column


class Resting(NamedTuple):
    """Open orders in columns, by priority: bids from the highest limit on, then asks from the lowest, each level in
    order of time. Each shape (orders,), int64; limit in mJPY/kWh; left, filled in Wh.
    """

    order: Column
    party: Column
    side: Column
    limit_mjpy_per_kwh: Column
    left_wh: Column
    filled_wh: Column
    until: Column


class ContinuousBook:
    """One market's book for one slot. It changes by commands only, and two books that took the same are the same."""

    __slots__ = ("_state", "terms")

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self._state = _empty(terms)

    @property
    def events(self) -> int:
        """How many commands have been accepted."""
        return int(self._state.header[kernel.EVENTS])

    @property
    def closed(self) -> bool:
        """Has an EXPIRE at the closing moment ended continuous trading?"""
        return int(self._state.header[kernel.NOW]) == self.terms.closes

    def apply(self, command: Command) -> Executions:
        """Apply one command. Raises InputRefused with all its faults; the book is then as it was."""
        columns = columns_of([command])
        applied = self.apply_all(columns)
        if applied.refused.any():
            raise InputRefused(faults_of(columns, applied.refused))
        return applied.executions

    def apply_all(self, commands: Commands) -> Applied:
        """Apply many commands in order; those with faults are marked and change nothing. Linear in the commands."""
        count = len(commands.kind)
        assert all(column.dtype == np.int64 and column.shape == (count,) for column in commands), "no commands"
        refused, prevented_wh = np.empty(count, np.int64), np.empty(count, np.int64)
        # A trade ends the resting order or the incoming one: there are at most as many as orders that can end.
        trades_max = int(self._state.header[kernel.COUNT]) + 2 * count
        out = np.empty((kernel.EXECUTION_FIELDS, trades_max), np.int64)
        contiguous = Commands(*map(np.ascontiguousarray, commands))  # the kernel is compiled for these only
        trades = kernel.apply_commands(self._state, contiguous, refused, prevented_wh, out)
        return Applied(Executions(*out[:, :trades]), refused, prevented_wh)

    def resting(self) -> Resting:
        """The open orders as of the last event."""
        rows = np.empty(self.terms.orders_max, np.int64)
        orders = self._state.orders[rows[: kernel.open_rows(self._state, rows)]]
        side, level = np.divmod(orders[:, kernel.LANE], self.terms.levels)
        return Resting(
            order=orders[:, kernel.ID],
            party=orders[:, kernel.PARTY],
            side=side,
            limit_mjpy_per_kwh=(level + self.terms.first_tick) * self.terms.tick_mjpy_per_kwh,
            left_wh=orders[:, kernel.LEFT],
            filled_wh=orders[:, kernel.FILLED],
            until=orders[:, kernel.UNTIL],
        )

    def digest(self) -> str:
        """SHA-256 of the open orders by priority, of every id that ever entered with what it traded, and of time."""
        sums = hashlib.sha256()
        header, entered = self._state.header, self._state.orders[: self._state.header[kernel.COUNT]]
        for column in (
            header[[kernel.COUNT, kernel.EVENTS, kernel.NOW]],
            *self.resting(),
            entered[:, kernel.ID],
            entered[:, kernel.FILLED],
        ):
            sums.update(np.ascontiguousarray(column, "<i8").tobytes())
        return sums.hexdigest()


def replay(terms: Terms, journal: Commands) -> ContinuousBook:
    """The book that a journal of accepted commands gives."""
    book = ContinuousBook(terms)
    assert not book.apply_all(journal).refused.any(), "a journal holds accepted commands only"
    return book


def _empty(terms: Terms) -> kernel.State:
    """A book that nobody has entered."""
    bits = (2 * terms.orders_max - 1).bit_length() + 1
    header = np.zeros(kernel.HEADER_FIELDS, np.int64)
    header[[kernel.NOW, kernel.OPENS, kernel.CLOSES]] = terms.opens, terms.opens, terms.closes
    header[[kernel.BEST_BID, kernel.BEST_ASK]] = -1, terms.levels
    header[[kernel.FIRST_TICK, kernel.TICK]] = terms.first_tick, terms.tick_mjpy_per_kwh
    header[[kernel.FLOOR, kernel.CAP]] = terms.corridor.floor, terms.corridor.cap
    header[[kernel.ENERGY_MAX, kernel.SHIFT]] = terms.energy_max_wh, 64 - bits
    return kernel.State(
        header,
        orders=np.zeros((terms.orders_max, kernel.ORDER_FIELDS), np.int64),
        lanes=np.full((2 * terms.levels, 2), kernel.NOBODY, np.int64),
        known=np.zeros(1 << bits, np.int64),
        due=np.full(terms.closes - terms.opens, kernel.NOBODY, np.int64),
    )
