"""Which readings have arrived when a book closes, and which are missing.

Readings come through the HTTP gateway as they are sent. Here the agent fixes up to which slot the community is known
and counts the holes: a site whose reading is missing is forecast from what it has, and a hole is never filled with
a made-up number.
"""

from typing import Any

import numpy as np
from sqlalchemy import Connection

from agents.state import SlotState
from services.context import TradeContext


def read(ctx: TradeContext, state: SlotState) -> dict[str, Any]:
    """The last slot that a forecast for this one may use, and how many of its readings are missing."""
    slot = state["slot"]

    def work(tx: Connection) -> dict[str, Any]:
        known_slot = slot - ctx.time.unknown
        last = ctx.histories.until(known_slot)["import_wh"][:, -1]
        return {"known_slot": known_slot, "missing": int(np.count_nonzero(last < 0))}

    output = ctx.steps.run(ctx.thread(slot), "read", "gateway", "read", work)
    return {"known_slot": output["known_slot"]}
