"""What surveillance looks at, in columns: what traded, what was ordered, what was metered, and who owns what.

Owners are beneficial owners: several parties may stand for one person, and the rules see through to that person.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from domain.order import Column

Flags = npt.NDArray[np.bool_]


class Deals(NamedTuple):
    """Trades of a period, one row a trade. Each shape (trades,), int64. moment: when, on the clock of the orders.

    seller, buyer: positions of parties. price: mJPY/kWh. energy: Wh, above zero.
    """

    slot: Column
    moment: Column
    seller: Column
    buyer: Column
    price_mjpy_per_kwh: Column
    energy_wh: Column


class Lives(NamedTuple):
    """Orders of a period from entry to end, one row an order. Each shape (orders,), int64.

    party: position. own_limit: what the owner's tariff, mandate and devices alone make of it, as an agent computes it;
    -1 where unknown. energy, filled: Wh. entered, left: moments; cancelled: 1 when its owner ended it, else 0.
    """

    slot: Column
    party: Column
    side: Column
    limit_mjpy_per_kwh: Column
    own_limit_mjpy_per_kwh: Column
    energy_wh: Column
    filled_wh: Column
    entered: Column
    left: Column
    cancelled: Column


class Exports(NamedTuple):
    """What meters saw go out. Each shape (readings,), int64: slot, position of the site, Wh. dark: bool, same shape,
    no sun on the site in the whole slot.
    """

    slot: Column
    site: Column
    energy_wh: Column
    dark: Flags


class Plants(NamedTuple):
    """What stands behind the meters, one row a site. owner: of the site. export_max_wh: what all of it can give in a
    slot by its nameplates. storage: bool. Each shape (sites,).
    """

    owner: Column
    export_max_wh: Column
    storage: Flags


class Observed(NamedTuple):
    """One period as surveillance sees it. owner: Shape (parties,), int64, whom each party stands for."""

    deals: Deals
    lives: Lives
    exports: Exports
    plants: Plants
    owner: Column


def groups(keys: Column) -> Iterator[tuple[tuple[int, ...], Column]]:
    """Rows that agree in all keys, in rising order of keys. keys: Shape (keys, rows), int64."""
    if not keys.shape[1]:
        return
    order = np.lexsort(keys[::-1])
    changes = (np.diff(keys[:, order], axis=1) != 0).any(axis=0)
    for rows in np.split(order, np.flatnonzero(changes) + 1):
        yield tuple(keys[:, rows[0]].tolist()), rows
