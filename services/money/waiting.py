"""What becomes of a delivered slot that a rule holds up: it waits, and the reason is on record.

What was delivered must be billed. So the slot is tried again at every tick until whoever can has mended the rule: given
a grant back, or filled in a rule value.
"""

from memory import alarms
from services.context import TradeContext
from services.opening import RULES


def wait(ctx: TradeContext, slot: int, node: str, reason: str) -> None:
    """Sound the alarm and write into the journal why the slot waits, once for each reason."""
    thread, body = ctx.thread(slot), {"waits_at": node, "reason": reason}
    with ctx.database.begin("wait") as tx:
        if alarms.sound(tx, ctx.now(), "slot.waits", thread, body):
            ctx.steps.note(tx, RULES, "slot.waits", thread, body)
