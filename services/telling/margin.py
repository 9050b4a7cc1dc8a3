"""Whose orders bound a slot's price, found from orders and trades alone.

Below the low bound a needed seller would not sell, or a buyer left wanting would buy too; above the high bound a served
buyer would not buy, or a seller left with energy would sell too. An order filled in part is both served and left.
Roles are told, owners are not: a limit is its owner's own business.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from domain.order import Order, Side


class Bound(NamedTuple):
    """One end of the interval in which every price clears the market, and what its order does there."""

    role: str
    limit_mjpy_per_kwh: int


def margin(admitted: Sequence[Order], filled_wh: Mapping[str, int]) -> tuple[Bound, Bound]:
    """The low and the high bound of a slot in which something traded. filled_wh: by order id, Wh, absent is nothing.

    At equal limits the order that traded is named rather than the one that did not.
    """
    asks = [order for order in admitted if order.side is Side.SELL]
    bids = [order for order in admitted if order.side is Side.BUY]
    low = _filled("seller_needed", asks, filled_wh) + _left("buyer_left_out", bids, filled_wh)
    high = _filled("buyer_served", bids, filled_wh) + _left("seller_left_out", asks, filled_wh)
    return max(low, key=_limit), min(high, key=_limit)


def _filled(role: str, orders: Sequence[Order], filled_wh: Mapping[str, int]) -> list[Bound]:
    return [Bound(role, order.limit_mjpy_per_kwh) for order in orders if filled_wh.get(order.id, 0)]


def _left(role: str, orders: Sequence[Order], filled_wh: Mapping[str, int]) -> list[Bound]:
    return [Bound(role, each.limit_mjpy_per_kwh) for each in orders if filled_wh.get(each.id, 0) < each.energy_wh]


def _limit(bound: Bound) -> int:
    return bound.limit_mjpy_per_kwh
