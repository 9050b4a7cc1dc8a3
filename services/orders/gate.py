"""The gate: until it closes, in Japan an hour before delivery, a slot's trading may go on; afterwards nothing new binds
anybody.

A market that was down finds its slots where they were. Those whose gate is still open go on; the others are stopped,
and what flowed in them is settled at the utility's terms.
"""

from domain.errors import RuleBroken
from memory.books import steps
from services.context import TradeContext


def require_open(ctx: TradeContext, slot: int, node: str) -> None:
    """Raises RuleBroken when the slot's gate closed before ``node`` was done; what was done in time stands."""
    closed = ctx.time.moment("gate", slot)
    if ctx.now() <= closed:
        return
    with ctx.database.read() as tx:
        if steps.find(tx, ctx.thread(slot), node) is None:
            raise RuleBroken(f"closed meanwhile: the gate of slot {slot} closed at {closed:%Y-%m-%d %H:%M} UTC")
