"""What a slot leaves on the chain: one Merkle root over the digests of its approved contracts.

The root and the set-points of batteries and vehicles are owed in the same transaction that writes them down; the
outbox carries them out afterwards, at least once, each under its own key.
"""

from typing import Any

from sqlalchemy import Connection

from agents.state import SlotState
from contracts.merkle import root
from domain.contract import ContractState
from domain.site import DeviceKind
from memory.books import chain_records, outbox
from memory.devices import setpoints
from memory.trading import contracts, orders, trades
from services.context import TradeContext
from services.grid.grid_limits import bounds_of, cut_moves

ROOT = "chain.root"
SETPOINT = setpoints.TOPIC


def record(ctx: TradeContext, state: SlotState) -> dict[str, Any]:
    """Owe the slot's root to the chain and its set-points to the homes. A slot without contracts has no root."""
    slot = state["slot"]

    def work(tx: Connection) -> dict[str, Any]:
        approved = [
            each for each in contracts.of_slot(tx, slot) if each.state is ContractState.APPROVED and each.trade_id
        ]
        leaves = sorted(each.digest for each in approved)
        if leaves:
            slot_root = root(leaves).hex()
            chain_records.put(tx, f"slot:{slot}", slot_root, leaves)
            outbox.owe(tx, f"{ROOT}:{slot}", ROOT, {"slot": slot, "root": slot_root}, ctx.now())
        moves = _moves(tx, slot, {each.trade_id for each in approved})
        moves, cuts = cut_moves(bounds_of(tx, ctx.desk, slot), moves, ctx.roster.position)
        setpoints.put(tx, slot, DeviceKind.BATTERY, moves)
        told = ctx.steps.output(ctx.thread(slot), "bid")["charges"]
        setpoints.put(tx, slot, DeviceKind.EV_CHARGER, told)
        if moves or told:
            setpoints_of = {site: list(extra) for site, extra in sorted(moves.items())}
            body = {"slot": slot, "setpoints": setpoints_of, "charges": dict(sorted(told.items()))}
            outbox.owe(tx, f"{SETPOINT}:{slot}", SETPOINT, body, ctx.now())
        output = {"leaves": len(leaves), "root": slot_root if leaves else "", "setpoints": len(moves)}
        return output | ({"grid": cuts} if cuts else {})

    output = ctx.steps.run(ctx.thread(slot), "record", "gateway", "record", work)
    return {"root": output["root"]}


def _moves(tx: Connection, slot: int, standing: set[str | None]) -> dict[str, tuple[int, int]]:
    """What each battery must charge and discharge beyond self-consumption: the firm orders' part of what stands."""
    firm = {order.id: order for order in orders.admitted_of_slot(tx, slot) if order.firm}
    extra: dict[str, list[int]] = {}
    for trade in trades.of_slot(tx, slot):
        for order_id in {trade.buy_order, trade.sell_order} & firm.keys() if trade.id in standing else ():
            order = firm[order_id]
            extra.setdefault(order.site_id, [0, 0])[order.side] += trade.energy_wh
    return {site: (charge_wh, discharge_wh) for site, (charge_wh, discharge_wh) in sorted(extra.items())}
