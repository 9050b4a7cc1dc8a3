"""The order desk: members place, amend and cancel orders of their own before a slot's call, and trade at once.

A command is screened by the Identity agent's rules, refused with every reason at once, or accepted; then it, its trades
and its journal entry commit in one transaction, once for its key. The book is replayed from its commands each time, so
there is nothing to recover. A trade must fit, with all early ones of its slot, through the lines between the two.
"""

from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import Connection

from domain.errors import Fault, InputRefused, PermissionDenied
from domain.grid_signal import Extent
from domain.order import Order, Side
from identity import access
from identity.credit import REFUSED as NO_CREDIT
from market.continuous.book import ContinuousBook
from market.continuous.command import REFUSALS, CommandKind, columns_of
from memory.books import steps
from memory.trading import order_commands
from memory.trading.order_commands import OrderCommand
from memory.trading.trades import TradeRow
from services.grid.grid_limits import bounds_of, refused_by, within
from services.grid.grid_signals import holding
from services.members.day_limits import EXPIRED, SPENT, TRADED, beyond_mandates
from services.once import Asked, once
from services.orders import early_trades
from services.orders.commitments import thread_of
from services.orders.order_book import (
    ENTERED_MAX,
    Desk,
    OpenOrder,
    command_of,
    open_orders,
    order_id,
    parsed_id,
    replayed,
    seconds,
    trade_rows,
)
from services.orders.order_closing import cancel_paused
from services.orders.order_record import ACTOR, write
from services.orders.screening import credit_told, credit_words, entry_reasons, require_registration
from services.orders.unreserved import unreserved_ujpy

STEP = "order"
WORDS = {
    "no_energy": "energy is 1 Wh or more",
    "paused": "the mandate of this site is paused; resume it first",
    "above_order_max": "more energy than the mandate of this site allows in one order",
    "outside_corridor": "the limit lies outside the price corridor of the day",
    "below_sell_min": "the limit lies below the least price of the mandate",
    "above_buy_max": "the limit lies above the highest price of the mandate",
    NO_CREDIT: "more than the credit of this member covers, with all it has open",
    EXPIRED: "the mandate of this site does not reach to this day",
    SPENT: "more money than the mandate of this site allows on this day, with what it has bought and ordered",
    TRADED: "more energy than the mandate of this site allows on this day, with what it has traded and ordered",
    "above_grid_limit": "the grid operator leaves this site less in this slot",
}
IN_WORDS = {"no_energy": "energy_not_positive"}


@dataclass(frozen=True, slots=True)
class Instruction:
    """What a person tells the desk. key: the sender's own, the same for the same instruction sent again.

    order: the public name, for an amendment or a cancellation; then slot and site are the order's. energy_wh: of the
    whole order. until: when it ends, the closing call without it.
    """

    kind: CommandKind
    person: str
    key: str
    slot: int = 0
    site_id: str = ""
    side: Side = Side.BUY
    limit_mjpy_per_kwh: int = 0
    energy_wh: int = 0
    until: datetime | None = None
    order: str = ""


def instruct(desk: Desk, said: Instruction) -> dict[str, Any]:
    """Carry an instruction out, once: what became of its order, and what it traded.

    Raises InputRefused with every reason, PermissionDenied when the site is another's, Conflict when the key came with
    another instruction; then nothing is kept.
    """
    asked = Asked(thread_of_key(desk.market, said.person, said.key), said.key, _content(said))
    return once(desk.steps, asked, STEP, ACTOR, "screen", lambda tx: _work(tx, desk, said))


def thread_of_key(market: str, person: str, key: str) -> str:
    """Under which name an instruction is done once."""
    return f"order:{market}:{person}:{key}"


def book_of_slot(tx: Connection, desk: Desk, slot: int) -> list[OpenOrder]:
    """What rests in a slot's book now, by priority; nothing before its opening and after its close."""
    rows = order_commands.of_slot(tx, desk.market, slot)
    if not rows or steps.find(tx, thread_of(desk.market, slot), "bid"):
        return []
    book = replayed(desk, slot, rows)
    now = max(seconds(desk.steps.clock()), rows[-1].moment)
    if now < book.terms.closes:
        book.apply(command_of(desk.roster, OrderCommand(desk.market, slot, 0, int(CommandKind.EXPIRE), now)))
    return open_orders(book, slot, rows)


def _content(said: Instruction) -> dict[str, Any]:
    until = said.until.isoformat() if said.until else ""
    return asdict(said) | {"kind": int(said.kind), "side": int(said.side), "until": until}


def _work(tx: Connection, desk: Desk, said: Instruction) -> dict[str, Any]:
    access.require(tx, "runtime", "clear")
    slot = _slot_of(said)
    order_commands.lock_parties(tx, [said.person])
    order_commands.lock(tx, slot)
    rows = order_commands.of_slot(tx, desk.market, slot)
    entered = _entered(said, rows)
    site_id = entered.site_id if entered else said.site_id
    _require_own(desk, site_id, said.person)
    _refuse(_window_faults(tx, desk, slot))
    require_registration(desk.roster)
    book = replayed(desk, slot, rows)
    moment = max([seconds(desk.steps.clock()), *(row.moment for row in rows[-1:])])
    cancel_paused(tx, desk, book, slot, rows, moment)
    row = _row(desk, said, slot, site_id, entered, len(rows), moment, book)
    faults = [] if said.kind is CommandKind.CANCEL else _order_faults(tx, desk, book, rows, row)
    return _applied(tx, desk, book, rows, row, faults)


def _applied(
    tx: Connection, desk: Desk, book: ContinuousBook, rows: list[OrderCommand], row: OrderCommand, faults: list[Fault]
) -> dict[str, Any]:
    """Let the book take the command and write down what follows, or raise InputRefused with all that speaks against."""
    applied = book.apply_all(columns_of([command_of(desk.roster, row)]))
    bits = int(applied.refused[0])
    known = {fault.code for fault in faults} | {IN_WORDS.get(fault.code, "") for fault in faults}
    book_says = [each for bit, each in enumerate(REFUSALS) if bits >> bit & 1 and each.code not in known]
    _refuse([*faults, *(Fault("order", each.code, each.message) for each in book_says)])
    rows.append(row)
    site = {each.seq: each.site_id for each in rows if each.kind == CommandKind.SUBMIT}
    made = trade_rows(row.slot, row.seq, applied.executions, site)
    _refuse(_line_faults(tx, desk, row.slot, made))
    write(tx, desk.steps, row)
    early_trades.record(tx, made)
    left_wh = next((each.left_wh for each in open_orders(book, row.slot, rows) if each.seq == row.order_seq), 0)
    return {
        "order": order_id(row.slot, row.order_seq),
        "left_wh": left_wh,
        "prevented_wh": int(applied.prevented_wh[0]),
        "trades": [{"energy_wh": each.energy_wh, "price_mjpy_per_kwh": each.price_mjpy_per_kwh} for each in made],
    }


def _slot_of(said: Instruction) -> int:
    if said.kind is CommandKind.SUBMIT:
        return said.slot
    named = parsed_id(said.order)
    if named is None:
        raise InputRefused([_unknown(said)])
    return named[0]


def _entered(said: Instruction, rows: list[OrderCommand]) -> OrderCommand | None:
    """The command that entered the order an instruction speaks of, None for a new one."""
    if said.kind is CommandKind.SUBMIT:
        return None
    named = parsed_id(said.order)
    found = [row for row in rows if named and row.seq == named[1] and row.kind == CommandKind.SUBMIT]
    if not found:
        raise InputRefused([_unknown(said)])
    return found[0]


def _unknown(said: Instruction) -> Fault:
    return Fault("order", "unknown_order", f"no order is called {said.order!r}")


def _require_own(desk: Desk, site_id: str, person: str) -> None:
    """A member speaks for its own sites, and nobody else does."""
    position = desk.roster.position.get(site_id)
    if position is None or desk.roster.sites[position].party_id != person:
        raise PermissionDenied(f"{person} has no site {site_id!r}; a member gives orders for its own sites only")


def _window_faults(tx: Connection, desk: Desk, slot: int) -> list[Fault]:
    opens, closes = desk.window(slot)
    now = desk.steps.clock()
    said = f"the book of {desk.time.label(slot)} is open from {opens:%Y-%m-%d %H:%M} to {closes:%Y-%m-%d %H:%M} UTC"
    if not opens <= now < closes:
        return [Fault("slot", "not_open", f"{said}; it is {now:%Y-%m-%d %H:%M}")]
    if any(steps.find(tx, thread_of(desk.market, slot), node) for node in ("bid", "stopped")):
        return [Fault("slot", "not_open", f"{said}; its call has begun, or its trading was stopped")]
    if held := [each for each in holding(tx, desk, slot) if each.extent is Extent.FEEDER]:
        return [Fault("slot", "grid_stopped", f"{held[0].source} stopped trading: {held[0].reason}")]
    return []


def _row(
    desk: Desk, said: Instruction, slot: int, site_id: str, entered: OrderCommand | None, seq: int, moment: int,
    book: ContinuousBook,
) -> OrderCommand:  # fmt: skip
    return OrderCommand(
        market=desk.market,
        slot=slot,
        seq=seq,
        kind=int(said.kind),
        moment=moment,
        order_seq=entered.seq if entered else seq,
        site_id=site_id,
        side=entered.side if entered else int(said.side),
        limit_mjpy_per_kwh=said.limit_mjpy_per_kwh,
        energy_wh=said.energy_wh,
        until=seconds(said.until) if said.until else book.terms.closes,
        person=said.person,
    )


def _order_faults(
    tx: Connection, desk: Desk, book: ContinuousBook, rows: list[OrderCommand], row: OrderCommand
) -> list[Fault]:
    """Every reason of the Identity agent's rules against an order, and whether its site stands on the other side."""
    order = Order(
        order_id(row.slot, row.order_seq),
        row.slot,
        row.site_id,
        Side(row.side),
        row.limit_mjpy_per_kwh,
        row.energy_wh,
        0,
    )
    entered = sum(each.kind == CommandKind.SUBMIT and each.person == row.person for each in rows)
    if row.kind == CommandKind.SUBMIT and entered >= ENTERED_MAX:
        said = f"a member enters at most {ENTERED_MAX} orders in a slot, cancelled ones included; amend one instead"
        raise InputRefused([Fault("order", "too_many", said)])
    owed = unreserved_ujpy(tx, desk, row.slot, {order.id})
    found = entry_reasons(tx, desk.rules_of(row.slot), desk.roster, order, owed)
    faults = [Fault("order", reason, WORDS[reason] + _because(tx, desk, order, reason)) for reason in found]
    filled_wh = next((each.filled_wh for each in open_orders(book, row.slot, rows) if each.id == order.id), 0)
    rest = replace(order, energy_wh=max(order.energy_wh - filled_wh, 0))
    past = beyond_mandates(tx, desk, desk.day_of(row.slot), [rest])
    faults += [Fault("order", reason, WORDS[reason]) for reason in past.values()]
    position = early_trades.position_wh(early_trades.of_slot(tx, row.slot), desk.roster.position)
    held_wh = int(position[desk.roster.position[row.site_id]])
    above = refused_by(bounds_of(tx, desk, row.slot), [order], desk.roster.position, position)
    faults += [Fault("order", reason, WORDS[reason]) for reason in above.values()]
    sides = {each.side for each in open_orders(book, row.slot, rows) if each.site_id == row.site_id}
    sides |= {Side.SELL} if held_wh > 0 else {Side.BUY} if held_wh < 0 else set()
    if sides - {order.side}:
        said = "this site stands on the other side of this slot already; cancel there, or keep to one side"
        faults.append(Fault("side", "own_other_side", said))
    return faults


def _because(tx: Connection, desk: Desk, order: Order, reason: str) -> str:
    """What a refusal rests on, where it is more than its word says."""
    if reason != NO_CREDIT:
        return ""
    told = credit_told(tx, desk.rules_of(order.slot), desk.roster, [order.site_id])
    return f": {credit_words(told[order.site_id])}"


def _line_faults(tx: Connection, desk: Desk, slot: int, made: list[TradeRow]) -> list[Fault]:
    """The lines that could not carry what is traded early already with the new trades on top."""
    if not made:
        return []
    every = [*early_trades.of_slot(tx, slot), *made]
    wires = within(desk.connections, bounds_of(tx, desk, slot))
    feeder = wires.for_trades
    flow_wh = np.abs(early_trades.flows_wh(every, wires, desk.roster.position))
    return [
        Fault(
            "energy_wh",
            "line_full",
            f"{feeder.branch_names[node]} carries at most {feeder.limit_wh[node]} Wh of trades in this slot and would "
            f"carry {flow_wh[node]}; take less, or a limit that waits for the closing call",
        )
        for node in np.flatnonzero(flow_wh > feeder.limit_wh)[:1].tolist()
    ]


def _refuse(faults: list[Fault]) -> None:
    if faults:
        raise InputRefused(faults)
