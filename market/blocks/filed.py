"""From filed orders to a session, and from its clearing back to the orders: who trades how much in which slot.

A run in one piece is an exclusive group of blocks, one for each start (``domain.flexible_load``). What a group or a
parent is called belongs to its site, so no member can tie an order to a neighbour's.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from domain.block_order import BlockOrder
from domain.day_ahead_order import DayAheadOrder, Kind
from domain.errors import Fault
from domain.flexible_load import FlexibleLoad, in_one_piece
from domain.order import Book, Side
from domain.tariff import Corridor
from market.blocks.clearing import PARADOXICAL, SessionClearing
from market.blocks.session import Session

SlotEnergy = dict[int, int]


def form_faults(order: DayAheadOrder) -> Iterator[Fault]:
    """What no order of its kind may be, before anything else is asked of it; each says what to do."""
    for code, message in _form_faults(order):
        yield Fault(order.id, code, message)


def _form_faults(order: DayAheadOrder) -> Iterator[tuple[str, str]]:
    slots, energies, windowed = len(order.slots), len(order.energy_wh), order.kind in (Kind.LOAD, Kind.RUN)
    if min(order.energy_wh, default=0) <= 0:
        yield "no_energy", "energy is whole Wh above zero; name one for each slot that trades"
    if order.kind is Kind.SIMPLE and (slots, energies) != (1, 1):
        yield "not_simple", f"a simple order has one slot and one energy, not {slots} and {energies}; file a block"
    if order.kind is Kind.BLOCK and (slots != energies or not slots):
        yield "uneven", f"a block needs as many energies as slots, not {energies} for {slots}"
    if len(set(order.slots)) < slots and not windowed:
        yield "repeated_slot", "a slot stands there twice; add its energies up"
    if windowed and (slots != 2 or order.slots[0] > order.slots[-1]):
        yield "no_window", "a window is two times, its first slot and its last, the earlier first"
    elif order.kind is Kind.RUN and slots == 2 and energies > order.slots[1] - order.slots[0] + 1:
        yield "short_window", f"{energies} slots of one run do not fit into the window; widen it"
    if windowed and order.side is Side.SELL:
        yield "load_sells", "a load or a run buys; to sell several slots at once file a block"
    if order.kind is Kind.LOAD and (energies != 1 or order.slot_wh_max <= 0):
        yield "no_power", "a load has one energy over all and slot_wh_max above zero, the most in one slot"
    if order.kind is not Kind.BLOCK and (order.parent or order.group):
        yield "not_linked", "only blocks have a parent or a group"


def session_of(
    orders: Sequence[DayAheadOrder], position: dict[str, int], slots: Sequence[int], corridor: Corridor
) -> Session:
    """The session of some well-formed orders. position: by site id. slots: all of the day."""
    return Session(
        {slot: _book(_simple(orders, slot), position) for slot in slots},
        tuple(block for order in orders for block in _blocks(order)),
        tuple(_load(order) for order in orders if order.kind is Kind.LOAD),
        corridor,
    )


def traded_wh(orders: Sequence[DayAheadOrder], cleared: SessionClearing) -> dict[str, SlotEnergy]:
    """What each order trades in each slot, by id, Wh above zero; without an entry where it trades nothing."""
    found: dict[str, SlotEnergy] = {order.id: {} for order in orders}
    for slot, clearing in cleared.slots.items():
        for order, wh in zip(_simple(orders, slot), clearing.filled_wh.tolist(), strict=True):
            found[order.id][slot] = wh
    for order in orders:
        for block in _blocks(order):
            lots = cleared.blocks_wh[block.id] // sum(block.lot_wh)
            for slot, wh in zip(block.slots, block.lot_wh, strict=True):
                found[order.id][slot] = found[order.id].get(slot, 0) + lots * wh
        if order.kind is Kind.LOAD:
            found[order.id] |= dict(zip(order.window, cleared.loads_wh[order.id], strict=True))
    return {name: {slot: wh for slot, wh in sorted(by_slot.items()) if wh} for name, by_slot in found.items()}


def rejection(order: DayAheadOrder, cleared: SessionClearing) -> str | None:
    """Why a block or run was left out, a word of ``market.blocks.clearing``; None when it was not, or is neither.

    A run is paradoxical when one of its starts is: it would have gained there.
    """
    why = [cleared.rejected.get(block.id) for block in _blocks(order)]
    if not why or None in why:
        return None
    return PARADOXICAL if PARADOXICAL in why else why[0]


def _blocks(order: DayAheadOrder) -> list[BlockOrder]:
    if order.kind is Kind.RUN:
        return in_one_piece(_load(order), order.energy_wh)
    if order.kind is not Kind.BLOCK:
        return []
    return [
        BlockOrder(
            order.id,
            order.site_id,
            order.side,
            order.limit_mjpy_per_kwh,
            order.slots,
            order.energy_wh,
            order.entered,
            order.least_permille,
            order.parent_id,
            None if order.group is None else f"{order.site_id}#{order.group}",
        )
    ]


def _load(order: DayAheadOrder) -> FlexibleLoad:
    """A load, or the window in which a run takes place."""
    most_wh = order.slot_wh_max if order.kind is Kind.LOAD else max(order.energy_wh)
    limit, first, last = order.limit_mjpy_per_kwh, order.slots[0], order.slots[-1]
    return FlexibleLoad(order.id, order.site_id, limit, sum(order.energy_wh), most_wh, first, last, order.entered)


def _simple(orders: Sequence[DayAheadOrder], slot: int) -> list[DayAheadOrder]:
    return [order for order in orders if order.kind is Kind.SIMPLE and order.slots == (slot,)]


def _book(orders: Sequence[DayAheadOrder], position: dict[str, int]) -> Book:
    rows = [
        (position[each.site_id], each.side, each.limit_mjpy_per_kwh, each.energy_wh[0], each.entered) for each in orders
    ]
    return Book(*np.array(rows, np.int64).reshape(-1, 5).T)
