"""What two members could deliver and take in a standing deal, from their own metered past.

A seller's surplus is what its meter exported, a buyer's need what its meter imported; the seasonal forecast of both
(``forecasting.baseline``) gives three quantiles for each slot of a day. A deal is delivered in the slots in
which the seller usually has at least half of its best surplus. Every quantile of every such slot counts as
equally likely: a volume that is the same in each slot meets both good days and bad slots. The forecast looks back
fourteen days, so their season stands for the whole tenor.
"""

from typing import NamedTuple

import numpy as np

from domain.order import Column
from forecasting.baseline import seasonal_quantiles
from forecasting.history import History
from services.market_time import MarketTime

MEDIAN, HIGH = 1, 2


class Prospect(NamedTuple):
    """surplus_wh, need_wh: Shape (1, quantiles), int64, Wh in a delivery slot. steps: slots after the slot asked
    for, in order, in which a day's deliveries lie. surplus_high_wh, need_high_wh: their mean P90, rounded down."""

    surplus_wh: Column
    need_wh: Column
    steps: tuple[int, ...]
    surplus_high_wh: int
    need_high_wh: int


def prospect(export_wh: Column, import_wh: Column, first_known_slot: int, slot: int, time: MarketTime) -> Prospect:
    """The prospect of one seller and one buyer as it stands before ``slot``.

    export_wh: the seller's, import_wh: the buyer's meter. Shape (known slots,), Wh, -1 where nothing was read, from
    ``first_known_slot`` on. Without any surplus there are no steps, and everything is zero.
    """
    both = History(np.stack([export_wh, import_wh]), first_known_slot, str(time.zone), slot_min=time.slot_min)
    surplus_wh, need_wh = seasonal_quantiles(both, slot, time.per_day).swapaxes(0, 1)
    usual = surplus_wh[MEDIAN]
    chosen = np.flatnonzero((usual > 0) & (2 * usual >= usual.max()))
    if not chosen.size:
        nothing = np.zeros((1, 1), np.int64)
        return Prospect(nothing, nothing, (), 0, 0)
    surplus_wh, need_wh = surplus_wh[:, chosen], need_wh[:, chosen]
    return Prospect(
        surplus_wh.reshape(1, -1),
        need_wh.reshape(1, -1),
        tuple(chosen.tolist()),
        int(surplus_wh[HIGH].sum()) // chosen.size,
        int(need_wh[HIGH].sum()) // chosen.size,
    )
