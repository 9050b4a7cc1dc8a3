"""The gain of an auction is told in three views, each of the same whole, and nobody is told of what is not his."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.order import Book, Side
from domain.tariff import Corridor
from market.auction.clearing import clear
from services.money.benefits import Auction, brought_by, gain_ujpy

SITES, CORRIDOR = 20, Corridor(8_500, 20_000)


@st.composite
def books(draw: st.DrawFn) -> Book:
    """Orders of up to nine of twenty sites, some sites with two."""
    site = draw(st.lists(st.sampled_from(range(0, SITES, 2)), min_size=1, max_size=9))
    limits = st.integers(CORRIDOR.floor, CORRIDOR.cap)
    rows = [
        (at, draw(st.sampled_from(Side)), draw(limits), draw(st.integers(1, 5_000)), n) for n, at in enumerate(site)
    ]
    return Book(*np.array(rows, np.int64).T)


@settings(deadline=None)
@given(books())
def test_what_is_got_and_what_is_brought_is_all_of_the_welfare(book: Book) -> None:
    """Law: both add up to the welfare of the clearing, to the micro-yen; nobody who trades within his limit loses."""
    cleared = clear(book, CORRIDOR)
    auction = Auction(1, book, cleared.filled_wh, np.full(book.site.size, cleared.price_mjpy_per_kwh or 0))
    got, brought = gain_ujpy(auction), brought_by(book, SITES, seed=7)
    assert int(got.sum()) == int(brought.share_ujpy.sum()) == cleared.welfare_ujpy
    assert got.min() >= 0


@settings(deadline=None)
@given(books())
def test_who_ordered_nothing_brings_nothing(book: Book) -> None:
    """Law: shares stand at the sites of their orders, whoever else there is."""
    absent = np.setdiff1d(np.arange(SITES), book.site)
    brought = brought_by(book, SITES, seed=7)
    assert brought.share_ujpy.shape == brought.error_ujpy.shape == (SITES,)
    assert not brought.share_ujpy[absent].any()
    assert not brought.error_ujpy.any(), "few parties are shared exactly"
