"""Whether a delivered slot has all its readings. What is missing settles as nothing traded, never as an estimate."""

from typing import Any

import numpy as np
from sqlalchemy import Connection

from agents.state import SlotState
from memory.devices import readings
from services.context import TradeContext


def meter(ctx: TradeContext, state: SlotState) -> dict[str, Any]:
    """Count the slot's readings; they came in by the HTTP gateway, each under its meter's signature."""
    slot = state["slot"]

    def work(tx: Connection) -> dict[str, Any]:
        import_wh = readings.history(tx, ctx.roster.ids, slot, slot)["import_wh"][:, 0]
        return {"metered": int(np.count_nonzero(import_wh >= 0)), "missing": int(np.count_nonzero(import_wh < 0))}

    ctx.steps.run(ctx.thread(slot), "meter", "gateway", "meter", work)
    return {}
