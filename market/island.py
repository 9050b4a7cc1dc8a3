"""An island for one slot: who is served, what storage gives or takes, and what sun is left unused.

Nobody outside helps, so what is used and stored is what is generated and drawn from storage, to the Wh. Sun serves use
first; what it leaves charges storage, by room, and the rest is curtailed, by generation. Where sun is not enough,
storage gives, by what it can; where that is not enough either, use is shed by class: no Wh goes to a class while one
before it lacks any, and inside the class that is served in part everybody gets the same share.
"""

from typing import NamedTuple

import numpy as np

from domain.order import Column
from domain.quantity import split_in_proportion


class IslandMeans(NamedTuple):
    """What an island has and needs in a slot. Columns of shape (sites,), int64, Wh, zero or more.

    discharge_wh, charge_wh: the most that a site's storage can give and take. priority: class, the least is served
    first.
    """

    generation_wh: Column
    load_wh: Column
    discharge_wh: Column
    charge_wh: Column
    priority: Column


class IslandPlan(NamedTuple):
    """What becomes of it. Columns as in IslandMeans; served + charge = generation - curtailed + discharge."""

    served_wh: Column
    discharge_wh: Column
    charge_wh: Column
    curtailed_wh: Column


def plan_island(means: IslandMeans) -> IslandPlan:
    """The plan of one slot; shares are whole Wh, the largest remainders get what is left over."""
    spare_wh = int(means.generation_wh.sum()) - int(means.load_wh.sum())
    charge_wh = _shares(min(max(spare_wh, 0), int(means.charge_wh.sum())), means.charge_wh)
    curtailed_wh = _shares(max(spare_wh, 0) - int(charge_wh.sum()), means.generation_wh)
    discharge_wh = _shares(min(max(-spare_wh, 0), int(means.discharge_wh.sum())), means.discharge_wh)
    left_wh = int(means.generation_wh.sum()) + int(discharge_wh.sum())
    served_wh = np.zeros_like(means.load_wh)
    for each in np.unique(means.priority):
        rows = means.priority == each
        given_wh = min(left_wh, int(means.load_wh[rows].sum()))
        served_wh[rows] = _shares(given_wh, means.load_wh[rows])
        left_wh -= given_wh
    return IslandPlan(served_wh, discharge_wh, charge_wh, curtailed_wh)


def _shares(total_wh: int, weights: Column) -> Column:
    if not total_wh:
        return np.zeros_like(weights)
    return np.array(split_in_proportion(total_wh, weights.tolist()), np.int64)
