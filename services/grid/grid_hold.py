"""The grid operator's stop in the trading day: what was done before it stands, nothing more is begun."""

from memory.books import steps
from services.context import TradeContext
from services.grid.grid_signals import require_running


def require_not_held(ctx: TradeContext, slot: int, node: str) -> None:
    """Raises RuleBroken, naming stop and reason, when a stop came before ``node`` was done."""
    with ctx.database.read() as tx:
        if steps.find(tx, ctx.thread(slot), node) is None:
            require_running(tx, ctx.desk, slot)
