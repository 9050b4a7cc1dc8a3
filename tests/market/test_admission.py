"""Who may enter the auction, and the reason why others may not."""

import numpy as np
import pytest
from books import CORRIDOR, book_of, books
from hypothesis import given, settings

from domain.order import Book, Side
from domain.party import Mandate
from market.auction.admission import ADMITTED, REASONS, admit, mandate_columns

BUY, SELL = Side.BUY, Side.SELL
MANDATE = Mandate("S001", 1, sell_min_mjpy_per_kwh=9_000, buy_max_mjpy_per_kwh=16_000, reserve_wh=0, order_max_wh=1_000)
PAUSED = Mandate("S002", 2, 9_000, 16_000, 0, 1_000, active=False)


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        ((SELL, 9_000, 1_000), "admitted"),
        ((BUY, 16_000, 1), "admitted"),
        ((SELL, 9_000, 0), "no_energy"),
        ((SELL, 9_000, -5), "no_energy"),
        ((SELL, 9_000, 1_001), "above_order_max"),
        ((SELL, 20_001, 10), "outside_corridor"),
        ((BUY, 8_499, 10), "outside_corridor"),
        ((SELL, 8_999, 10), "below_sell_min"),
        ((BUY, 16_001, 10), "above_buy_max"),
    ],
)
def test_an_order_keeps_to_mandate_and_corridor(order: tuple[int, int, int], reason: str) -> None:
    """Each limit of mandate and corridor holds to the last milli-yen and Wh, and names itself when broken."""
    code = int(admit(book_of(order), mandate_columns([MANDATE]), CORRIDOR)[0])
    assert {ADMITTED: "admitted", **REASONS}[code] == reason


def test_a_paused_member_does_not_trade() -> None:
    """A mandate that is paused refuses every order of its site and of no other."""
    book = book_of((SELL, 10_000, 10), (SELL, 10_000, 10))
    reasons = admit(book, mandate_columns([MANDATE, PAUSED]), CORRIDOR)
    assert [REASONS.get(int(reason)) for reason in reasons] == [None, "paused"]


def test_nobody_trades_with_oneself() -> None:
    """A site's first admitted order says on which side it stands; a refused one says nothing."""
    book = book_of((SELL, 8_000, 10), (BUY, 12_000, 10), (SELL, 10_000, 10), (BUY, 9_000, 10))
    reasons = admit(book._replace(site=np.zeros(4, np.int64)), mandate_columns([MANDATE]), CORRIDOR)
    assert [REASONS.get(int(reason)) for reason in reasons] == ["outside_corridor", None, "own_other_side", None]


@settings(deadline=None)
@given(books())
def test_a_site_stands_on_one_side_only(book: Book) -> None:
    """Whatever is offered, admitted orders of a site are all asks or all bids, and an only order is never refused."""
    mandates = mandate_columns([Mandate("", 1, 0, 99_999, 0, 10)] * 6)
    admitted = admit(book, mandates, CORRIDOR) == ADMITTED
    for site in range(6):
        sides = book.side[book.site == site]
        assert len(set(book.side[admitted & (book.site == site)].tolist())) == min(len(sides), 1)
