"""Which orders may enter the auction, and why the others may not.

An order must lie inside its owner's mandate and inside the price corridor of the rules. A site stands on one side only
in a slot: the order that came first decides which, so that nobody trades with oneself (wash trade).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from domain.order import Book, Column
from domain.party import Mandate
from domain.tariff import Corridor

ADMITTED = 0
REASONS: dict[int, str] = {
    1: "no_energy",
    2: "paused",
    3: "above_order_max",
    4: "outside_corridor",
    5: "below_sell_min",
    6: "above_buy_max",
    7: "own_other_side",
}


class Mandates(NamedTuple):
    """What the members allow, one row a site in the order of the community. Each shape (sites,), int64 or bool."""

    sell_min_mjpy_per_kwh: Column
    buy_max_mjpy_per_kwh: Column
    order_max_wh: Column
    active: npt.NDArray[np.bool_]


def mandate_columns(mandates: Sequence[Mandate]) -> Mandates:
    """Mandates in columns, rows in the order given."""
    return Mandates(
        np.array([mandate.sell_min_mjpy_per_kwh for mandate in mandates], np.int64),
        np.array([mandate.buy_max_mjpy_per_kwh for mandate in mandates], np.int64),
        np.array([mandate.order_max_wh for mandate in mandates], np.int64),
        np.array([mandate.active for mandate in mandates], np.bool_),
    )


def admit(book: Book, mandates: Mandates, corridor: Corridor) -> npt.NDArray[np.int8]:
    """A reason for each order. Shape (orders,), int8: zero is admitted, the others stand in REASONS.

    An order with several faults bears the first one of REASONS.
    """
    found = faults(book, mandates, corridor)
    reason = np.select(list(found), list(REASONS)[: len(found)], ADMITTED).astype(np.int8)
    reason[_on_other_side(book, reason == ADMITTED)] = 7
    return reason


def faults(book: Book, mandates: Mandates, corridor: Corridor) -> npt.NDArray[np.bool_]:
    """Every fault that an order has by itself. Shape (reasons, orders), bool, rows in the order of REASONS; standing
    against another order of the site is no such fault.
    """
    limits, is_sell = book.limit_mjpy_per_kwh, book.side == 1
    return np.stack(
        (
            book.energy_wh <= 0,
            ~mandates.active[book.site],
            book.energy_wh > mandates.order_max_wh[book.site],
            (limits < corridor.floor) | (limits > corridor.cap),
            is_sell & (limits < mandates.sell_min_mjpy_per_kwh[book.site]),
            ~is_sell & (limits > mandates.buy_max_mjpy_per_kwh[book.site]),
        )
    )


def _on_other_side(book: Book, admitted: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Admitted orders that stand against the first admitted order of their site."""
    row = np.flatnonzero(admitted)
    row = row[np.lexsort((book.entered[row], book.site[row]))]
    _, first, site = np.unique(book.site[row], return_index=True, return_inverse=True)
    against = np.zeros(admitted.shape, np.bool_)
    against[row] = book.side[row] != book.side[row[first]][site]
    return against
