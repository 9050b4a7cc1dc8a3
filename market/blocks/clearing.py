"""Several slots cleared together: simple orders, block orders, linked orders and flexible loads.

Every slot has one price, at which the simple orders are content as in the call auction, and no accepted block or load
loses. Among all such outcomes this is the one of greatest welfare. A block may be left out although it would have
gained at the prices: with it, the prices would make somebody lose (a paradoxical rejection, as in European day-ahead
coupling).

How: a mixed program finds the greatest welfare over all acceptances. Where no prices exist at which all of them are
content, the losers' prices enter the program, as far as they matter near there, and it is solved again. Should that not
tell the outcome apart, it is cut off together with all that accept at least as much: prices that suited one of these
would, as its welfare is no greater, suit the smaller one too (strengthened Benders cuts, Madani and Van Vyve 2015).
Meanwhile every outcome is also repaired: the worst loser leaves until prices suit all that are left. The best of these
stands when effort runs out, and the bound says how much welfare that may have cost. The solver decides only who is
accepted; energy, welfare and prices are computed and checked in integers.
"""

from typing import NamedTuple

import numpy as np

from domain.order import Column
from market.auction.clearing import Clearing
from market.blocks.curve import around, curve_of, position_wh
from market.blocks.price import Room, block_condition, content_prices, load_conditions
from market.blocks.program import Cut, Limits, Terrain, decide, spread, together, without
from market.blocks.session import WELFARE_UJPY_MAX, Session
from market.blocks.slot import SlotOutcome, clear_slot

OUT_OF_MONEY, PARADOXICAL, PARENT_REJECTED, GROUP_TAKEN = (
    "out_of_money",
    "paradoxical",
    "parent_rejected",
    "group_taken",
)


class Effort(NamedTuple):
    """How far to look for the optimum. turns_max: mixed programs to solve; with one, the outcome is repaired only.
    nodes_max: branches per mixed program, None for as many as it takes. Counted in work, not in time: the same session
    always has the same answer.
    """

    turns_max: int = 200
    nodes_max: int | None = None


EXACT, BOUNDED, QUICK = Effort(), Effort(turns_max=20, nodes_max=1_000), Effort(turns_max=1)
BLOCKS_EXACT, BLOCKS_BOUNDED = 100, 300
"""By default the optimum is sought to the end up to the first number of blocks, and up to the second with bounded
effort, mostly with success; beyond, the first outcome is repaired."""
PIECES = 2
"""So many pieces of the curve on either side of an outcome are taken to matter."""


class SessionClearing(NamedTuple):
    """What a session decides.

    slots: slot to the clearing of its simple orders; its volume counts blocks and loads too, its welfare does not.
    blocks_wh: block id to its accepted energy over all its slots; zero is rejected.
    rejected: block id to the reason why not.
    loads_wh: load id to its energy in each slot of its window.
    welfare_ujpy: of all orders. bound_ujpy: no outcome has more, with prices that suit all; equal when proven optimal.
    """

    slots: dict[int, Clearing]
    blocks_wh: dict[str, int]
    rejected: dict[str, str]
    loads_wh: dict[str, tuple[int, ...]]
    welfare_ujpy: int
    bound_ujpy: int


class Outcome(NamedTuple):
    """A decision carried out. lots: Shape (blocks,). loads_wh: per load, shape (its slots,). prices: Shape (slots,), at
    which simple orders and loads are content. losers: rows of the blocks that lose at them, the worst first; none when
    there are prices that suit the blocks too.
    """

    lots: Column
    loads_wh: list[Column]
    slots: dict[int, SlotOutcome]
    prices_mjpy_per_kwh: Column
    losers: list[int]
    welfare_ujpy: int


def clear_session(session: Session, effort: Effort | None = None) -> SessionClearing:
    """The greatest welfare at prices that suit everybody. Raises InputRefused with every fault of blocks and loads.

    Without blocks and loads every slot is as ``market.auction.clearing.clear`` has it. Ties break as the solver meets
    them on blocks and loads in order of arrival, then id; so the same orders in other rows have the same answer.
    """
    session.refuse_faults()
    session = session.in_order()
    effort = effort or _effort(len(session.blocks))
    terrain = _terrain(session)
    limits, bound_ujpy = Limits(), WELFARE_UJPY_MAX
    best = _carry_out(terrain, np.zeros(len(session.blocks), np.int64))
    for _ in range(effort.turns_max):
        decision = decide(terrain, limits, best.lots, effort.nodes_max)
        outcome = _carry_out(terrain, decision.lots)
        bound_ujpy = min(bound_ujpy, outcome.welfare_ujpy + decision.gap_ujpy)
        best = max(best, _repaired(terrain, outcome), key=lambda each: each.welfare_ujpy)
        if best.welfare_ujpy >= bound_ujpy or decision.gap_ujpy:
            break
        limits = _narrowed(terrain, limits, outcome)
    return _report(session, best, bound_ujpy)


def _effort(blocks: int) -> Effort:
    if blocks <= BLOCKS_EXACT:
        return EXACT
    return BOUNDED if blocks <= BLOCKS_BOUNDED else QUICK


def _repaired(terrain: Terrain, outcome: Outcome) -> Outcome:
    """The outcome without its losers: the worst leaves with its children, until prices suit all that are left. Then
    blocks that would gain at the prices come back as far as that suits all, the greatest gain first.
    """
    if not outcome.losers:
        return outcome
    while outcome.losers:
        outcome = _carry_out(terrain, without(terrain, outcome.lots, outcome.losers[0]))
    for row in _gaining(terrain.session, outcome):
        more = _carry_out(terrain, together(terrain, outcome.lots, row))
        if not more.losers and more.welfare_ujpy > outcome.welfare_ujpy:
            outcome = more
    return outcome


def _gaining(session: Session, outcome: Outcome) -> list[int]:
    """Rows of rejected blocks that would gain at the prices, the greatest gain first."""
    position = {slot: at for at, slot in enumerate(outcome.slots)}
    prices = outcome.prices_mjpy_per_kwh
    loss_ujpy = {
        row: block.lots * block_condition(block, position).shortfall(prices)
        for row, block in enumerate(session.blocks)
        if not outcome.lots[row]
    }
    return sorted((row for row, loss in loss_ujpy.items() if loss < 0), key=lambda row: (loss_ujpy[row], row))


def _terrain(session: Session) -> Terrain:
    """Curves, and prices without blocks and loads; where nothing trades then, the middle between bid and ask."""
    alone = {slot: clear_slot(book, session.corridor, 0, 0) for slot, book in session.books.items()}
    return Terrain(
        session,
        {slot: curve_of(book) for slot, book in session.books.items()},
        {slot: (outcome.low + outcome.high) // 2 for slot, outcome in alone.items()},
    )


def _narrowed(terrain: Terrain, limits: Limits, outcome: Outcome) -> Limits:
    """Watch the losers, and the pieces of the curves where they lose; if that is done already, cut the outcome off."""
    session = terrain.session
    slots = {slot for row in outcome.losers for slot in session.blocks[row].slots}
    at_wh = {slot: position_wh(session.books[slot], outcome.slots[slot].clearing.filled_wh) for slot in slots}
    near = {(slot, piece) for slot in slots for piece in around(terrain.curves[slot], at_wh[slot], PIECES)}
    watched, pieces = limits.watched | set(outcome.losers), limits.pieces | near
    if (watched, pieces) != (limits.watched, limits.pieces):
        return limits._replace(watched=watched, pieces=pieces)
    return limits._replace(cuts=(*limits.cuts, _cut(outcome.lots)))


def _cut(lots: Column) -> Cut:
    return tuple((row, lots[row]) for row in np.flatnonzero(lots).tolist())


def _carry_out(terrain: Terrain, lots: Column) -> Outcome:
    """Every slot cleared around a decision, and its prices."""
    session, loads_wh = terrain.session, spread(terrain, lots)
    brought_wh, taken_wh = dict.fromkeys(session.books, 0), dict.fromkeys(session.books, 0)
    for lot_count, block in zip(lots.tolist(), session.blocks, strict=True):
        side_wh = brought_wh if block.direction > 0 else taken_wh
        for slot, wh in zip(block.slots, block.lot_wh, strict=True):
            side_wh[slot] += lot_count * wh
    for column_wh, load in zip(loads_wh, session.loads, strict=True):
        for slot, wh in zip(load.window, column_wh.tolist(), strict=True):
            taken_wh[slot] += wh
    slots = {
        slot: clear_slot(book, session.corridor, brought_wh[slot], taken_wh[slot])
        for slot, book in session.books.items()
    }
    prices, losers = _prices(session, slots, lots, loads_wh)
    return Outcome(lots, loads_wh, slots, prices, losers, _welfare(session, slots, lots, loads_wh))


def _welfare(session: Session, slots: dict[int, SlotOutcome], lots: Column, loads_wh: list[Column]) -> int:
    """Of simple orders, blocks and loads together. uJPY."""
    simple: int = sum(outcome.clearing.welfare_ujpy for outcome in slots.values())
    blocks: int = sum(
        -block.direction * block.limit_mjpy_per_kwh * sum(block.lot_wh) * lot_count
        for lot_count, block in zip(lots.tolist(), session.blocks, strict=True)
    )
    loads = sum(load.limit_mjpy_per_kwh * int(wh.sum()) for load, wh in zip(session.loads, loads_wh, strict=True))
    return simple + blocks + loads


def _prices(
    session: Session, slots: dict[int, SlotOutcome], lots: Column, loads_wh: list[Column]
) -> tuple[Column, list[int]]:
    """Prices that suit everybody, or else those that suit all but some blocks, and those, the worst first."""
    position = {slot: at for at, slot in enumerate(slots)}
    room = _room(session, slots, loads_wh)
    loads = [
        condition
        for at, (load, taken_wh) in enumerate(zip(session.loads, loads_wh, strict=True))
        for condition in load_conditions(load, taken_wh, len(slots) + at, position)
    ]
    blocks = {row: block_condition(session.blocks[row], position) for row in np.flatnonzero(lots).tolist()}
    values = content_prices(room, [*loads, *blocks.values()])
    if values is not None:
        return values[: len(slots)], []
    values = content_prices(room, loads)
    assert values is not None, "loads were spread at least cost"
    loss_ujpy = {row: condition.shortfall(values) * int(lots[row]) for row, condition in blocks.items()}
    losers = [row for row in blocks if loss_ujpy[row] > 0]
    return values[: len(slots)], sorted(losers, key=lambda row: (-loss_ujpy[row], -row))


def _room(session: Session, slots: dict[int, SlotOutcome], loads_wh: list[Column]) -> Room:
    """Intervals of prices with their middle, rounded down; rents of loads, none for one that has not all its energy."""
    corridor = session.corridor
    low = np.array([outcome.low for outcome in slots.values()], np.int64)
    high = np.array([outcome.high for outcome in slots.values()], np.int64)
    middle = (low + high) // 2
    full = [int(wh.sum()) == load.energy_wh for load, wh in zip(session.loads, loads_wh, strict=True)]
    rent_max = np.where(np.array(full, np.bool_), corridor.cap - corridor.floor, 0)
    none = np.zeros_like(rent_max)
    pairs = ((low, none), (high, rent_max), (middle, none), (np.ones_like(middle), none))
    return Room(*(np.concatenate(pair) for pair in pairs))


def _report(session: Session, outcome: Outcome, bound_ujpy: int) -> SessionClearing:
    prices = dict(zip(outcome.slots, outcome.prices_mjpy_per_kwh.tolist(), strict=True))
    return SessionClearing(
        {
            slot: found.clearing._replace(price_mjpy_per_kwh=prices[slot] if found.clearing.volume_wh else None)
            for slot, found in outcome.slots.items()
        },
        {
            block.id: lot_count * sum(block.lot_wh)
            for lot_count, block in zip(outcome.lots.tolist(), session.blocks, strict=True)
        },
        _reasons(session, outcome.lots, outcome.prices_mjpy_per_kwh),
        {load.id: tuple(wh.tolist()) for load, wh in zip(session.loads, outcome.loads_wh, strict=True)},
        outcome.welfare_ujpy,
        bound_ujpy,
    )


def _reasons(session: Session, lots: Column, prices_mjpy_per_kwh: Column) -> dict[str, str]:
    """Why each rejected block was: the first that applies of losing at the prices, parent, group; else paradoxical."""
    position = {slot: at for at, slot in enumerate(session.books)}
    accepted = {session.blocks[row].id for row in np.flatnonzero(lots)}
    groups = {block.group for block in session.blocks if block.id in accepted}
    reasons = {}
    for block in session.blocks:
        if block.id not in accepted:
            if block_condition(block, position).shortfall(prices_mjpy_per_kwh) >= 0:
                reasons[block.id] = OUT_OF_MONEY
            elif block.parent is not None and block.parent not in accepted:
                reasons[block.id] = PARENT_REJECTED
            else:
                reasons[block.id] = GROUP_TAKEN if block.group is not None and block.group in groups else PARADOXICAL
    return reasons
