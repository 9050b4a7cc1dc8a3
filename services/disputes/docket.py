"""What everything about disputes needs: steps, the market's slots, and the rules of today."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from domain.errors import RuleBroken
from domain.party import Role
from memory import registry
from memory.casework.disputes import DisputeRow
from policies.dispute_rules import DisputeRules, dispute_rules
from services.market_time import MarketTime
from services.policies.active import follow
from services.rules import Rules
from services.steps import Steps
from settlement.dispute import hold
from settlement.ledger import RETAILER, Transfer, member


@dataclass(frozen=True, slots=True)
class Docket:
    """Where disputes are kept."""

    steps: Steps
    rules: Rules
    time: MarketTime

    def now(self) -> datetime:
        return self.steps.clock()

    def of_today(self, tx: Connection) -> DisputeRules:
        """What the version of the rules that holds today says of disputes. Raises RuleValueUnusable."""
        follow(tx, self.rules)
        return dispute_rules(self.rules.on(self.now().astimezone(self.time.zone).date()), self.time.zone)


def held_of(row: DisputeRow) -> list[Transfer]:
    """The reservations that hold the disputed part; none where no money is disputed."""
    payer = member(row.against_site) if row.against_site else RETAILER
    if not row.disputed_ujpy:
        return []
    return hold(row.id, row.last_slot, payer, member(row.site_id), row.disputed_ujpy)


def retailer_party(tx: Connection) -> str:
    """Under whose umbrella the members trade. Raises RuleBroken when nobody is registered as such."""
    found = [each.id for each in registry.parties(tx) if each.role is Role.RETAILER]
    if not found:
        raise RuleBroken("no retailer is registered: nobody stands against whom a bill could be disputed")
    return found[0]
