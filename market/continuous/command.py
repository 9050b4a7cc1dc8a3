"""What a participant or the caller's clock says to a continuous book, one by one and in columns.

A command is outside data: it is refused with every fault it has and then changes nothing, or it becomes an event of
the journal. The accepted commands alone, in their order, rebuild the book.
"""

from collections.abc import Iterator, Sequence
from enum import IntEnum
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from domain.errors import Fault, InputRefused
from domain.order import Column


class CommandKind(IntEnum):
    """SUBMIT enters an order. AMEND changes its limit and its energy. CANCEL takes it out. EXPIRE says that time has
    passed, so that what is due leaves; at the closing moment it ends continuous trading.
    """

    SUBMIT = 0
    AMEND = 1
    CANCEL = 2
    EXPIRE = 3


class Refusal(NamedTuple):
    """A reason to refuse a command: a stable word for programs and what to do, for people."""

    code: str
    message: str


# A refused command has a number whose bit n is set when reason n holds.
REFUSALS: tuple[Refusal, ...] = (
    Refusal("unknown_kind", "a command submits, amends, cancels or expires"),
    Refusal("time_goes_back", "the book has seen a later moment; send commands in the order of time"),
    Refusal("before_opening", "the book is not open yet; send it again after its opening"),
    Refusal("after_close", "continuous trading has ended; what is open takes part in the closing call"),
    Refusal("unknown_order", "no open order has this id: it never entered, or is filled, cancelled or expired"),
    Refusal("wrong_party", "the order belongs to another party; only its owner may change it"),
    Refusal("duplicate_order", "this id has been used before; an id names one order for ever"),
    Refusal("unknown_side", "a side is 0 (buy) or 1 (sell)"),
    Refusal("energy_not_positive", "energy is 1 Wh or more; to take an order out, cancel it"),
    Refusal("energy_above_max", "more energy than one order may have; split it or lower it"),
    Refusal("off_tick", "the limit is no whole number of price ticks; round it"),
    Refusal("outside_corridor", "the limit lies outside the price corridor; move it inside"),
    Refusal("until_passed", "the order would have expired already; name a later moment"),
    Refusal("book_full", "the book has taken all the orders it was made for"),
    Refusal("already_filled", "as much energy as this or more is already traded; ask for more in all or cancel"),
)

INT64 = np.iinfo(np.int64)


class Command(NamedTuple):
    """One command. What its kind does not need stays zero.

    kind: CommandKind. moment: the caller's clock, a whole number. order: the caller's id of the order. party: who
    speaks. side: Side. energy_wh: of the whole order, what is already traded included. until: the first moment at
    which the order is no longer open; from the closing moment on it takes part in the closing call.
    """

    kind: int
    moment: int
    order: int = 0
    party: int = 0
    side: int = 0
    limit_mjpy_per_kwh: int = 0
    energy_wh: int = 0
    until: int = 0


class Commands(NamedTuple):
    """Commands in columns, one row a command in the order of time. Each shape (commands,), int64, as in Command."""

    kind: Column
    moment: Column
    order: Column
    party: Column
    side: Column
    limit_mjpy_per_kwh: Column
    energy_wh: Column
    until: Column

    def rows(self, chosen: npt.NDArray[np.generic]) -> "Commands":
        """Some of the rows, by mask or by number."""
        return Commands(*(column[chosen] for column in self))


def columns_of(commands: Sequence[Command]) -> Commands:
    """Commands in columns. Raises InputRefused for everything that is no whole number of 64 bits."""
    faults = [
        Fault(f"command {row}: {name}", "not_int64", f"{value!r} is no whole number of 64 bits")
        for row, command in enumerate(commands)
        for name, value in zip(Commands._fields, command, strict=True)
        if isinstance(value, bool) or not isinstance(value, int) or not INT64.min <= value <= INT64.max
    ]
    if faults:
        raise InputRefused(faults)
    table = np.array(commands, np.int64).reshape(-1, len(Commands._fields))
    return Commands(*np.ascontiguousarray(table.T))


def faults_of(commands: Commands, refused: Column) -> list[Fault]:
    """Every fault of every refused command, in order. refused: Shape (commands,), int64, bits of REFUSALS."""
    return [fault for row in np.flatnonzero(refused).tolist() for fault in _faults_of_row(commands, refused, row)]


def _faults_of_row(commands: Commands, refused: Column, row: int) -> Iterator[Fault]:
    where = f"command {row}: order {commands.order[row]}"
    for bit, refusal in enumerate(REFUSALS):
        if int(refused[row]) >> bit & 1:
            yield Fault(where, refusal.code, refusal.message)
