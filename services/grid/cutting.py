"""Trades of a slot whose gate is still open, cut when the wires bear less, or cancelled when trading is stopped.

A cut takes from both sides of a trade alike and costs nobody anything: the contract counts with what is left of it,
what lies beside it is the utility's as ever, and no deviation comes of it. Nothing that was cut grows again. The gate
ends all cutting: then the plan stands.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from sqlalchemy import Connection

from domain.canonical import digest
from domain.contract import ContractEvent
from domain.errors import AuditBroken
from domain.grid_signal import Extent
from domain.order import Column
from market.grid.pro_rata import TradeRows, cut_pro_rata
from memory.books import chain_records, journal, ledger, outbox, steps
from memory.trading import contracts
from memory.trading.contracts import ContractRow
from services.context import TradeContext
from services.grid.grid_limits import Bounds, bounds_of, within
from services.grid.grid_signals import holding
from services.money.booking import reservations, slot_contracts
from services.opening import RULES
from services.orders.positions import HOLDS
from settlement.ledger import void

CUT, CUT_RECORD, ALL_CUT = "contract.cut", "chain.cut", "cut:all"
Because = dict[str, Any]


def cut_open(ctx: TradeContext) -> None:
    """Cut or cancel what no longer fits in every recorded slot whose gate is open."""
    for slot in range(ctx.time.at(ctx.now()), ctx.time.at(ctx.now()) + ctx.time.ahead + 1):
        if ctx.now() <= ctx.time.moment("gate", slot):
            _cut(ctx, slot)


def is_all_cut(tx: Connection, ctx: TradeContext, slot: int) -> bool:
    """Whether a stop of all trading came after the slot was recorded and before its gate."""
    return steps.find(tx, ctx.thread(slot), ALL_CUT) is not None


def keep_cut(tx: Connection, ctx: TradeContext, thread: str, kept_wh: Mapping[str, int], because: Because) -> None:
    """Write down what is left of contracts, by digest, tell it, and owe it to the chain. because: why, plain JSON."""
    body = {"thread": thread, "kept_wh": dict(sorted(kept_wh.items())), **because}
    name = digest(body)
    contracts.keep(tx, kept_wh)
    ctx.steps.note(tx, RULES, CUT, thread, body)
    chain_records.put(tx, f"cut:{name}", name, [])
    outbox.owe(tx, f"{CUT_RECORD}:{name}", CUT_RECORD, {"contract": name, "decision": name}, ctx.now())


def verify_cuts(tx: Connection, ctx: TradeContext) -> int:
    """How many contracts were cut. Raises AuditBroken when one differs from what journal and chain were told."""
    said: dict[str, int] = {}
    for entry in journal.entries(tx, CUT):
        body = journal.body_of(entry)
        if chain_records.find(tx, f"cut:{digest(body)}") is None:
            raise AuditBroken(f"journal entry {entry.seq}: the chain was never told of this cut")
        said |= body["kept_wh"]
    for each in contracts.all(tx):
        if each.kept_wh != said.get(each.digest):
            raise AuditBroken(f"contract {each.digest}: {each.kept_wh} Wh are left, the journal says otherwise")
    return len(said)


def _cut(ctx: TradeContext, slot: int) -> None:
    with ctx.database.read() as tx:
        if steps.find(tx, ctx.thread(slot), "record") is None or is_all_cut(tx, ctx, slot):
            return
        because, kept_wh = _left(tx, ctx, slot)
    if not kept_wh:
        return
    node = ALL_CUT if because["all"] else f"cut:{digest(because | kept_wh)[:16]}"

    def work(tx: Connection) -> dict[str, Any]:
        keep_cut(tx, ctx, ctx.thread(slot), kept_wh, because)
        contracts.move(tx, [name for name, left_wh in kept_wh.items() if not left_wh], ContractEvent.CANCEL)
        _release(tx, ctx, slot)
        return {"contracts": len(kept_wh), "kept_wh": sum(kept_wh.values())}

    ctx.steps.run(ctx.thread(slot), node, RULES, "stop", work)


def _left(tx: Connection, ctx: TradeContext, slot: int) -> tuple[Because, dict[str, int]]:
    """Why, and what is left of each contract that must be cut, Wh by digest."""
    held = [each for each in slot_contracts(tx, slot) if each.state in HOLDS]
    stops = [each for each in holding(tx, ctx.desk, slot) if each.extent is Extent.FEEDER]
    if stops:
        return _because(stops[0].name, stops[0].reason, everything=True), {each.digest: 0 for each in held}
    bound = bounds_of(tx, ctx.desk, slot)
    found = [*bound.branches.values(), *bound.sites.values()]
    if not found or not held:
        return _because("", "", everything=False), {}
    names = sorted({each.signal.name for each in found})
    reasons = "; ".join(sorted({each.signal.reason for each in found}))
    return _because(", ".join(names), reasons, everything=False), {
        each.digest: left_wh
        for each, left_wh in zip(held, _within(ctx, bound, held).tolist(), strict=True)
        if left_wh != each.standing_wh
    }


def _because(signals: str, reason: str, *, everything: bool) -> Because:
    return {"signals": signals, "reason": reason, "all": everything}


def _within(ctx: TradeContext, bound: Bounds, held: list[ContractRow]) -> Column:
    """What the bounds leave of contracts. Shape (contracts,), Wh."""
    position, feeder = ctx.roster.position, within(ctx.connections, bound).for_trades
    seller = np.array([position[each.seller_site] for each in held], np.int64)
    buyer = np.array([position[each.buyer_site] for each in held], np.int64)
    energy_wh = np.array([each.standing_wh for each in held], np.int64)
    site_wh = {key: left.limit_wh for key, left in bound.sites.items()}
    return cut_pro_rata(
        TradeRows(seller, buyer, energy_wh), ctx.connections.node, feeder.parent, feeder.limit_wh, site_wh
    )


def _release(tx: Connection, ctx: TradeContext, slot: int) -> None:
    """Void the reservations of whoever has nothing left; what is larger than it must be, settlement gives up."""
    needed = {each.id for each in reservations(tx, ctx, slot)}
    gone = [each for each in ledger.pending_of(tx, slot) if each.id not in needed]
    ledger.book(tx, [void(each, f"{each.id}:cut") for each in gone])
