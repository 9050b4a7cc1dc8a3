"""Faults of a book: all kinds at once, and no sum that leaves int64."""

import numpy as np
import pytest
from books import CORRIDOR, book_of, books
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InputRefused
from domain.order import Book, Side
from domain.tariff import Corridor
from market.auction.inspection import INT64_MAX, book_faults, exact_sum, inspected

BUY, SELL = Side.BUY, Side.SELL
GOOD = book_of((BUY, 10_000, 5), (SELL, 9_000, 5))


def codes(book: Book, corridor: Corridor = CORRIDOR, tick_mjpy_per_kwh: int = 1) -> list[tuple[str, str]]:
    """Where and what, fault by fault."""
    return [(fault.where, fault.code) for fault in book_faults(book, corridor, tick_mjpy_per_kwh)]


@given(books())
def test_a_good_book_has_no_fault(book: Book) -> None:
    """What admission lets through is inspected and comes back unchanged."""
    assert all(map(np.array_equal, inspected(book, CORRIDOR, 500), book))


def test_all_faults_of_the_values_come_at_once() -> None:
    """Each kind once, with the first of its rows; the message counts the others."""
    book = book_of((2, 10_000, 5), (BUY, 30_005, -1), (SELL, 8_001, 0), (BUY, 9_000, 1))
    book = book._replace(site=np.array([0, 1, -3, 2]))
    assert codes(book, tick_mjpy_per_kwh=10) == [
        ("side[0]", "out_of_range"),
        ("site[2]", "out_of_range"),
        ("energy_wh[1]", "out_of_range"),
        ("limit_mjpy_per_kwh[1]", "out_of_range"),
        ("limit_mjpy_per_kwh[1]", "off_tick"),
    ]
    with pytest.raises(InputRefused, match="2 of 4 rows do not keep to it: 1, 2"):
        inspected(book, CORRIDOR)


@pytest.mark.parametrize(
    ("column", "code"),
    [
        (np.array([1.0, np.nan]), "not_int64"),
        (np.array([1, 2], np.int32), "not_int64"),
        (np.array([True, False]), "not_int64"),
        (np.array([1, 2], np.uint64), "not_int64"),
        ([1, 2], "not_int64"),
        (np.ones((2, 1), np.int64), "not_a_column"),
        (np.ones(3, np.int64), "unequal_length"),
    ],
)
def test_a_column_of_another_form_is_refused(column: np.ndarray, code: str) -> None:
    """Floats with or without NaN, other integers, truth values, lists, tables and other lengths, each by its name."""
    faulty = GOOD._replace(energy_wh=column, limit_mjpy_per_kwh=column)
    assert codes(faulty) == [("limit_mjpy_per_kwh", code), ("energy_wh", code)]


def test_values_that_do_not_fit_into_int64_are_refused() -> None:
    """The sum of energy, and energy times price: the last Wh that fits is admitted and the next one is not."""
    fits_wh = INT64_MAX // 10_000
    assert codes(book_of((BUY, 10_000, fits_wh - 5), (SELL, 10_000, 5))) == []
    assert codes(book_of((BUY, 10_000, fits_wh - 5), (SELL, 10_000, 6))) == [("energy_wh", "overflow")]
    assert codes(book_of(*[(BUY, 1, INT64_MAX)] * 3), Corridor(0, 1)) == [("energy_wh", "overflow")]


@given(st.lists(st.integers(0, INT64_MAX), max_size=20))
def test_sums_beyond_int64_are_exact(values: list[int]) -> None:
    """As Python adds them up."""
    assert exact_sum(np.array(values, np.int64)) == sum(values)
