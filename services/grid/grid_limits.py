"""What grid signals leave of a slot: less on a branch, less for a site, each with the signal that says so.

A feeder branch has one limit for both directions, so an import or export limit of wires bounds both: stricter than
asked, never looser. An island opens the branch above it: whoever is inside trades inside. A limit of the whole feeder
bounds every branch that leaves its head.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection

from domain.connection import Connections
from domain.grid_signal import LIMITS, Extent, GridSignal, SignalKind, in_force, strictest
from domain.order import Book, Column, Order, Side
from domain.site import DeviceKind
from domain.slot import slot_wh
from market.bidding import LEAST_ORDER_WH
from memory.grid import grid_signals
from services.grid.grid_signals import holding, knows
from services.orders.order_book import Desk

ABOVE_GRID_LIMIT = "above_grid_limit"
SIDES = {
    SignalKind.IMPORT_LIMIT: (Side.BUY,),
    SignalKind.EXPORT_LIMIT: (Side.SELL,),
    SignalKind.REDISPATCH: (Side.BUY, Side.SELL),
    SignalKind.ISLAND: (Side.BUY, Side.SELL),
}
Record = dict[str, Any]


class Left(NamedTuple):
    """What a signal leaves, Wh of the slot."""

    limit_wh: int
    signal: GridSignal


@dataclass(frozen=True, slots=True)
class Bounds:
    """branches: by row of the feeder. sites: by position and side. Only what a signal bounds is in them, Wh."""

    branches: dict[int, Left]
    sites: dict[tuple[int, Side], Left]


def bounds_of(tx: Connection, desk: Desk, slot: int) -> Bounds:
    """What the signals in force now leave of a slot."""
    every, time = [each for each in grid_signals.every(tx) if knows(desk, each)], desk.time.slot(slot)
    asked = in_force(every, time.start, time.end, desk.steps.clock())
    return bounds(
        desk,
        [each for each in asked if each.kind in SIDES],
        [each for each in holding(tx, desk, slot) if knows(desk, each)],
    )


def bounds(desk: Desk, asked: Iterable[GridSignal], held: Iterable[GridSignal]) -> Bounds:
    """What signals leave, whatever their order. held: stops; one of less than the feeder bounds the sites in it."""
    branches: dict[tuple[int, Side], list[tuple[GridSignal, int]]] = {}
    sites: dict[tuple[int, Side], list[tuple[GridSignal, int]]] = {}
    for each in asked:
        for side in SIDES[each.kind]:
            if each.extent is Extent.SITE:
                at = desk.roster.position[each.target]
                sites.setdefault((at, side), []).append((each, each.limit_wh(rated_wh(desk, at), desk.time.slot_min)))
            for row in rows_of(desk.connections, each):
                branch_wh = int(desk.connections.feeder.limit_wh[row])
                branches.setdefault((row, side), []).append((each, each.limit_wh(branch_wh, desk.time.slot_min)))
    for stop in held:
        for at in sites_in(desk, stop):
            for side in Side:
                sites[at, side] = [(stop, 0)]
    return Bounds(_of_both(branches), {key: _left(found) for key, found in sorted(sites.items())})


def within(connections: Connections, bound: Bounds) -> Connections:
    """The same wires, whose trades keep to the bounds too."""
    limit_wh = connections.for_trades.limit_wh.copy()
    for row, left in bound.branches.items():
        limit_wh[row] = min(limit_wh[row], left.limit_wh)
    return replace(connections, feeder=replace(connections.feeder, limit_wh=limit_wh), trade_percent=100)


def cut_to_bounds(
    book: Book, firm: npt.NDArray[np.bool_], bound: Bounds, held_wh: Column
) -> tuple[Book, npt.NDArray[np.bool_], list[Record]]:
    """The orders, row by row less what exceeds their site's bound, and what was cut, by row.

    held_wh: Shape (sites,), Wh, what each site sells already, below zero what it buys.
    """
    energy_wh, cuts = book.energy_wh.copy(), []
    free_wh = {key: max(left.limit_wh - _held(held_wh, *key), 0) for key, left in bound.sites.items()}
    for row, key in enumerate(zip(book.site.tolist(), map(Side, book.side.tolist()), strict=True)):
        if key in free_wh and energy_wh[row] > free_wh[key]:
            cuts.append(_cut(int(energy_wh[row]), free_wh[key], bound.sites[key]) | {"position": key[0]})
            energy_wh[row] = free_wh[key]
        if key in free_wh:
            free_wh[key] -= int(energy_wh[row])
    kept = (energy_wh == book.energy_wh) | (energy_wh >= LEAST_ORDER_WH)
    return Book(*(column[kept] for column in book._replace(energy_wh=energy_wh))), firm[kept], cuts


def refused_by(bound: Bounds, rows: Sequence[Order], position: dict[str, int], held_wh: Column) -> dict[str, str]:
    """The orders that would take a site above its bound, in the order of their arrival, by id."""
    free_wh = {key: max(left.limit_wh - _held(held_wh, *key), 0) for key, left in bound.sites.items()}
    refused = {}
    for order in sorted(rows, key=lambda each: each.entered):
        key = (position[order.site_id], order.side)
        if key in free_wh and order.energy_wh > free_wh[key]:
            refused[order.id] = ABOVE_GRID_LIMIT
        elif key in free_wh:
            free_wh[key] -= order.energy_wh
    return refused


def cut_moves(
    bound: Bounds, moves: dict[str, tuple[int, int]], position: dict[str, int]
) -> tuple[dict[str, tuple[int, int]], list[Record]]:
    """Set-points (charge, discharge) by site, Wh, within the bounds, and what was cut."""
    kept, cuts = {}, []
    for site, move in moves.items():
        given = list(move)
        for side in Side:
            left = bound.sites.get((position[site], side))
            if left is not None and given[side] > left.limit_wh:
                cuts.append(_cut(given[side], left.limit_wh, left) | {"site": site})
                given[side] = left.limit_wh
        kept[site] = (given[0], given[1])
    return kept, cuts


def branch_records(bound: Bounds, connections: Connections) -> list[Record]:
    """The bounds of branches that are narrower than their limit for trades, for the record of a clearing."""
    feeder = connections.for_trades
    return [
        {
            "node": row,
            "branch": feeder.branch_names[row],
            "limit_wh": left.limit_wh,
            "signal": left.signal.name,
            "kind": str(left.signal.kind),
            "reason": left.signal.reason,
        }
        for row, left in sorted(bound.branches.items())
        if left.limit_wh < feeder.limit_wh[row]
    ]


def _cut(from_wh: int, to_wh: int, left: Left) -> Record:
    return {"from_wh": from_wh, "to_wh": to_wh, "signal": left.signal.name, "reason": left.signal.reason}


def _held(held_wh: Column, at: int, side: Side) -> int:
    return max(int(held_wh[at]) if side is Side.SELL else -int(held_wh[at]), 0)


def _left(found: list[tuple[GridSignal, int]]) -> Left:
    signal, limit_wh = strictest(found)
    return Left(limit_wh, signal)


def _of_both(found: dict[tuple[int, Side], list[tuple[GridSignal, int]]]) -> dict[int, Left]:
    """One bound a branch: the narrower one of its two directions."""
    narrowest: dict[int, Left] = {}
    for (row, _), asked in sorted(found.items()):
        left = _left(asked)
        if row not in narrowest or left.limit_wh < narrowest[row].limit_wh:
            narrowest[row] = left
    return narrowest


def rows_of(connections: Connections, signal: GridSignal) -> list[int]:
    """The rows of the branches that a signal speaks of."""
    feeder = connections.feeder
    if signal.extent is Extent.BRANCH:
        return [feeder.branch_names.index(signal.target, 1)]
    row = feeder.node_of(signal.target) if signal.extent is Extent.NODE else 0
    if signal.extent is Extent.SITE or (row == 0 and signal.kind not in LIMITS):
        return []  # the whole feeder as an island: what its trades are anyway
    return [row] if row else [int(at) for at in np.flatnonzero(feeder.parent == 0)]


def sites_in(desk: Desk, stop: GridSignal) -> list[int]:
    """Positions of the sites that a stop of less than the feeder holds."""
    if stop.extent is Extent.FEEDER:
        return []
    if stop.extent is Extent.SITE:
        return [desk.roster.position[stop.target]]
    feeder = desk.connections.feeder
    names = feeder.branch_names if stop.extent is Extent.BRANCH else feeder.names
    top = names.index(stop.target, 1 if stop.extent is Extent.BRANCH else 0)
    below = {top}
    for row in range(top + 1, len(feeder.parent)):
        if int(feeder.parent[row]) in below:
            below.add(row)
    return [at for at, node in enumerate(desk.connections.node.tolist()) if node in below]


def rated_wh(desk: Desk, at: int) -> int:
    """What a site's own devices are rated for together, meters apart, Wh of a slot; zero without any."""
    site = desk.roster.ids[at]
    devices = [each for each in desk.roster.devices if each.site_id == site and each.kind is not DeviceKind.METER]
    return slot_wh(sum(each.power_w for each in devices), desk.time.slot_min)
