"""What is on record about a party's conduct: debts from the ledger, deliveries from contracts, data from its meters."""

from sqlalchemy import Connection

from domain.contract import ContractState
from domain.errors import RuleBroken
from identity.reputation import Conduct, Score, score
from memory import alarms, registry
from memory.books import ledger
from memory.devices import readings
from memory.trading import contracts
from services.devices.intake import CONFLICT
from settlement.ledger import member


def reputation_of(tx: Connection, party_id: str) -> Score:
    """The score of a party over all its sites. Raises RuleBroken when it has none."""
    sites = sorted(site.id for site in registry.sites(tx) if site.party_id == party_id)
    if not sites:
        raise RuleBroken(f"{party_id} has no site, and so no conduct on record")
    return score(_conduct(tx, sites))


def _conduct(tx: Connection, sites: list[str]) -> Conduct:
    balances = ledger.balances(tx)
    owed = sum(max(-balances[member(each)].ujpy, 0) for each in sites if member(each) in balances)
    sold = [each for each in contracts.all(tx) if each.seller_site in sites and each.state is ContractState.SETTLED]
    slots, measured = readings.completeness(tx, sites)
    meters = {each.id for each in registry.devices(tx) if each.site_id in sites}
    conflicts = sum(each.kind == CONFLICT and each.subject in meters for each in alarms.in_order(tx))
    return Conduct(
        owed_ujpy=owed,
        contracted_wh=sum(each.energy_wh for each in sold),
        delivered_wh=sum(each.delivered_wh or 0 for each in sold),
        slots=slots,
        measured_slots=measured,
        conflicts=conflicts,
    )
