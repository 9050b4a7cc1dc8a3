"""What becomes of a slot whose trading was stopped: its contracts are cancelled, its reservations void.

Metering and settlement go on. Stopping needs no grant: whoever finds a broken rule may stop.
"""

from typing import Any

from sqlalchemy import Connection

from domain.contract import ContractEvent, ContractState
from memory.books import ledger
from memory.trading import contracts
from services.context import TradeContext
from services.opening import RULES
from settlement.ledger import void

NOT_RECORDED = frozenset({ContractState.DRAFTED, ContractState.ESCALATED, ContractState.APPROVED})


def _ends(contract: contracts.ContractRow) -> bool:
    """A trade of the slot ends with it; a deal made beside it only when nobody has judged it yet."""
    return contract.state in NOT_RECORDED if contract.trade_id else contract.state is ContractState.DRAFTED


def stop_slot(ctx: TradeContext, slot: int, stopped_at: str, reason: str) -> dict[str, Any]:
    """Cancel what the chain does not hold yet and write down where and why the slot was stopped."""

    def work(tx: Connection) -> dict[str, Any]:
        cancelled = [each.digest for each in contracts.of_slot(tx, slot) if _ends(each)]
        contracts.move(tx, cancelled, ContractEvent.CANCEL)
        ledger.book(tx, [void(pending, f"{pending.id}:stopped") for pending in ledger.pending_of(tx, slot)])
        return {"stopped_at": stopped_at, "reason": reason, "cancelled": len(cancelled)}

    ctx.steps.run(ctx.thread(slot), "stopped", RULES, "stop", work)
    return {}
