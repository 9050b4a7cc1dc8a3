"""Orders and the columns of a book."""

from dataclasses import FrozenInstanceError

import pytest

from domain.order import Book, Order, Side


def test_a_book_names_its_columns_with_their_units() -> None:
    """The columns that other floors read."""
    assert Book._fields == ("site", "side", "limit_mjpy_per_kwh", "energy_wh", "entered")
    assert (int(Side.BUY), int(Side.SELL)) == (0, 1)


def test_an_order_cannot_be_changed_after_it_was_screened() -> None:
    """What was admitted is what is cleared."""
    order = Order("a", 10, "S1", Side.BUY, 9_000, 500, 0)
    with pytest.raises(FrozenInstanceError):
        order.energy_wh = 900  # type: ignore[misc]
