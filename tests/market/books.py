"""Random order books for the tests: small ones full of ties, and hypothesis strategies of the same kind."""

import numpy as np
from hypothesis import strategies as st

from domain.order import Book
from domain.tariff import Corridor

CORRIDOR = Corridor(8_500, 20_000)


def random_book(chance: np.random.Generator, orders_max: int, corridor: Corridor, prices: int) -> Book:
    """Up to ``orders_max`` orders at ``prices`` different limits spread over the corridor; arrival in mixed order."""
    count = int(chance.integers(0, orders_max + 1))
    step = (corridor.cap - corridor.floor) // prices
    return Book(
        site=np.arange(count),
        side=chance.integers(0, 2, count),
        limit_mjpy_per_kwh=corridor.floor + step * chance.integers(0, prices + 1, count),
        energy_wh=chance.integers(1, 2_000, count),
        entered=chance.permutation(count),
    )


@st.composite
def books(draw: st.DrawFn, orders_max: int = 12) -> Book:
    """Books with many ties of price and a unique order of arrival."""
    order = st.tuples(
        st.integers(0, 5), st.integers(0, 1), st.sampled_from(range(8_500, 20_001, 500)), st.integers(1, 9)
    )
    orders = draw(st.lists(order, max_size=orders_max))
    entered = draw(st.permutations(range(len(orders))))
    rows = np.array([(*row, turn) for row, turn in zip(orders, entered, strict=True)], np.int64).reshape(-1, 5)
    return Book(*rows.T)


def book_of(*orders: tuple[int, int, int]) -> Book:
    """A book of (side, limit, energy), one site each, in order of arrival."""
    rows = np.array(orders, np.int64).reshape(-1, 3)
    turn = np.arange(len(rows))
    return Book(turn, rows[:, 0], rows[:, 1], rows[:, 2], turn)
