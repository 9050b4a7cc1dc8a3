"""What the market itself knows about a slot's contracts beyond their terms: shares of the zone, open accounts, the
day's totals and the state of the grid. Read once a slot, for all of its contracts.
"""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection

from domain.grid_signal import SignalKind, in_force
from domain.grid_state import GridState
from domain.quantity import PPM
from memory.books import ledger
from memory.grid import grid_signals
from memory.trading import contract_sums
from memory.trading.contract_sums import Turnover
from memory.trading.contracts import ContractRow
from policies.facts import UNKNOWN
from services.context import TradeContext
from services.grid.grid_limits import sites_in
from services.grid.grid_signals import holding, knows
from services.roster import BILLING_DAYS
from settlement.ledger import Balance, member

CONCENTRATION_DAYS = 30
NOTHING = Turnover(0, 0, 0)


@dataclass(frozen=True, slots=True)
class MarketFacts:
    """shares_ppm: of what the zone traded in the last thirty whole days, by site, None where too few days are on
    record. small_zone: too few sites trade. today: the day's turnover so far, this slot's with it. grid_state: of the
    slot; stopped: the sites that an operator's stop of a part of the wires holds in it."""

    shares_ppm: dict[str, int] | None
    small_zone: bool
    balances: dict[str, Balance]
    today: dict[str, Turnover]
    grid_state: GridState
    stopped: frozenset[str] = frozenset()

    def grid_state_of(self, contract: ContractRow) -> GridState:
        """Of the contract's own wires: what is stopped at either side is out of order for both."""
        held = not self.stopped.isdisjoint((contract.seller_site, contract.buyer_site))
        return GridState.EMERGENCY if held else self.grid_state

    def zone_share_ppm(self, contract: ContractRow) -> int:
        """The larger side's share, rounded up; UNKNOWN in a young zone, and in a small one where it says nothing."""
        if self.shares_ppm is None or self.small_zone:
            return UNKNOWN
        return max(self.shares_ppm.get(site, 0) for site in (contract.seller_site, contract.buyer_site))

    def exposure_ujpy(self, contract: ContractRow) -> int:
        """What the buyer owes and has reserved, and what the contract brings due until the next bill."""
        account = self.balances.get(member(contract.buyer_site))
        owed = account.debits_pending + max(-account.ujpy, 0) if account else 0
        return owed + _due_until_billed(contract)

    def account_day_ujpy(self, contract: ContractRow) -> int:
        """What the busier side turns over on the day, with a deal's part of one day."""
        sites = (contract.seller_site, contract.buyer_site)
        return max(self.today.get(site, NOTHING).value_ujpy for site in sites) + _of_a_day(contract)

    def zone_day_ujpy(self, contract: ContractRow) -> int:
        """What the zone turns over on the day, every trade counted once, with a deal's part of one day."""
        return sum(each.value_ujpy for each in self.today.values()) // 2 + _of_a_day(contract)


def market_facts(tx: Connection, ctx: TradeContext, slot: int) -> MarketFacts:
    """The facts as they stand when the slot's contracts are judged."""
    day = ctx.day_of(slot)
    today = ctx.time.slots_of(day)[0]
    shares_ppm, sites = _shares(tx, ctx, today)
    return MarketFacts(
        shares_ppm=shares_ppm,
        small_zone=shares_ppm is not None and sites < ctx.rules.on(day).value("concentration_sites", day),
        balances=ledger.balances(tx),
        today=contract_sums.by_site(tx, today, slot),
        grid_state=_grid_state(tx, ctx, slot),
        stopped=_stopped(tx, ctx, slot),
    )


def _shares(tx: Connection, ctx: TradeContext, today: int) -> tuple[dict[str, int] | None, int]:
    """Shares of what was sold or bought, rounded up, and how many sites traded at all."""
    day = ctx.day_of(today)
    first = ctx.time.slots_of(day - timedelta(CONCENTRATION_DAYS))[0]
    days = contract_sums.traded_days(tx, ctx.time.per_day, first, today - 1)
    if days < ctx.rules.on(day).value("concentration_days", day):
        return None, 0
    turnover = contract_sums.by_site(tx, first, today - 1)
    total_wh = max(sum(each.sold_wh for each in turnover.values()), 1)
    larger = {site: max(each.sold_wh, each.bought_wh) for site, each in turnover.items()}
    return {site: -(-energy_wh * PPM // total_wh) for site, energy_wh in larger.items()}, len(larger)


def _grid_state(tx: Connection, ctx: TradeContext, slot: int) -> GridState:
    """What the operators' signals make of the slot. A stop holds the trading day before it comes here, until two people
    resume it; an island of a part trades inside it, within the clearing's limits."""
    span = ctx.time.slot(slot)
    asked = in_force(grid_signals.every(tx), span.start, span.end, ctx.now())
    limits = [each for each in asked if each.kind is not SignalKind.STOP]
    return GridState.CURTAILED if limits else GridState.NORMAL


def _stopped(tx: Connection, ctx: TradeContext, slot: int) -> frozenset[str]:
    """The sites under stops of less than all wires. The call trades nothing there; a deal beside it could."""
    desk, ids = ctx.desk, ctx.roster.ids
    parts = [each for each in holding(tx, desk, slot) if knows(desk, each)]
    return frozenset(ids[at] for each in parts for at in sites_in(desk, each))


def _due_until_billed(contract: ContractRow) -> int:
    """What is delivered in a billing month, all in at what the terms say a kWh costs; all of a trade of one slot."""
    delivered: int = contract.terms["price_layers_mjpy_per_kwh"]["delivered"]
    tenor_days = max(int(contract.terms["tenor_days"]), BILLING_DAYS)
    return -(-contract.energy_wh * delivered * BILLING_DAYS // tenor_days)


def _of_a_day(contract: ContractRow) -> int:
    """What a deal turns over on one day; a trade stands in the day's turnover already."""
    value_ujpy: int = contract.terms["value_ujpy"]
    return -(-value_ujpy // max(int(contract.terms["tenor_days"]), 1)) if contract.proposal_id else 0
