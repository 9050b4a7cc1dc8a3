"""Orders as rows and as the columns an auction takes."""

from collections.abc import Sequence

import numpy as np

from domain.order import Book, Order


def book_of(orders: Sequence[Order], position: dict[str, int]) -> Book:
    """Columns over the orders, rows as given."""
    rows = [
        (position[order.site_id], int(order.side), order.limit_mjpy_per_kwh, order.energy_wh, order.entered)
        for order in orders
    ]
    return Book(*np.array(rows, np.int64).reshape(-1, 5).T)
