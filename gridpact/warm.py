"""Compile the market's loops once, at set-up, so that no trading day, command or test waits for it.

Numba keeps what it compiled beside the source, or in the user's cache directory where that cannot be written. Loops
that state their types compile when their module is imported, the others when they are first called: so each module of
loops stands in ``LOOPS`` with a call that reaches all of its own, on the smallest market there is.
"""

from collections.abc import Callable, Mapping
from importlib import import_module

import numpy as np

from domain.branch import Branch, Node
from domain.feeder import feeder_of
from domain.order import Book, Side
from domain.tariff import Corridor

CORRIDOR = Corridor(8_000, 20_000)
BOOK = Book(*np.array([[0, 1], [Side.SELL, Side.BUY], [9_000, 12_000], [500, 400], [1, 0]]))


def _imported() -> None:
    """Nothing to call: every loop of the module states its types."""


def _feeder() -> None:
    """An auction over one line with losses, which also moves what is not whole."""
    from market.grid.clearing import clear_on_grid

    feeder = feeder_of([Node("above"), Node("below")], [Branch("line", ("above", "below"), 300, 10, 20)], ["above"])
    clear_on_grid(BOOK, np.array([0, 1]), feeder, CORRIDOR)


def _continuous() -> None:
    from market.continuous.book import ContinuousBook, Terms
    from market.continuous.command import Command, CommandKind

    book = ContinuousBook(Terms(CORRIDOR, opens=0, closes=2, orders_max=2))
    book.apply(Command(CommandKind.SUBMIT, 0, 1, 1, Side.SELL, 9_000, 500, 2))
    book.resting()


def _storage() -> None:
    from domain.site import Battery
    from market.storage.battery import cheapest_ujpy

    prices = np.array([30_000, 30_000])
    cheapest_ujpy(np.array([300, -300]), 500, 500, Battery(1_000, 500, 950), prices, prices // 2)


def _shares() -> None:
    """The value of what each brings, exact for a few and drawn for many."""
    from market.fairness import EXACT_PARTIES_MAX, shapley

    shapley(BOOK, 2)
    shapley(BOOK, EXACT_PARTIES_MAX + 1, permutations=2)


def _talk() -> None:
    """A deal between two agents, by messages and in one loop."""
    from market.negotiation.agenda import Agenda, Issue, Offer
    from market.negotiation.bargaining import DealMandate, answer, begin, brief
    from market.negotiation.rehearsal import rehearse

    issues = Issue(9_000, 1_000, 3), Issue(200), Issue(1), Issue(0), Issue(0)
    agenda = Agenda("loops", "seller", "buyer", issues, slots_per_month=1, rounds=2)
    mandate = DealMandate(Offer(*(each.values[0] for each in issues)), Offer(*(each.values[-1] for each in issues)))
    gains = np.array([[3_000, 2_000, 1_000]]), np.array([[1_000, 2_000, 3_000]])
    buyer, seller = (brief(agenda, side, mandate, gains[side]) for side in Side)
    rehearse(buyer, seller)
    message = begin(seller)[1]
    assert message is not None, "the seller opens"
    answer(buyer, begin(buyer)[0], message)


LOOPS: Mapping[str, Callable[[], None]] = {
    "market.auction.clearing": _imported,
    "market.auction.matching": _imported,
    "market.auction.partners": _imported,
    "market.auction.ranking": _imported,
    "market.grid.clearing": _feeder,
    "market.grid.curve_cut": _feeder,
    "market.grid.drops": _feeder,
    "market.grid.nodal_price": _feeder,
    "market.grid.whole_wh": _feeder,
    "market.continuous.kernel": _continuous,
    "market.storage.kernel": _storage,
    "market.coalition": _shares,
    "market.negotiation.rehearsal": _talk,
    "market.negotiation.trade_off": _talk,
    "market.negotiation.turn": _talk,
}


def warm() -> None:
    """Compile every loop, or load it where that was done before."""
    for module in LOOPS:
        import_module(module)
    for call in dict.fromkeys(LOOPS.values()):
        call()
