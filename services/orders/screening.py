"""Who may trade: every order passes mandate, corridor and credit, or is refused with its reasons.

The Identity agent asks for a slot's whole book before its call, with one reason an order; the order desk asks for each
order on entry, with all of them. A member's credit follows from its reputation, over all its sites together.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from sqlalchemy import Connection

from domain.errors import RuleBroken
from domain.order import Column, Order, Side
from domain.quantity import UJPY_PER_JPY
from identity import credit
from identity.reputation import Score, limit_ujpy, limits_ujpy, told
from market.auction.admission import REASONS, admit, faults
from memory.books import ledger
from policies.licences import RETAIL_SUPPLY
from services.members.reputation import reputations
from services.orders.books import book_of
from services.roster import Roster, mandates_in_force
from services.rules import DayRules
from settlement.ledger import member

OpenUjpy = Mapping[str, int]
CreditFacts = Mapping[str, int | str]


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
    return refused | without_credit(tx, rules, roster, sound, early)


def entry_reasons(tx: Connection, rules: DayRules, roster: Roster, order: Order, early: OpenUjpy) -> list[str]:
    """Every reason to refuse one order by itself, none when it may enter. early: what each site has bought before
    calls and nobody has reserved yet, uJPY by site id."""
    found = faults(book_of([order], roster.position), mandates_in_force(tx, roster), rules.corridor)[:, 0]
    reasons = [reason for reason, holds in zip(REASONS.values(), found.tolist(), strict=False) if holds]
    return reasons + list(without_credit(tx, rules, roster, [order], early).values())


def without_credit(
    tx: Connection, rules: DayRules, roster: Roster, rows: Sequence[Order], early: OpenUjpy
) -> dict[str, str]:
    """Purchases that would open more than the member's credit covers, by order id. early: as in ``entry_reasons``."""
    buys = [order for order in rows if order.side is Side.BUY]
    if not buys:
        return {}
    scores = _scores_of(tx, rules, roster, [order.site_id for order in buys])
    names = sorted(scores)
    members = np.array([names.index(_party_of(roster, order.site_id)) for order in buys], np.int64)
    limits = limits_ujpy(np.array([scores[name].permille for name in names], np.int64), rules.credit)
    open_ujpy = _open_ujpy(tx, roster, names, early)
    asked_ujpy = np.array([cost_ujpy(rules, order.energy_wh, order.limit_mjpy_per_kwh) for order in buys], np.int64)
    reasons = credit.screen(open_ujpy[members], asked_ujpy, limits[members], members)
    return {order.id: reason for order, reason in zip(buys, reasons, strict=True) if reason}


def _scores_of(tx: Connection, rules: DayRules, roster: Roster, site_ids: Sequence[str]) -> dict[str, Score]:
    """The reputation of the members at these sites, by party, each over all its sites."""
    asked = {_party_of(roster, site_id) for site_id in site_ids}
    return reputations(tx, _sites_of(roster, asked), rules.credit, roster.coverage.by_site(tx, roster.ids))


def credit_told(tx: Connection, rules: DayRules, roster: Roster, site_ids: Sequence[str]) -> dict[str, CreditFacts]:
    """What credit the members at these sites have and why, by site: limit, score and what keeps it down."""
    scores = _scores_of(tx, rules, roster, site_ids)
    return {site: told(scores[_party_of(roster, site)], rules.credit) for site in sorted(set(site_ids))}


def credit_limits_ujpy(tx: Connection, rules: DayRules, roster: Roster, site_ids: Sequence[str]) -> dict[str, int]:
    """The credit limit of the member at each of these sites, uJPY."""
    scores = _scores_of(tx, rules, roster, site_ids)
    return {site: limit_ujpy(scores[_party_of(roster, site)], rules.credit) for site in sorted(set(site_ids))}


def credit_words(facts: CreditFacts) -> str:
    """The same as a sentence."""
    yen = int(facts["credit_limit_ujpy"]) // UJPY_PER_JPY
    return f"the limit is {yen} JPY at a score of {facts['score_permille']} of 1000 ({facts['score_because']})"


def _party_of(roster: Roster, site_id: str) -> str:
    """Whose site it is."""
    return roster.sites[roster.position[site_id]].party_id


def cost_ujpy(rules: DayRules, energy_wh: int, price_mjpy_per_kwh: int) -> int:
    """What a buyer pays for energy at a seller's price, all in."""
    return energy_wh * rules.stack.delivered(price_mjpy_per_kwh)


def _sites_of(roster: Roster, parties: set[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for site in roster.sites:
        if site.party_id in parties:
            found.setdefault(site.party_id, []).append(site.id)
    return found


def _open_ujpy(tx: Connection, roster: Roster, parties: Sequence[str], early: OpenUjpy) -> Column:
    """What each member owes, has reserved or bought early, over its sites. Shape (parties,), int64, uJPY."""
    balances, sites_of = ledger.balances(tx), _sites_of(roster, set(parties))
    accounts = {site: balances.get(member(site)) for sites in sites_of.values() for site in sites}
    owed = {site: each.debits_pending + max(-each.ujpy, 0) if each else 0 for site, each in accounts.items()}
    return np.array([sum(owed[site] + early.get(site, 0) for site in sites_of[name]) for name in parties], np.int64)
