"""Laws of the closing call: the welfare optimum of all orders, and nobody worse off than before it."""

from collections import Counter

import numpy as np
import pytest
from command_streams import TERMS, streams, zero_intelligence
from hypothesis import given, settings
from scipy.optimize import linprog

from domain.order import Book
from domain.tariff import Corridor
from market.auction.clearing import clear
from market.continuous.book import ContinuousBook, Executions, Terms
from market.continuous.closing import Closing, Entries, call, close, entries
from market.continuous.command import Command, CommandKind, columns_of

Traded = tuple[Executions, Entries, Closing]


def trade(commands: list[Command]) -> Traded:
    """Trade a stream until the close, then call."""
    book, the_end = ContinuousBook(TERMS), Command(CommandKind.EXPIRE, TERMS.closes)
    executions = book.apply_all(columns_of([*commands, the_end])).executions
    return executions, *close(book, executions)


def worth_ujpy(executions: Executions) -> int:
    """The welfare of the continuous trades."""
    gap = executions.buy_limit_mjpy_per_kwh - executions.sell_limit_mjpy_per_kwh
    return int(gap @ executions.energy_wh)


def all_orders(executions: Executions, taking_part: Entries) -> Book:
    """Every Wh that was open or traded when the book closed, at its owner's limit, on its own side."""
    is_open = taking_part.execution < 0
    rest = Book(*(column[is_open] for column in taking_part.book))
    bought = (executions.buy_party, 0 * executions.event, executions.buy_limit_mjpy_per_kwh, executions.energy_wh)
    sold = (executions.sell_party, 0 * executions.event + 1, executions.sell_limit_mjpy_per_kwh, executions.energy_wh)
    party, side, limit, energy_wh = (np.concatenate(parts) for parts in zip(rest[:4], bought, sold, strict=True))
    return Book(party, side, limit, energy_wh, np.arange(len(party)))


def surplus_ujpy(executions: Executions, taking_part: Entries, closing: Closing) -> Counter[int]:
    """What each party gains by the call alone: a bought Wh at its limit less the price, a sold one the other way.

    A reverse's limit is what the Wh was worth to its owner or would have cost, so the same sum holds for it.
    """
    gains: Counter[int] = Counter()
    book, price = taking_part.book, closing.price_mjpy_per_kwh or 0
    for party, side, limit, filled_wh in zip(*book[:3], closing.filled_wh, strict=True):
        gains[int(party)] += int(filled_wh) * int(price - limit if side else limit - price)
    return gains


@settings(deadline=None, max_examples=300)
@given(streams(odd=False))
def test_continuous_trading_and_the_call_reach_the_optimum(commands: list[Command]) -> None:
    """Welfare is exactly that of one call auction over everything that was open or traded at the close."""
    executions, taking_part, closing = trade(commands)
    optimum = clear(all_orders(executions, taking_part), TERMS.corridor)
    assert worth_ujpy(executions) + closing.welfare_ujpy == optimum.welfare_ujpy


@settings(deadline=None, max_examples=300)
@given(streams(odd=False))
def test_no_fill_of_the_call_leaves_its_owner_worse_off(commands: list[Command]) -> None:
    """Each fill is within its limit, so each party gains or stays; and what buyers pay is what sellers get."""
    executions, taking_part, closing = trade(commands)
    assert all(gain >= 0 for gain in surplus_ujpy(executions, taking_part, closing).values())
    is_bid = taking_part.book.side == 0
    price = closing.price_mjpy_per_kwh or 0
    assert int(closing.filled_wh[is_bid].sum()) * price == int(closing.filled_wh[~is_bid].sum()) * price
    assert closing.volume_wh == closing.filled_wh[is_bid].sum()


@settings(deadline=None, max_examples=300)
@given(streams(odd=False))
def test_nobody_would_rather_have_been_filled_otherwise(commands: list[Command]) -> None:
    """At the price, whoever would have gained by a fill, reverse or not, was filled in full."""
    _, taking_part, closing = trade(commands)
    if closing.price_mjpy_per_kwh is None:
        return
    book, price = taking_part.book, closing.price_mjpy_per_kwh
    gains = np.where(book.side == 0, book.limit_mjpy_per_kwh > price, book.limit_mjpy_per_kwh < price)
    assert np.array_equal(closing.filled_wh[gains], book.energy_wh[gains])
    assert TERMS.corridor.contains(price)


@settings(deadline=None, max_examples=150)
@given(streams(odd=False))
def test_the_least_energy_is_undone_among_the_optima(commands: list[Command]) -> None:
    """A linear program that wants welfare first and few reverses second undoes as much."""
    _, taking_part, closing = trade(commands)
    book, reverse = taking_part.book, taking_part.execution >= 0
    if not len(reverse):
        return
    sign = np.where(book.side == 0, 1.0, -1.0)
    weight = 1 + int(book.energy_wh.sum())
    cost = -weight * sign * book.limit_mjpy_per_kwh + reverse
    bounds = np.stack((np.zeros(len(sign)), book.energy_wh), axis=1)
    best = float(linprog(cost, A_eq=sign[None], b_eq=[0.0], bounds=bounds, method="highs").fun)
    assert closing.undone_wh - weight * closing.welfare_ujpy == round(best)


@settings(deadline=None)
@given(streams(odd=False))
def test_no_more_is_traded_back_than_was_traded(commands: list[Command]) -> None:
    """A position can be undone once: what a party ends with of an order is between nothing and all of it."""
    executions, taking_part, closing = trade(commands)
    reverse = taking_part.execution >= 0
    undone_wh = closing.filled_wh[reverse]
    assert np.all(undone_wh <= executions.energy_wh[taking_part.execution[reverse]])


def test_an_extra_marginal_trade_is_bought_back() -> None:
    """A dear seller met the best bid early; at the close a cheap one takes its place, and both gain.

    The seller at 130 sold at 140 and buys back between its 130 and the newcomer's 100: at 115, a gain of 25 where
    delivering had left 10.
    """
    asks = [
        Command(0, 10, 1, 1, 1, 130, 5, 40),
        Command(0, 10, 2, 2, 0, 140, 5, 40),
        Command(0, 10, 3, 3, 1, 100, 5, 40),
    ]
    executions, taking_part, closing = trade(asks)
    assert executions.price_mjpy_per_kwh.tolist() == [130]
    assert (closing.price_mjpy_per_kwh, closing.undone_wh, closing.welfare_ujpy) == (115, 5, 5 * 30)
    assert taking_part.order[closing.filled_wh > 0].tolist() == [3, 1]


def test_a_position_is_not_undone_for_no_gain() -> None:
    """A newcomer who offers no more than the holder's own limit leaves the holder what it has."""
    same = [
        Command(0, 10, 1, 1, 1, 110, 5, 40),
        Command(0, 10, 2, 2, 0, 120, 5, 40),
        Command(0, 10, 3, 3, 0, 120, 5, 40),
    ]
    assert trade(same)[2].volume_wh == 0


@pytest.mark.parametrize("seed", range(5))
def test_zero_intelligence_trading_loses_what_the_call_recovers(seed: int) -> None:
    """Random orders trade away about a third of the welfare; with the call nothing is lost, on 20,000 orders."""
    corridor = Corridor(8_500, 35_000)
    orders = zero_intelligence(np.random.default_rng(seed), 20_000, corridor)
    book = ContinuousBook(Terms(corridor, 0, 1, 20_000))
    executions = book.apply_all(orders).executions
    book.apply(Command(CommandKind.EXPIRE, 1))
    _, closing = close(book, executions)
    numbers = np.arange(20_000)
    optimum = clear(Book(numbers, orders.side, orders.limit_mjpy_per_kwh, orders.energy_wh, numbers), corridor)
    assert worth_ujpy(executions) < 0.75 * optimum.welfare_ujpy
    assert worth_ujpy(executions) + closing.welfare_ujpy == optimum.welfare_ujpy


def test_an_empty_book_closes_without_a_price() -> None:
    """Nothing open and nothing traded: no price, no volume."""
    book = ContinuousBook(TERMS)
    nothing = book.apply(Command(CommandKind.EXPIRE, TERMS.closes))
    assert call(entries(book.resting(), nothing), TERMS.corridor)[2:] == (0, 0, 0)
    assert close(book, nothing)[1].price_mjpy_per_kwh is None
