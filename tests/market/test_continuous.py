"""Laws of the continuous double auction, and every command against the simple book."""

from dataclasses import replace

import numpy as np
import pytest
from command_streams import TERMS, streams, zero_intelligence
from hypothesis import given, settings
from hypothesis import strategies as st
from simple_book import SimpleBook, codes

from domain.errors import InputRefused
from domain.tariff import Corridor
from market.continuous.book import ContinuousBook, Executions, Terms, replay
from market.continuous.command import REFUSALS, Command, CommandKind, Commands, columns_of, faults_of

BUY, SELL = 0, 1


def submit(order: int, side: int, limit: int, energy: int, **more: int) -> Command:
    """An order of a party of its own that stays until the close."""
    given = {"moment": 10, "party": order, "until": 40} | more
    return Command(CommandKind.SUBMIT, order=order, side=side, limit_mjpy_per_kwh=limit, energy_wh=energy, **given)


def amend(order: int, limit: int, energy: int) -> Command:
    return Command(CommandKind.AMEND, 10, order, party=order, limit_mjpy_per_kwh=limit, energy_wh=energy)


def rows(columns: tuple[np.ndarray, ...]) -> list[tuple[int, ...]]:
    """Columns as a list of rows."""
    return list(zip(*(column.tolist() for column in columns), strict=True))


def book_of(*commands: Command) -> ContinuousBook:
    book = ContinuousBook(TERMS)
    for command in commands:
        book.apply(command)
    return book


@settings(deadline=None, max_examples=400)
@given(streams())
def test_every_command_does_what_the_simple_book_does(commands: list[Command]) -> None:
    """Faults, trades, prevented energy and open orders are those of the oracle, for all commands at once."""
    simple, book = SimpleBook(TERMS), ContinuousBook(TERMS)
    applied = book.apply_all(columns_of(commands))
    for command, refused, prevented_wh in zip(
        commands, applied.refused.tolist(), applied.prevented_wh.tolist(), strict=True
    ):
        assert codes(refused) == simple.apply(command)
        assert prevented_wh == simple.prevented
    assert rows(applied.executions) == simple.trades
    assert rows(book.resting()) == simple.resting()
    assert book.events == simple.events


@settings(deadline=None)
@given(streams())
def test_the_journal_replayed_gives_the_identical_book(commands: list[Command]) -> None:
    """The accepted commands alone, in one piece or one by one, end in the same digest; and only they count."""
    book, columns = ContinuousBook(TERMS), columns_of(commands)
    journal = columns.rows(book.apply_all(columns).refused == 0)
    assert replay(TERMS, journal).digest() == book.digest()
    single = ContinuousBook(TERMS)
    for row in range(len(journal.kind)):
        assert not single.apply_all(journal.rows(np.array([row]))).refused.any()
    assert single.digest() == book.digest()


@settings(deadline=None)
@given(streams(), st.integers(0, 39))
def test_a_refused_command_changes_nothing(commands: list[Command], at: int) -> None:
    """The digest after a refusal is the digest before it."""
    book = ContinuousBook(TERMS)
    for command in commands:
        before = book.digest()
        if book.apply_all(columns_of([command])).refused.any():
            assert book.digest() == before
        else:
            assert book.digest() != before


@settings(deadline=None)
@given(streams(odd=False))
def test_trades_keep_every_limit_and_every_quantity(commands: list[Command]) -> None:
    """Each trade has energy, two parties, and the price of the resting order between both limits; an order's trades
    add up to what it has filled; and afterwards no open bid reaches an open ask of another party."""
    book, columns = ContinuousBook(TERMS), columns_of(commands)
    done, rest = book.apply_all(columns).executions, book.resting()
    assert np.all(done.energy_wh > 0)
    assert np.all(done.sell_party != done.buy_party)
    assert np.all(done.sell_limit_mjpy_per_kwh <= done.price_mjpy_per_kwh)
    assert np.all(done.price_mjpy_per_kwh <= done.buy_limit_mjpy_per_kwh)
    for order, filled_wh in zip(rest.order.tolist(), rest.filled_wh.tolist(), strict=True):
        mine = (done.sell_order == order) | (done.buy_order == order)
        assert filled_wh == done.energy_wh[mine].sum()
    bids, asks = (rest.limit_mjpy_per_kwh[rest.side == side] for side in (BUY, SELL))
    assert not bids.size or not asks.size or bids.max() < asks.min()


def test_less_at_the_same_price_keeps_its_turn_and_nothing_else_does() -> None:
    """The first of two asks stays first when it asks less; asking more or another price puts it last."""
    asks = submit(1, SELL, 110, 5), submit(2, SELL, 110, 5)
    assert book_of(*asks, amend(1, 110, 3)).resting().order.tolist() == [1, 2]
    assert book_of(*asks, amend(1, 110, 6)).resting().order.tolist() == [2, 1]
    assert book_of(*asks, amend(1, 120, 5), amend(1, 110, 5)).resting().order.tolist() == [2, 1]


def test_an_amended_order_counts_what_it_has_traded() -> None:
    """Energy is that of the whole order: of 5 Wh, 2 traded, amending to 4 leaves 2 and amending to 2 is refused."""
    book = book_of(submit(1, SELL, 110, 5), submit(2, BUY, 110, 2), amend(1, 110, 4))
    assert book.resting().left_wh.tolist() == [2]
    with pytest.raises(InputRefused, match="already traded"):
        book.apply(amend(1, 110, 2))


def test_a_trade_is_at_the_resting_orders_price() -> None:
    """A bid of 140 against asks of 100 and 120 pays 100, then 120."""
    book = book_of(submit(1, SELL, 120, 3), submit(2, SELL, 100, 3))
    done = book.apply(submit(3, BUY, 140, 5))
    assert rows((done.sell_order, done.price_mjpy_per_kwh, done.energy_wh)) == [(2, 100, 3), (1, 120, 2)]


def test_nobody_trades_with_oneself() -> None:
    """Meeting the own party first cancels what is left of the newer order; the older one stays as it was."""
    book = book_of(submit(1, SELL, 100, 3), submit(2, SELL, 110, 3, party=7), submit(4, SELL, 120, 3))
    applied = book.apply_all(columns_of([submit(3, BUY, 140, 8, party=7)]))
    assert rows((applied.executions.sell_order, applied.executions.energy_wh)) == [(1, 3)]
    assert applied.prevented_wh.tolist() == [5]
    assert rows((book.resting().order, book.resting().left_wh)) == [(2, 3), (4, 3)]


def test_an_order_is_gone_at_the_moment_it_named() -> None:
    """At 14 an order until 15 trades, at 15 it does not; one until the close takes part in the closing call."""
    asks = submit(1, SELL, 110, 5, until=15), submit(2, SELL, 110, 5, until=40)
    early, late = (
        book_of(*asks).apply(submit(3, BUY, 110, 1, moment=moment)).sell_order.tolist() for moment in (14, 15)
    )
    assert (early, late) == ([1], [2])
    book = book_of(*asks, Command(CommandKind.EXPIRE, 40))
    assert (book.closed, book.resting().order.tolist()) == (True, [2])


def test_all_faults_of_a_command_come_back_at_once() -> None:
    """After the close, a bad order is refused for each of its faults, with where and what to do."""
    book = book_of(submit(1, SELL, 110, 5), Command(CommandKind.EXPIRE, 40))
    with pytest.raises(InputRefused) as refused:
        book.apply(Command(CommandKind.SUBMIT, 39, order=1, party=1, side=7, limit_mjpy_per_kwh=7, until=3))
    assert {fault.code for fault in refused.value.faults} == {
        "time_goes_back", "after_close", "duplicate_order", "unknown_side", "energy_not_positive", "off_tick",
        "outside_corridor", "until_passed",
    }  # fmt: skip
    assert refused.value.faults[0].where == "command 0: order 1"


def test_every_refusal_has_a_command_that_earns_it() -> None:
    """Each reason of the table can happen, and says so by its own bit."""
    full = Terms(Corridor(95, 145), 10, 40, orders_max=1, energy_max_wh=1_000)
    book = ContinuousBook(full)
    book.apply(submit(1, SELL, 110, 5)._replace(moment=20))
    book.apply(submit(1, SELL, 110, 5)._replace(kind=CommandKind.CANCEL, moment=20))
    found = set()
    for command in (
        submit(2, SELL, 110, 2_000, moment=9)._replace(kind=0),
        Command(9, 20),
        Command(CommandKind.CANCEL, 41, order=1),
        submit(1, 2, 111, 0, moment=20, until=20),
        submit(3, SELL, 90, 5, moment=20),
    ):
        found |= codes(int(book.apply_all(columns_of([command])).refused[0]))
    traded = book_of(submit(1, SELL, 110, 5), submit(2, BUY, 110, 2))
    for command in (amend(1, 110, 2), amend(1, 110, 4)._replace(party=3)):
        found |= codes(int(traded.apply_all(columns_of([command])).refused[0]))
    assert found == {refusal.code for refusal in REFUSALS}


def test_what_is_no_int64_is_refused_before_it_is_read() -> None:
    """Text, floats, truth values and numbers beyond 64 bits are faults, each named with its field."""
    with pytest.raises(InputRefused) as refused:
        columns_of([Command(0, 10, order=2**63), Command(0, 10, energy_wh=1.5, party=True)])  # type: ignore[arg-type]
    assert [fault.where for fault in refused.value.faults] == [
        "command 0: order", "command 1: party", "command 1: energy_wh",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "wrong",
    [
        {"closes": 10},
        {"orders_max": 0},
        {"tick_mjpy_per_kwh": 0},
        {"corridor": Corridor(-5, 10)},
        {"energy_max_wh": 2**60},
        {"corridor": Corridor(101, 109)},
        {"closes": 10 + 2**21},
    ],
)
def test_terms_that_could_not_hold_are_refused(wrong: dict[str, object]) -> None:
    """A book without time, levels or room, or whose value could overflow, cannot be made."""
    with pytest.raises(ValueError, match=r"book|value"):
        replace(TERMS, **wrong)  # type: ignore[arg-type]


def test_ids_that_collide_are_still_told_apart() -> None:
    """Thousands of ids of any sign and size, near each other or far, each name their own order."""
    chance = np.random.default_rng(4)
    orders = zero_intelligence(chance, 4_000, TERMS.corridor)
    ids = np.concatenate((np.arange(-1_000, 1_000), chance.integers(-(2**63), 2**63 - 1, 2_000)))
    terms = replace(TERMS, opens=0, orders_max=4_000, energy_max_wh=2_000)
    book = ContinuousBook(terms)
    done: Executions = book.apply_all(orders._replace(order=ids)).executions
    plain = ContinuousBook(terms).apply_all(orders).executions
    assert np.array_equal(done.sell_order, ids[plain.sell_order])
    assert book.apply_all(orders._replace(order=ids)).refused.min() & 1 << 6
    assert faults_of(Commands(*(column[:1] for column in orders)), np.array([0])) == []
