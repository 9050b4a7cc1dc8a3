"""The stable order against Python's own sort."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from domain.order import Column
from market.auction.ranking import stable_order

INT64 = st.integers(-(2**63), 2**63 - 1)


@given(arrays(np.int64, st.integers(0, 60), elements=INT64 | st.integers(-3, 3) | st.integers(10_000, 30_000)))
def test_rows_come_in_rising_order_and_ties_as_they_stand(values: Column) -> None:
    """For any int64, the least and the greatest side by side included; forwards and in steps through memory."""
    for column in (values, values[::-1], values[::2]):
        listed = column.tolist()
        assert stable_order(column).tolist() == sorted(range(len(listed)), key=listed.__getitem__)


def test_many_rows_over_several_digits_are_ordered() -> None:
    """A hundred thousand values over the whole range, with ties in every digit."""
    chance = np.random.default_rng(4)
    values = chance.integers(-3, 3, 100_000) * 2**60 + chance.integers(0, 50, 100_000) * 2**20
    assert np.array_equal(stable_order(values), np.argsort(values, kind="stable"))
