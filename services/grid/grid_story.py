"""What a grid signal changed of one site's slot, as facts that the writer puts into words.

Only what is on record of the steps themselves is told: the order that was cut, the set-point, the narrower branch.
"""

from typing import Any

from sqlalchemy import Connection

from memory.books import steps
from memory.trading import clearings
from services.context import TradeContext

Facts = dict[str, Any]
Record = dict[str, Any]


def grid_facts(tx: Connection, ctx: TradeContext, slot: int, site_id: str) -> Facts:
    """The facts of a site in a slot, none when no signal changed anything for it. Wh."""
    thread, at = ctx.thread(slot), ctx.roster.position[site_id]
    orders = [each for each in _recorded(tx, thread, "bid") if each["position"] == at]
    moves = [each for each in _recorded(tx, thread, "record") if each["site"] == site_id]
    return _cut("grid_order", orders) | _cut("grid_move", moves) | _branch(tx, ctx, slot, at)


def _recorded(tx: Connection, thread: str, node: str) -> list[Record]:
    output = steps.find(tx, thread, node)
    return list(output.get("grid", [])) if output else []


def _cut(name: str, cuts: list[Record]) -> Facts:
    if not cuts:
        return {}
    return {
        f"{name}_from_wh": sum(each["from_wh"] for each in cuts),
        f"{name}_to_wh": sum(each["to_wh"] for each in cuts),
        f"{name}_by": cuts[0]["signal"],
        f"{name}_because": cuts[0]["reason"],
    }


def _branch(tx: Connection, ctx: TradeContext, slot: int, at: int) -> Facts:
    """The nearest narrowed branch above the site, else one elsewhere that is full."""
    cleared = clearings.get(tx, slot)
    narrowed = {each["node"]: each for each in cleared.detail.get("grid", [])} if cleared else {}
    if cleared is None or not narrowed:
        return {}
    node = int(ctx.connections.node[at])
    while node > 0 and node not in narrowed:
        node = int(ctx.connections.feeder.parent[node])
    full = [each["node"] for each in cleared.detail["full"] if each["node"] in narrowed]
    found = narrowed.get(node) or (narrowed[full[0]] if full else None)
    if found is None:
        return {}
    return {
        "grid_branch": found["branch"],
        "grid_branch_limit_wh": found["limit_wh"],
        "grid_branch_by": found["signal"],
        "grid_branch_because": found["reason"],
    }
