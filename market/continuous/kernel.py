"""The compiled heart of the continuous double auction: commands in columns on one side, trades in columns on the other.

The book is an array of price levels. Each side of each level is a lane: a first-in, first-out list of orders that are
linked by row number, so that entering, leaving and trading at the front take the same few steps however long the lane
is. An order's row is kept for good (its id may never come back), found by a hash of its id. Orders with an end stand
in a list of the moment at which they end. All memory is taken when the book is made.

Only market.continuous.book calls this; the laws stand there. Columns of integers, nothing allocated, nothing raised.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from domain.order import Column
from market.continuous.command import CommandKind, Commands

# Columns of ``orders``.
ID, PARTY, LANE, LEFT, FILLED, BEFORE, AFTER, UNTIL, DUE_AFTER = range(9)
ORDER_FIELDS = 9
# Places of ``header``.
COUNT, EVENTS, NOW, BEST_BID, BEST_ASK, OPENS, CLOSES, FIRST_TICK, TICK, FLOOR, CAP, ENERGY_MAX, SHIFT = range(13)
HEADER_FIELDS = 13
# Rows of the executions' table.
EVENT, SELL_ORDER, BUY_ORDER, SELL_PARTY, BUY_PARTY, SELL_LIMIT, BUY_LIMIT, PRICE, ENERGY = range(9)
EXECUTION_FIELDS = 9

NOBODY = -1
HASH_FACTOR = np.uint64(0x9E3779B97F4A7C15)
SUBMIT, AMEND, CANCEL, EXPIRE = (int(kind) for kind in CommandKind)


class State(NamedTuple):
    """All that a book is. int64; the places of each are named above.

    header: Shape (13,). orders: Shape (orders_max, 9), a row an order that ever entered. lanes: Shape (2 levels, 2),
    first and last row; bids below, asks above ``levels``. known: rows plus one by hash of id, a power of two above
    twice orders_max. due: Shape (moments,), the first row that ends at each moment.
    """

    header: Column
    orders: Column
    lanes: Column
    known: Column
    due: Column


@njit(cache=True)
def apply_commands(state: State, commands: Commands, refused: Column, prevented_wh: Column, out: Column) -> int:
    """Apply commands in order. Fills refused (bits of REFUSALS), prevented_wh (what self-trade prevention took from
    each command, Wh) and the rows of ``out``, shape (9, at least open orders + 2 commands). Returns the trades.
    """
    trades = 0
    for i in range(len(commands.kind)):
        place = _place_of(state, commands.order[i])
        row = state.known[place] - 1
        refused[i] = _refusals(state, commands, i, row)
        prevented_wh[i] = 0
        if refused[i] != 0:
            continue
        _pass_time(state, commands.moment[i])
        kind = commands.kind[i]
        if kind == SUBMIT:
            row = _enter(state, commands, i, place)
            trades, prevented_wh[i] = _trade(state, row, trades, out)
        elif kind == CANCEL:
            _leave(state, row)
        elif kind == AMEND:
            trades, prevented_wh[i] = _amend(state, commands, i, row, trades, out)
        state.header[EVENTS] += 1
    return trades


@njit(cache=True)
def _refusals(state: State, commands: Commands, i: int, row: int) -> int:
    """The bits of every reason to refuse a command, zero when there is none."""
    kind, moment, header, bits = commands.kind[i], commands.moment[i], state.header, 0
    if kind < SUBMIT or kind > EXPIRE:
        return 1
    last_moment = header[CLOSES] if kind == EXPIRE else header[CLOSES] - 1
    bits |= (moment < header[NOW]) << 1 | (moment < header[OPENS]) << 2
    bits |= (moment > last_moment or header[NOW] == header[CLOSES]) << 3
    if kind == EXPIRE:
        return int(bits)
    if kind == SUBMIT:
        bits |= (row != NOBODY) << 6 | (commands.side[i] != 0 and commands.side[i] != 1) << 7
        bits |= (commands.until[i] <= moment) << 12 | (header[COUNT] == len(state.orders)) << 13
    else:
        is_open = row != NOBODY and state.orders[row, LEFT] > 0 and state.orders[row, UNTIL] > moment
        bits |= (not is_open) << 4
        bits |= (is_open and state.orders[row, PARTY] != commands.party[i]) << 5
        bits |= (kind == AMEND and is_open and 0 < commands.energy_wh[i] <= state.orders[row, FILLED]) << 14
    if kind != CANCEL:
        limit, energy_wh = commands.limit_mjpy_per_kwh[i], commands.energy_wh[i]
        bits |= (energy_wh <= 0) << 8 | (energy_wh > header[ENERGY_MAX]) << 9
        bits |= (limit % header[TICK] != 0) << 10 | (limit < header[FLOOR] or limit > header[CAP]) << 11
    return int(bits)


@njit(cache=True)
def _place_of(state: State, order: int) -> int:
    """The place of an id in ``known``: where its row stands, or the free one where it would."""
    mask = len(state.known) - 1
    place = int(np.int64((np.uint64(order) * HASH_FACTOR) >> np.uint64(state.header[SHIFT])))
    while state.known[place] != 0 and state.orders[state.known[place] - 1, ID] != order:
        place = (place + 1) & mask
    return place


@njit(cache=True)
def _pass_time(state: State, moment: int) -> None:
    """Whatever ends at or before this moment leaves."""
    header, last_due = state.header, min(moment, state.header[CLOSES] - 1)
    for due in range(header[NOW] + 1, last_due + 1):
        row = state.due[due - header[OPENS]]
        while row != NOBODY:
            if state.orders[row, LEFT] > 0:
                _leave(state, row)
            row = state.orders[row, DUE_AFTER]
    header[NOW] = moment


@njit(cache=True)
def _enter(state: State, commands: Commands, i: int, place: int) -> int:
    """A row for a new order, known by its id and due at its end, in no lane yet. Returns the row."""
    header, row = state.header, int(state.header[COUNT])
    order, until = state.orders[row], commands.until[i]
    state.known[place] = row + 1
    header[COUNT] += 1
    order[ID], order[PARTY] = commands.order[i], commands.party[i]
    order[LANE] = _lane(state, commands.side[i], commands.limit_mjpy_per_kwh[i])
    order[LEFT], order[FILLED], order[UNTIL] = commands.energy_wh[i], 0, until
    order[BEFORE], order[AFTER], order[DUE_AFTER] = NOBODY, NOBODY, NOBODY
    if until < header[CLOSES]:
        order[DUE_AFTER] = state.due[until - header[OPENS]]
        state.due[until - header[OPENS]] = row
    return row


@njit(cache=True)
def _lane(state: State, side: int, limit_mjpy_per_kwh: int) -> int:
    level = limit_mjpy_per_kwh // state.header[TICK] - state.header[FIRST_TICK]
    return int(side * (len(state.lanes) // 2) + level)


@njit(cache=True)
def _amend(state: State, commands: Commands, i: int, row: int, trades: int, out: Column) -> tuple[int, int]:
    """Less at the same price stays where it stands; all else leaves and comes back as if it had just arrived."""
    order = state.orders[row]
    left_wh = commands.energy_wh[i] - order[FILLED]
    lane = _lane(state, order[LANE] >= len(state.lanes) // 2, commands.limit_mjpy_per_kwh[i])
    if lane == order[LANE] and left_wh <= order[LEFT]:
        order[LEFT] = left_wh
        return trades, 0
    _leave(state, row)
    order[LANE], order[LEFT] = lane, left_wh
    return _trade(state, row, trades, out)


@njit(cache=True)
def _trade(state: State, row: int, trades: int, out: Column) -> tuple[int, int]:
    """Let an incoming order trade with the best of the other side, first come first, and rest with what is left.

    Where its own party stands first on the other side, the rest of the incoming order is cancelled. Returns the trades
    so far and the Wh so cancelled.
    """
    orders, levels = state.orders, len(state.lanes) // 2
    order = orders[row]
    sells = order[LANE] >= levels
    while order[LEFT] > 0:
        level = state.header[BEST_BID] if sells else state.header[BEST_ASK]
        if (level < order[LANE] - levels) if sells else (level > order[LANE]):
            break
        first = state.lanes[level if sells else levels + level, 0]
        if orders[first, PARTY] == order[PARTY]:
            prevented_wh = int(order[LEFT])
            order[LEFT] = 0
            return trades, prevented_wh
        energy_wh = min(order[LEFT], orders[first, LEFT])
        _record(state, row if sells else first, first if sells else row, level, energy_wh, out[:, trades])
        trades += 1
        order[FILLED] += energy_wh
        orders[first, FILLED] += energy_wh
        order[LEFT] -= energy_wh
        if energy_wh == orders[first, LEFT]:
            _leave(state, first)
        else:
            orders[first, LEFT] -= energy_wh
    if order[LEFT] > 0:
        _rest(state, row)
    return trades, 0


@njit(cache=True)
def _record(state: State, seller: int, buyer: int, level: int, energy_wh: int, out: Column) -> None:
    header, orders, levels = state.header, state.orders, len(state.lanes) // 2
    out[EVENT] = header[EVENTS]
    out[SELL_ORDER], out[BUY_ORDER] = orders[seller, ID], orders[buyer, ID]
    out[SELL_PARTY], out[BUY_PARTY] = orders[seller, PARTY], orders[buyer, PARTY]
    out[SELL_LIMIT] = (orders[seller, LANE] - levels + header[FIRST_TICK]) * header[TICK]
    out[BUY_LIMIT] = (orders[buyer, LANE] + header[FIRST_TICK]) * header[TICK]
    out[PRICE], out[ENERGY] = (level + header[FIRST_TICK]) * header[TICK], energy_wh


@njit(cache=True)
def _rest(state: State, row: int) -> None:
    """Stand last in the own lane."""
    orders, levels, lane = state.orders, len(state.lanes) // 2, state.orders[row, LANE]
    last = state.lanes[lane, 1]
    orders[row, BEFORE], orders[row, AFTER] = last, NOBODY
    state.lanes[lane, 1] = row
    if last != NOBODY:
        orders[last, AFTER] = row
        return
    state.lanes[lane, 0] = row
    if lane < levels:
        state.header[BEST_BID] = max(state.header[BEST_BID], lane)
    else:
        state.header[BEST_ASK] = min(state.header[BEST_ASK], lane - levels)


@njit(cache=True)
def _leave(state: State, row: int) -> None:
    """Leave the own lane with nothing left; an empty lane at the best price gives way to the next."""
    orders, lanes, levels = state.orders, state.lanes, len(state.lanes) // 2
    lane, before, after = orders[row, LANE], orders[row, BEFORE], orders[row, AFTER]
    orders[row, LEFT] = 0
    if before == NOBODY:
        lanes[lane, 0] = after
    else:
        orders[before, AFTER] = after
    if after == NOBODY:
        lanes[lane, 1] = before
    else:
        orders[after, BEFORE] = before
    while state.header[BEST_BID] >= 0 and lanes[state.header[BEST_BID], 0] == NOBODY:
        state.header[BEST_BID] -= 1
    while state.header[BEST_ASK] < levels and lanes[levels + state.header[BEST_ASK], 0] == NOBODY:
        state.header[BEST_ASK] += 1


@njit(cache=True)
def open_rows(state: State, rows: Column) -> int:
    """Fill ``rows``, shape (orders_max,), with the open orders in order of priority, bids first; returns how many."""
    count, levels = 0, len(state.lanes) // 2
    for turn in range(2 * levels):
        row = state.lanes[levels - 1 - turn if turn < levels else turn, 0]
        while row != NOBODY:
            rows[count] = row
            count += 1
            row = state.orders[row, AFTER]
    return count
