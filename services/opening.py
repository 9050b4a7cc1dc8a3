"""Whether a slot may be traded at all: the rules of its day are there, and in force."""

from typing import Any

from sqlalchemy import Connection

from services.context import TradeContext
from services.orders.market_view import fix_alternatives
from services.policies.active import follow

RULES = "rules"  # the actor of what no agent owns: rules and arithmetic


def open_slot(ctx: TradeContext, slot: int) -> dict[str, Any]:
    """Fix the slot's corridor and rules, as activated for its day. Raises RuleValueUnusable, which stops its trading
    and names the value."""
    with ctx.database.read() as tx:
        follow(tx, ctx.rules)

    def work(tx: Connection) -> dict[str, Any]:
        day = ctx.day_of(slot)
        rules = ctx.rules.of(day)
        fix_alternatives(tx, ctx, day)
        return {
            "floor": rules.corridor.floor,
            "cap": rules.corridor.cap,
            "pack": ctx.rules.on(day).digest,
            "version": ctx.rules.version_on(day),
        }

    ctx.steps.run(ctx.thread(slot), "open", RULES, "open", work)
    return {}
