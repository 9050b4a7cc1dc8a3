"""A session whose trades keep to every branch of the feeder, slot by slot.

The session itself knows no wires: its prices are one a slot. So its energies are laid on the tree afterwards, and where
a branch would carry more than it can, the order that came last of those that load it there leaves, whole, and the
session is cleared again, until everything fits. Who left is told which branch was full, and when; it may still trade in
the slot's own call, which has a price at every node. A slot without a full branch is as if there were no wires.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from domain.connection import Connections
from domain.day_ahead_order import DayAheadOrder, with_descendants
from domain.order import Book, Column, Side
from domain.preference import no_wishes
from domain.tariff import Corridor
from domain.trade import Trades
from market.auction.locality import places_of
from market.auction.partners import pair_by_wish
from market.blocks.clearing import SessionClearing, clear_session
from market.blocks.filed import SlotEnergy, session_of, traded_wh
from market.grid.whole_wh import flows_wh, net_demand_wh


class Place(NamedTuple):
    """Where members stand. position: of each site by id. connections: sites on the feeder, in that order."""

    position: dict[str, int]
    connections: Connections


class FullBranch(NamedTuple):
    """Why an order left: what the branch would have carried, and what it can. Wh. node: of its lower end."""

    slot: int
    node: int
    branch: str
    flow_wh: int
    limit_wh: int


class DayCleared(NamedTuple):
    """A session that fits. orders: those in it. traded_wh: what each of them trades, by id and slot. left_out: why the
    others left, by id. left_with_parent: blocks that left because the block they lean on did."""

    orders: list[DayAheadOrder]
    cleared: SessionClearing
    traded_wh: dict[str, SlotEnergy]
    left_out: dict[str, FullBranch]
    left_with_parent: set[str]


def clear_within_branches(
    orders: Sequence[DayAheadOrder], place: Place, slots: Sequence[int], corridor: Corridor
) -> DayCleared:
    """The session of well-formed orders. Every turn one order leaves, so it ends; none fits trivially.

    Raises InputRefused with every fault of blocks and loads, as ``clear_session``.
    """
    kept, left_out, orphans = list(orders), dict[str, FullBranch](), set[str]()
    while True:
        cleared = clear_session(session_of(kept, place.position, slots, corridor))
        energies = traded_wh(kept, cleared)
        full = _fullest(kept, energies, place, slots)
        if full is None:
            return DayCleared(kept, cleared, energies, left_out, orphans)
        last = _last_that_loads(kept, energies, place, full)
        left_out[last.id] = full
        leaving = with_descendants(kept, {last.id})
        orphans |= leaving - {last.id}
        kept = [each for each in kept if each.id not in leaving]


def slot_trades(
    orders: Sequence[DayAheadOrder], energies: dict[str, SlotEnergy], slot: int, price_mjpy_per_kwh: int, place: Place
) -> tuple[list[DayAheadOrder], Trades]:
    """Who trades with whom in a slot, neighbours first, and the orders that the trades' rows mean."""
    book, present = _book_of(orders, energies, slot, place)
    wishes, places = no_wishes(len(present)), places_of(place.connections)
    return present, pair_by_wish(book, book.energy_wh, price_mjpy_per_kwh, places, wishes).trades


def _book_of(
    orders: Sequence[DayAheadOrder], energies: dict[str, SlotEnergy], slot: int, place: Place
) -> tuple[Book, list[DayAheadOrder]]:
    """What trades in a slot as a book that is filled to the last Wh, and the order behind each row."""
    present = [each for each in orders if energies[each.id].get(slot)]
    rows = [
        (place.position[each.site_id], each.side, each.limit_mjpy_per_kwh, energies[each.id][slot], each.entered)
        for each in present
    ]
    return Book(*np.array(rows, np.int64).reshape(-1, 5).T), present


def _fullest(
    orders: Sequence[DayAheadOrder], energies: dict[str, SlotEnergy], place: Place, slots: Sequence[int]
) -> FullBranch | None:
    """The branch that is furthest above its limit; of equals the earliest slot, then the first node."""
    feeder, worst = place.connections.for_trades, None
    for slot in slots:
        flow_wh = _flows(orders, energies, slot, place)
        over_wh = np.abs(flow_wh) - feeder.limit_wh
        over_wh[0] = 0
        node = int(over_wh.argmax())
        if over_wh[node] > 0 and (worst is None or over_wh[node] > abs(worst.flow_wh) - worst.limit_wh):
            name, limit_wh = feeder.branch_names[node], int(feeder.limit_wh[node])
            worst = FullBranch(slot, node, name, int(flow_wh[node]), limit_wh)
    return worst


def _flows(orders: Sequence[DayAheadOrder], energies: dict[str, SlotEnergy], slot: int, place: Place) -> Column:
    """What each branch carries in a slot, positive towards the leaves. Shape (nodes,), Wh."""
    book, _ = _book_of(orders, energies, slot, place)
    feeder = place.connections.for_trades
    at_node = place.connections.node[book.site]
    return flows_wh(net_demand_wh(book, at_node, book.energy_wh, len(feeder.parent)), feeder)[0]


def _last_that_loads(
    orders: Sequence[DayAheadOrder], energies: dict[str, SlotEnergy], place: Place, full: FullBranch
) -> DayAheadOrder:
    """The last to arrive, then by id, of the orders below a branch whose energy flows through it as it is full."""
    below, node = _below(place.connections, full.node), place.connections.node
    side = Side.BUY if full.flow_wh > 0 else Side.SELL
    loading = [
        each
        for each in orders
        if energies[each.id].get(full.slot) and each.side is side and below[node[place.position[each.site_id]]]
    ]
    return max(loading, key=lambda each: (each.entered, each.id))


def _below(connections: Connections, head: int) -> list[bool]:
    """Which nodes hang below a branch, its own lower end included."""
    found = [False] * len(connections.feeder.parent)
    found[head] = True
    for node in range(head + 1, len(found)):
        found[node] = found[int(connections.feeder.parent[node])]
    return found
