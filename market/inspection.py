"""Is this a book an auction can clear exactly? Every kind of fault at once, each with its rows.

A kind of fault is one fault, however many rows have it, so that a book of a million wrong orders is answered in a line.
Only sums that stay inside int64 are exact: all energy of a book, times the highest price its corridor allows, must fit.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from domain.errors import Fault, InputRefused
from domain.order import Book, Column, Side
from domain.tariff import Corridor

INT64_MAX = 2**63 - 1
ROWS_SHOWN = 5


def inspected(book: Book, corridor: Corridor, tick_mjpy_per_kwh: int = 1) -> Book:
    """The same book, each column in one piece. Raises InputRefused with all of its faults."""
    if faults := book_faults(book, corridor, tick_mjpy_per_kwh):
        raise InputRefused(faults)
    return Book(*(np.ascontiguousarray(column) for column in book))


def book_faults(book: Book, corridor: Corridor, tick_mjpy_per_kwh: int = 1) -> list[Fault]:
    """What is wrong with a book: its columns' form, or when that is right the values in them. Empty when good."""
    return list(_faults_of_form(book)) or list(_faults_of_value(book, corridor, tick_mjpy_per_kwh))


def _faults_of_form(columns: Book) -> Iterator[Fault]:
    """Columns that are not whole numbers of 64 bits, not columns, or not as long as the first."""
    for name, column in columns._asdict().items():
        if not isinstance(column, np.ndarray) or column.dtype != np.int64:
            kind = getattr(column, "dtype", type(column).__name__)
            yield Fault(name, "not_int64", f"a column of int64 is needed, not of {kind}; round or scale it first")
        elif column.ndim != 1:
            yield Fault(name, "not_a_column", f"one row an order is needed, not the shape {column.shape}")
        elif len(column) != len(columns[0]):
            yield Fault(name, "unequal_length", f"{len(column)} rows beside {len(columns[0])} of {columns._fields[0]}")


def _faults_of_value(book: Book, corridor: Corridor, tick_mjpy_per_kwh: int) -> Iterator[Fault]:
    limits, energy_wh = book.limit_mjpy_per_kwh, book.energy_wh
    if not limits.size:
        return
    if book.side.min() < Side.BUY or book.side.max() > Side.SELL:
        yield _rows("side", "unknown_side", "0 buys and 1 sells", (book.side != Side.BUY) & (book.side != Side.SELL))
    if book.site.min() < 0:
        yield _rows("site", "unknown_site", "a site is a position, zero or more", book.site < 0)
    if energy_wh.min() <= 0:
        yield _rows("energy_wh", "no_energy", "an order offers one Wh or more", energy_wh <= 0)
    if limits.min() < corridor.floor or limits.max() > corridor.cap:
        told = f"a limit lies from {corridor.floor} to {corridor.cap} mJPY/kWh"
        yield _rows("limit_mjpy_per_kwh", "outside_corridor", told, (limits < corridor.floor) | (limits > corridor.cap))
    if tick_mjpy_per_kwh > 1 and (off := limits % tick_mjpy_per_kwh != 0).any():
        yield _rows("limit_mjpy_per_kwh", "off_tick", f"a limit is a multiple of {tick_mjpy_per_kwh} mJPY/kWh", off)
    highest = max(abs(int(limits.min())), abs(int(limits.max())), 1)
    if (total_wh := exact_sum(np.maximum(energy_wh, 0))) > INT64_MAX // highest:
        told = f"{total_wh} Wh at up to {highest} mJPY/kWh do not fit into 64 bits: split the book"
        yield Fault("energy_wh", "overflow", told)


def _rows(column: str, code: str, told: str, wrong: npt.NDArray[np.bool_]) -> Fault:
    """One fault for all rows that have it: where the first one is, and how many there are."""
    rows = np.flatnonzero(wrong)
    shown = ", ".join(map(str, rows[:ROWS_SHOWN])) + (", ..." if len(rows) > ROWS_SHOWN else "")
    return Fault(f"{column}[{rows[0]}]", code, f"{told}; {len(rows)} of {len(wrong)} rows do not keep to it: {shown}")


def exact_sum(column: Column) -> int:
    """The sum of values of zero or more, even where it passes int64: both halves of 32 bits are added apart."""
    if not column.size or int(column.max()) <= INT64_MAX // column.size:
        return int(column.sum())
    return (int((column >> 32).sum()) << 32) + int((column & 0xFFFFFFFF).sum())
