"""Who may trade: every order passes mandate, corridor and credit, or is refused with its reasons.

The Identity agent asks for a slot's whole book before its call, with one reason an order; the order desk asks for each
order on entry, with all of them.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from sqlalchemy import Connection

from domain.errors import RuleBroken
from domain.order import Column, Order, Side
from identity import credit
from market.auction.admission import REASONS, admit, faults
from memory.books import ledger
from policies.licences import RETAIL_SUPPLY
from services.orders.books import book_of
from services.roster import Roster, mandates_in_force
from services.rules import DayRules
from settlement.ledger import member

OpenUjpy = Mapping[str, int]


def require_registration(roster: Roster) -> None:
    """Raises RuleBroken when no retailer stands between neighbours."""
    if not any(each.kind == RETAIL_SUPPLY for each in roster.licences):
        raise RuleBroken("no retailer's registration is on file: no supply through the grid without one")


def refusals(tx: Connection, rules: DayRules, roster: Roster, rows: Sequence[Order], early: OpenUjpy) -> dict[str, str]:
    """The refused orders by id, each with the first reason that applies. early: as in ``entry_reasons``."""
    if not rows:
        return {}
    codes = admit(book_of(rows, roster.position), mandates_in_force(tx, roster), rules.corridor)
    refused = {order.id: REASONS[int(code)] for order, code in zip(rows, codes, strict=True) if code}
    sound = [order for order in rows if order.id not in refused]
    return refused | _without_credit(tx, rules, roster, sound, early)


def entry_reasons(tx: Connection, rules: DayRules, roster: Roster, order: Order, early: OpenUjpy) -> list[str]:
    """Every reason to refuse one order by itself, none when it may enter. early: what each site has bought before
    calls and nobody has reserved yet, uJPY by site id."""
    found = faults(book_of([order], roster.position), mandates_in_force(tx, roster), rules.corridor)[:, 0]
    reasons = [reason for reason, holds in zip(REASONS.values(), found.tolist(), strict=False) if holds]
    return reasons + list(_without_credit(tx, rules, roster, [order], early).values())


def _without_credit(
    tx: Connection, rules: DayRules, roster: Roster, rows: Sequence[Order], early: OpenUjpy
) -> dict[str, str]:
    """Purchases that would open more than the member's credit covers. uJPY."""
    buys = [order for order in rows if order.side is Side.BUY]
    owed = _owed(tx, [order.site_id for order in buys])
    open_ujpy = owed + np.array([early.get(order.site_id, 0) for order in buys], np.int64)
    asked_ujpy = np.array([cost_ujpy(rules, order.energy_wh, order.limit_mjpy_per_kwh) for order in buys], np.int64)
    members = np.array([roster.position[order.site_id] for order in buys], np.int64)
    reasons = credit.screen(open_ujpy, asked_ujpy, member=members)
    return {order.id: reason for order, reason in zip(buys, reasons, strict=True) if reason}


def cost_ujpy(rules: DayRules, energy_wh: int, price_mjpy_per_kwh: int) -> int:
    """What a buyer pays for energy at a seller's price, all in."""
    return energy_wh * rules.stack.delivered(price_mjpy_per_kwh)


def _owed(tx: Connection, site_ids: Sequence[str]) -> Column:
    """What each member owes or has reserved. Shape (sites,), int64, uJPY."""
    balances = ledger.balances(tx)
    accounts = [balances.get(member(site_id)) for site_id in site_ids]
    owed = [each.debits_pending + max(-each.ujpy, 0) if each else 0 for each in accounts]
    return np.array(owed, np.int64)
