"""What memory changed, added up over slots: bidding computes each slot's orders a second time without it and notes how
many differ."""

from typing import Any

from sqlalchemy import Connection

from memory.books import steps
from services.context import TradeContext


def effect_of_memory(tx: Connection, ctx: TradeContext, slots: list[int]) -> dict[str, Any]:
    """Over the slots for which something was recalled: how many orders it changed, and by how much energy."""
    found = [steps.find(tx, ctx.thread(slot), "bid") for slot in slots]
    noted = [each for each in found if each and each["recalled_days"]]
    return {
        "on": ctx.recalls,
        "slots_recalled": len(noted),
        "orders": sum(each["orders"] for each in noted),
        "orders_changed": sum(each["changed"] for each in noted),
        "days_recalled": sorted({day for each in noted for day in each["recalled_days"]}),
    }
