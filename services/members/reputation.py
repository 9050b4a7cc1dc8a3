"""What is on record about parties' conduct: debts from the ledger, deliveries from contracts, data from their meters,
disputes that a person decided. Read for many parties at once, because screening asks for a whole slot."""

from collections import Counter
from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from domain.errors import RuleBroken
from identity.credit import CreditTerms
from identity.reputation import Conduct, Score, score
from memory import alarms, registry
from memory.books import ledger
from memory.devices.coverage import Coverage, Covered
from memory.members import person_records
from memory.trading import contracts
from services.devices.intake import CONFLICT
from services.members.dispute_outcome import Outcome, outcome
from settlement.ledger import member

SitesByParty = Mapping[str, Sequence[str]]
CoveredBySite = Mapping[str, Covered]


def reputation_of(tx: Connection, party_id: str, terms: CreditTerms) -> Score:
    """The score of a party over all its sites. Raises RuleBroken when it has none."""
    sites = sorted(site.id for site in registry.sites(tx) if site.party_id == party_id)
    if not sites:
        raise RuleBroken(f"{party_id} has no site, and so no conduct on record")
    return reputations(tx, {party_id: sites}, terms, Coverage().by_site(tx, sites))[party_id]


def reputations(tx: Connection, sites_of: SitesByParty, terms: CreditTerms, covered: CoveredBySite) -> dict[str, Score]:
    """The scores of parties by id, each over its sites. covered: how much was read of them, by site that ever was."""
    known = _conducts(tx, sites_of, covered)
    found = outcomes(tx, sites_of)
    return {
        party: score(conduct._replace(disputes=found[party].against), terms, found[party].spared, found[party].waiting)
        for party, conduct in known.items()
    }


def _conducts(tx: Connection, sites_of: SitesByParty, covered: CoveredBySite) -> dict[str, Conduct]:
    """What the books say of parties, without disputes, by party."""
    every = sorted(site for sites in sites_of.values() for site in sites)
    balances = ledger.balances(tx)
    sold, conflicts = contracts.settled_wh(tx, every), _conflicts(tx, every)
    return {
        party: Conduct(
            owed_ujpy=sum(max(-balances[member(site)].ujpy, 0) for site in sites if member(site) in balances),
            contracted_wh=sum(sold[site][0] for site in sites if site in sold),
            delivered_wh=sum(sold[site][1] for site in sites if site in sold),
            slots=sum(covered[site].slots for site in sites if site in covered),
            measured_slots=sum(covered[site].measured for site in sites if site in covered),
            conflicts=sum(conflicts[site] for site in sites),
        )
        for party, sites in sites_of.items()
    }


def outcomes(tx: Connection, party_ids: Sequence[str] | SitesByParty) -> dict[str, Outcome]:
    """What became of the disputes about parties, by party."""
    rows = person_records.of_parties(tx, list(party_ids), person_records.ABOUT_CONDUCT)
    return {party: outcome([each for each in rows if each.party_id == party]) for party in party_ids}


def _conflicts(tx: Connection, sites: Sequence[str]) -> Counter[str]:
    """How many readings contradict another, by site."""
    told = alarms.counted(tx, CONFLICT)
    site_of = {each.id: each.site_id for each in registry.devices(tx)} if told else {}
    found: Counter[str] = Counter()
    for device, count in told.items():
        if site_of.get(device) in set(sites):
            found[site_of[device]] += count
    return found
