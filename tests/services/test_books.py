"""Orders, one by one and as the columns of a book, say the same."""

from hypothesis import given
from hypothesis import strategies as st

from domain.order import Order, Side
from services.orders.books import book_of

SITES = {"S1": 0, "S2": 1, "S3": 2}
orders = st.lists(
    st.builds(
        Order,
        id=st.uuids().map(str),
        slot=st.just(10),
        site_id=st.sampled_from(sorted(SITES)),
        side=st.sampled_from(Side),
        limit_mjpy_per_kwh=st.integers(0, 100_000),
        energy_wh=st.integers(1, 100_000),
        entered=st.integers(0, 1_000),
    ),
    max_size=8,
)


@given(orders)
def test_a_book_holds_its_orders_row_by_row(given_: list[Order]) -> None:
    """Law: row n of every column is order n, in whole numbers; a side survives as itself."""
    book = book_of(given_, SITES)
    assert {column.dtype.str for column in book} == {"<i8"}
    rows = zip(*(column.tolist() for column in book), strict=True)
    assert [(site, Side(side), *rest) for site, side, *rest in rows] == [
        (SITES[each.site_id], each.side, each.limit_mjpy_per_kwh, each.energy_wh, each.entered) for each in given_
    ]
