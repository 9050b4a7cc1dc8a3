"""Laws of relief: firm orders alone are cut, enough and with a reason, and what they cannot mend is left to people."""

from typing import NamedTuple

import numpy as np
import pytest
from books import CORRIDOR, book_of, random_book
from feeders import weak_street, wired_feeder
from hypothesis import example, given, settings
from hypothesis import strategies as st

from domain.feeder import Feeder
from domain.order import Book, Column, Side
from market.grid.ac_check import Violation, check_grid
from market.grid.relief import CheckedClearing, Flags, clear_and_relieve
from market.grid.whole_wh import net_demand_wh


class Evening(NamedTuple):
    """Orders on a feeder with impedances, some firm, on top of what everybody uses and makes."""

    book: Book
    firm: Flags
    node: Column
    feeder: Feeder
    expected_wh: Column

    def relieved(self) -> CheckedClearing:
        return clear_and_relieve(self.book, self.firm, self.node, self.feeder, CORRIDOR, self.expected_wh)


def evening_of(seed: int, crowded: bool) -> Evening:
    """Firm orders that often break the feeder; expectations that do so seldom, or in a crowded one often."""
    chance = np.random.default_rng(seed)
    feeder, book = wired_feeder(chance), random_book(chance, 30, CORRIDOR, 115)
    nodes = len(feeder.parent)
    book = book._replace(energy_wh=book.energy_wh * 40)
    expected_wh = chance.integers(-900, 1_200, nodes) * (60 if crowded else 1)
    return Evening(
        book, chance.random(len(book.side)) < 0.7, chance.integers(0, nodes, len(book.side)), feeder, expected_wh
    )


evenings = st.builds(evening_of, st.integers(0, 2**32), st.booleans())


@settings(deadline=None)
@given(evenings)
def test_what_firm_orders_alone_break_is_mended(evening: Evening) -> None:
    """When what is expected breaks nothing by itself, nothing is violated in the end."""
    alone = check_grid(evening.feeder, evening.expected_wh[None, :])
    done = evening.relieved()
    if not alone.findings:
        assert done.check.findings == ()


@settings(deadline=None)
@given(evenings)
def test_standard_orders_are_never_cut(evening: Evening) -> None:
    """They offer what they did; firm ones at most what they did; without a reason nobody less."""
    done = evening.relieved()
    assert np.array_equal(done.book.energy_wh[~evening.firm], evening.book.energy_wh[~evening.firm])
    assert np.all((done.book.energy_wh >= 0) & (done.book.energy_wh <= evening.book.energy_wh))


@settings(deadline=None)
@given(evenings)
@example(evening_of(3_181_386_993, True))
def test_what_is_missing_is_what_the_cuts_took(evening: Evening) -> None:
    """Law: the book as it came less all cuts is the book as it stood; every cut takes something, and of firm orders."""
    done = evening.relieved()
    lost_wh = sum((cut.cut_wh for cut in done.cuts), start=np.zeros_like(evening.book.energy_wh))
    assert np.array_equal(evening.book.energy_wh - lost_wh, done.book.energy_wh)
    for cut in done.cuts:
        assert cut.cut_wh.min() >= 0
        assert cut.cut_wh.any()
        assert not cut.cut_wh[~evening.firm].any()


@settings(deadline=None)
@given(evenings)
@example(evening_of(3_181_386_993, True))  # cut in every round, and people's expectations break it without orders
def test_what_is_checked_is_what_was_cleared(evening: Evening) -> None:
    """Bought is sold, and the check's voltages are those of the expectations with the firm fills on top."""
    done = evening.relieved()
    filled_wh, nodes = done.clearing.filled_wh, len(evening.feeder.parent)
    assert net_demand_wh(evening.book, evening.node, filled_wh, nodes).sum() == 0
    assert np.all(filled_wh <= done.book.energy_wh)
    firm_wh = net_demand_wh(evening.book, evening.node, np.where(evening.firm, filled_wh, 0), nodes)
    again = check_grid(evening.feeder, (evening.expected_wh + firm_wh)[None, :])
    assert np.array_equal(again.voltage_pu, done.check.voltage_pu)


@pytest.mark.parametrize("side", [Side.BUY, Side.SELL])
def test_what_is_violated_is_relieved_with_a_reason(side: Side) -> None:
    """Batteries that would break voltages or ratings by themselves trade as much as breaks nothing."""
    other = Side.SELL if side == Side.BUY else Side.BUY
    limits = (9_000, 15_000) if side == Side.SELL else (15_000, 9_000)
    book = book_of((side, limits[0], 60_000), (other, limits[1], 200_000), (side, limits[0], 20_000))
    nobody_wh, node = np.zeros(4, np.int64), np.array([3, 0, 2])
    done = clear_and_relieve(book, np.ones(3, bool), node, weak_street(), CORRIDOR, nobody_wh, reactive_permille=300)
    assert done.check.findings == ()
    assert str(done.check) == "1 slots checked, 0 violations"
    assert done.cuts
    assert 20_000 < done.clearing.volume_wh < 80_000


def test_all_lose_the_same_share() -> None:
    """Of two batteries behind one full line, the larger is cut by more, in proportion, rounded down."""
    book = book_of((Side.BUY, 15_000, 40_000), (Side.BUY, 15_000, 20_000), (Side.SELL, 9_000, 200_000))
    firm, node = np.array([True, True, False]), np.array([3, 3, 0])
    done = clear_and_relieve(book, firm, node, weak_street(90_000), CORRIDOR, np.zeros(4, np.int64))
    large, small, sold = done.clearing.filled_wh.tolist()
    assert 0 < large < 40_000
    assert large == pytest.approx(2 * small, abs=ROUNDINGS_WH)
    assert sold == large + small


ROUNDINGS_WH = 24


def test_what_no_cut_mends_is_left_to_people() -> None:
    """A grid above that is out of band stays a finding, and nobody is cut for it."""
    book = book_of((Side.BUY, 15_000, 10), (Side.SELL, 9_000, 10))
    firm, node = np.ones(2, bool), np.array([3, 0])
    done = clear_and_relieve(book, firm, node, weak_street(source_pu=1.2), CORRIDOR, np.zeros(4, np.int64))
    assert {finding.violation for finding in done.check.findings} == {Violation.HIGH_VOLTAGE}
    assert done.clearing.filled_wh.tolist() == [10, 10]


def test_meters_alone_move_nothing_more() -> None:
    """Without firm orders the clearing is the market's own, whatever is found."""
    book = book_of((Side.BUY, 15_000, 60_000), (Side.SELL, 9_000, 60_000))
    expected_wh = np.array([0, 0, 0, 70_000])
    done = clear_and_relieve(book, np.zeros(2, bool), np.array([3, 0]), weak_street(90_000), CORRIDOR, expected_wh)
    assert done.clearing.volume_wh == 60_000
    assert done.cuts == ()
    assert Violation.LOW_VOLTAGE in {finding.violation for finding in done.check.findings}
