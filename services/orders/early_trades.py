"""Trades of a slot made before its own call: written down once, and what each site has sold or bought by them.

An early trade is firm, at its own price. From the call on it goes the way of the slot's own trades: drafted, judged,
reserved, recorded, settled with them. A site stands on one side of a slot, so whoever lets members trade early refuses
the other side; here it is asserted.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
from sqlalchemy import Connection

from domain.connection import Connections
from domain.feeder import Feeder
from domain.order import Column
from market.grid.whole_wh import flows_wh as grid_flows_wh
from memory.trading import clearings, trades
from memory.trading.trades import TradeRow


def record(tx: Connection, rows: Sequence[TradeRow]) -> None:
    """Write early trades, in the transaction of what caused them; the same again changes nothing.

    Raises Conflict when an id has other content. Asserts that their calls are still to come and that every site stays
    on one side of each slot.
    """
    trades.save(tx, rows)
    for slot in {row.slot for row in rows}:
        assert clearings.get(tx, slot) is None, f"slot {slot} had its call; no trade comes before it any more"
        made = of_slot(tx, slot)
        both = {each.seller_site for each in made} & {each.buyer_site for each in made}
        assert not both, f"a site stands on one side of slot {slot}: {min(both)} does not"
    assert all(row.early for row in rows), "a trade of the call is the call's to write"


def of_slot(tx: Connection, slot: int) -> list[TradeRow]:
    """The slot's early trades, by id."""
    return [each for each in trades.of_slot(tx, slot) if each.early]


def flows_wh(made: Iterable[TradeRow], connections: Connections, position: dict[str, int]) -> Column:
    """What trades ask of each branch, positive downwards. Shape (nodes,), int64, Wh."""
    feeder = connections.for_trades
    net_wh = np.zeros(len(feeder.parent), np.int64)
    np.subtract.at(net_wh, connections.node, position_wh(made, position))
    return grid_flows_wh(net_wh, feeder)[0]


def left_for_call(tx: Connection, slot: int, connections: Connections, position: dict[str, int]) -> Feeder:
    """The feeder as the slot's call may use it: each limit less what early trades need of it, either way, so that all
    trades together keep to it. What a flow against theirs would free stays unused."""
    feeder = connections.for_trades
    used_wh = np.abs(flows_wh(of_slot(tx, slot), connections, position))
    return replace(feeder, limit_wh=np.maximum(feeder.limit_wh - used_wh, 0))


def position_wh(made: Iterable[TradeRow], position: dict[str, int]) -> Column:
    """What each site has sold, below zero what it has bought. Shape (sites,), int64, Wh. position: by site id."""
    total = np.zeros(len(position), np.int64)
    for each in made:
        total[position[each.seller_site]] += each.energy_wh
        total[position[each.buyer_site]] -= each.energy_wh
    return total
