"""Is this a book an auction can clear exactly? Every kind of fault at once, each with its rows.

A kind of fault is one fault, however many rows have it, so that a book of a million wrong orders is answered in a line.
Only sums that stay inside int64 are exact: all energy of a book, times the highest price its corridor allows, must fit.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from domain.errors import Fault, InputRefused
from domain.order import Book, Column, Side
from domain.place import Places
from domain.preference import NONE, Preferences
from domain.tariff import Corridor
from market.auction.ranking import stable_order

INT64_MAX = 2**63 - 1
IDS = 2**31  # two ids fit into one key
ROWS_SHOWN = 5


def inspected(book: Book, corridor: Corridor, tick_mjpy_per_kwh: int = 1) -> Book:
    """The same book, each column in one piece. Raises InputRefused with all of its faults."""
    if faults := book_faults(book, corridor, tick_mjpy_per_kwh):
        raise InputRefused(faults)
    return Book(*(np.ascontiguousarray(column) for column in book))


def book_faults(book: Book, corridor: Corridor, tick_mjpy_per_kwh: int = 1) -> list[Fault]:
    """What is wrong with a book: its columns' form, or when that is right the values in them. Empty when good."""
    return list(_faults_of_form(book)) or list(_faults_of_value(book, corridor, tick_mjpy_per_kwh))


def _faults_of_form(columns: Book | Places | Preferences, rows: int | None = None) -> Iterator[Fault]:
    """Columns that are not whole numbers of 64 bits, not columns, or not of so many rows. None: as the first one."""
    rows = np.size(columns[0]) if rows is None else rows
    for name, column in columns._asdict().items():
        if not isinstance(column, np.ndarray) or column.dtype != np.int64:
            kind = getattr(column, "dtype", type(column).__name__)
            yield Fault(name, "not_int64", f"a column of int64 is needed, not of {kind}; round or scale it first")
        elif column.ndim != 1:
            yield Fault(name, "not_a_column", f"one row an order is needed, not the shape {column.shape}")
        elif len(column) != rows:
            yield Fault(name, "unequal_length", f"{rows} rows are needed, not {len(column)}")


def _faults_of_value(book: Book, corridor: Corridor, tick_mjpy_per_kwh: int) -> Iterator[Fault]:
    limits, energy_wh = book.limit_mjpy_per_kwh, book.energy_wh
    if not limits.size:
        return
    yield from _unless_within("side", book.side, Side.BUY, Side.SELL, "0 buys and 1 sells")
    yield from _unless_within("site", book.site, 0, INT64_MAX, "a site is a position, zero or more")
    yield from _unless_within("energy_wh", energy_wh, 1, INT64_MAX, "an order offers one Wh or more")
    told = f"a limit lies from {corridor.floor} to {corridor.cap} mJPY/kWh"
    yield from _unless_within("limit_mjpy_per_kwh", limits, corridor.floor, corridor.cap, told)
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


def wish_faults(book: Book, places: Places, preferences: Preferences) -> list[Fault]:
    """What is wrong with the places and wishes that stand beside a faultless book. Empty when good."""
    form = [*_faults_of_form(places), *_faults_of_form(preferences, len(book.site))]
    return form or [*_faults_of_places(book, places), *_faults_of_wishes(places, preferences)]


def _faults_of_places(book: Book, places: Places) -> Iterator[Fault]:
    for name, column in places._asdict().items():
        yield from _unless_within(name, column, 0, IDS - 1, "an id lies from 0 to 2^31 - 1")
    yield from _unless_within("site", book.site, 0, len(places.transformer) - 1, "a site has a row in places")
    order = stable_order(places.transformer)
    transformer, feeder = places.transformer[order], places.feeder[order]
    torn = np.zeros(order.shape, np.bool_)
    torn[order[1:]] = (transformer[1:] == transformer[:-1]) & (feeder[1:] != feeder[:-1])
    if torn.any():
        yield _rows("feeder", "torn_transformer", "a transformer hangs on one feeder", torn)


def _faults_of_wishes(places: Places, preferences: Preferences) -> Iterator[Fault]:
    sites = len(places.transformer)
    yield from _unless_within("partner", preferences.partner, NONE, sites - 1, "a partner is a site, or -1 for none")
    yield from _unless_within("source", preferences.source, NONE, IDS - 1, "a source lies from -1 to 2^31 - 1")
    yield from _unless_within("local_first", preferences.local_first, 0, 1, "local first is 0 or 1")
    name, premium = "premium_max_mjpy_per_kwh", preferences.premium_max_mjpy_per_kwh
    yield from _unless_within(name, premium, 0, INT64_MAX, "a premium is zero or more")


def _unless_within(name: str, column: Column, least: int, most: int, told: str) -> Iterator[Fault]:
    if column.size and (column.min() < least or column.max() > most):
        yield _rows(name, "out_of_range", told, (column < least) | (column > most))
