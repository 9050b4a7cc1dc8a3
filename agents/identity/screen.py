"""Who may trade: every order passes mandate, corridor and credit, or is refused with its reason."""

from typing import Any

from sqlalchemy import Connection

from agents.state import SlotState
from identity.credit import REFUSED as NO_CREDIT
from memory.trading import order_commands, orders
from services.context import TradeContext
from services.grid.grid_limits import bounds_of, refused_by
from services.members.day_limits import beyond_mandates
from services.orders import early_trades
from services.orders.screening import credit_told, refusals, require_registration
from services.orders.unreserved import unreserved_ujpy


def screen(ctx: TradeContext, state: SlotState) -> dict[str, Any]:
    """Write down which orders are refused and why."""
    slot = state["slot"]

    def work(tx: Connection) -> dict[str, Any]:
        require_registration(ctx.roster)
        rows = orders.of_slot(tx, slot)
        rules, sites = ctx.rules.of(ctx.day_of(slot)), ctx.roster.sites
        order_commands.lock_parties(tx, {sites[ctx.roster.position[each.site_id]].party_id for each in rows})
        owed = unreserved_ujpy(tx, ctx.desk, slot, {each.id for each in rows})
        refused = refusals(tx, rules, ctx.roster, rows, owed)
        held_wh = early_trades.position_wh(early_trades.of_slot(tx, slot), ctx.roster.position)
        orders.refuse(tx, refused)  # what is refused already uses up nothing of its day
        sound = [each for each in rows if each.id not in refused]
        refused |= beyond_mandates(tx, ctx.desk, ctx.day_of(slot), sound)
        sound = [each for each in sound if each.id not in refused]
        refused |= refused_by(bounds_of(tx, ctx.desk, slot), sound, ctx.roster.position, held_wh)
        orders.refuse(tx, refused)
        found: dict[str, Any] = {"admitted": len(rows) - len(refused), "refused": len(refused)}
        broke = [each.site_id for each in rows if refused.get(each.id) == NO_CREDIT]
        return found | ({"credit": credit_told(tx, rules, ctx.roster, broke)} if broke else {})

    output = ctx.steps.run(ctx.thread(slot), "screen", "identity", "screen", work)
    return {"refused": output["refused"]}
