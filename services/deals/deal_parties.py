"""Two members of the market and the briefs their agents negotiate with: agenda, valuations, mandates.

What both know is the agenda: prices inside the corridor, eight volumes up to what the pair could exchange at most, the
tenors, flexibility and penalty. What each side knows alone is its valuation, from its own meter and tariff, and its
mandate. A member's mandate for the auction bounds its deals too: price, energy in a slot, and whether it trades at all.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from domain.canonical import digest
from domain.errors import Fault, InputRefused
from domain.order import Column, Side
from domain.party import Mandate
from domain.tariff import Corridor
from market.negotiation.agenda import Agenda, Issue, Offer
from market.negotiation.bargaining import Brief, DealMandate, brief
from market.negotiation.valuation import Buyer, Seller, gains_ujpy, utility_price
from memory import registry
from services.deals.deal_prospect import Prospect, prospect
from services.histories import Histories
from services.market_time import MarketTime
from services.roster import BILLING_DAYS, Roster
from services.rules import Rules
from services.steps import Steps

ROUNDS = 20
TENORS = Issue(6, 6, 4)
TENOR_MONTHS_MAX = 24
FLEXIBILITY = Issue(0, 100, 4)
PENALTY = Issue(0, 5_000, 4)
PRICE_STEP_MJPY_PER_KWH = 250
VOLUMES = 8
VOLUME_STEP_WH = 10

# How a house agent weighs what it does not know, the same for every member until members say otherwise.
MISSED_PERMILLE = 50
CAUTION_PERMILLE = 200
COMMITMENT_UJPY = 1_000_000


class Premises(NamedTuple):
    """What negotiations in one market stand on."""

    steps: Steps
    rules: Rules
    roster: Roster
    histories: Histories
    time: MarketTime


@dataclass(frozen=True, slots=True)
class Invitation:
    """That two sites shall negotiate. slot: whose book closes next, the moment whose knowledge counts. months: the
    tenor, None to negotiate it too."""

    seller_site: str
    buyer_site: str
    slot: int
    months: int | None = None

    @property
    def id(self) -> str:
        """The negotiation's name: the same invitation in the same slot is the same negotiation."""
        return f"N-{digest([self.seller_site, self.buyer_site, self.slot, self.months or 0])[:12]}"


class Parties(NamedTuple):
    """Both briefs on one agenda. steps: as in Prospect."""

    buyer: Brief
    seller: Brief
    steps: tuple[int, ...]


def parties(premises: Premises, invitation: Invitation) -> Parties:
    """Both sides of an invitation. Raises InputRefused with every fault, RuleValueUnusable without the rules."""
    _refuse(_faults_of_form(premises.roster, invitation))
    rules = premises.rules.of(premises.time.day_of(invitation.slot))
    with premises.steps.database.read() as tx:
        held = registry.mandates(tx)
    mandates = held[invitation.buyer_site], held[invitation.seller_site]
    seen, monthly_kwh = _metered(premises, invitation)
    _refuse([*_mandate_faults(mandates, rules.corridor), *_energy_faults(seen, mandates)])
    agenda = _agenda(invitation, seen, rules.corridor)
    buyer = Buyer(
        seen.need_wh,
        utility_price(rules.tariff, monthly_kwh),
        rules.stack,
        MISSED_PERMILLE,
        CAUTION_PERMILLE,
        COMMITMENT_UJPY,
    )
    buyback = np.array([rules.tariff.buyback], np.int64)
    seller = Seller(seen.surplus_wh, buyback, caution_permille=CAUTION_PERMILLE, commitment_ujpy=COMMITMENT_UJPY)
    briefs = [
        brief(agenda, side, _deal_mandate(agenda, side, mandates[side]), gains_ujpy(agenda, party))
        for side, party in ((Side.BUY, buyer), (Side.SELL, seller))
    ]
    return Parties(briefs[0], briefs[1], seen.steps)


def _metered(premises: Premises, invitation: Invitation) -> tuple[Prospect, Column]:
    """The pair's prospect, and what the buyer's meter imported in the last 30 days. Shape (1, 1), kWh rounded down."""
    past, position = premises.histories.until(invitation.slot - premises.time.unknown), premises.roster.position
    export_wh = past["export_wh"][position[invitation.seller_site]]
    import_wh = past["import_wh"][position[invitation.buyer_site]]
    last = np.maximum(import_wh[-BILLING_DAYS * premises.time.per_day :], 0)
    seen = prospect(export_wh, import_wh, premises.histories.first_slot, invitation.slot, premises.time)
    return seen, last.sum().reshape(1, 1) // 1_000


def _agenda(invitation: Invitation, seen: Prospect, corridor: Corridor) -> Agenda:
    """Prices from the corridor's floor up to its cap, volumes up to the lesser P90 of the pair, rounded up."""
    volume_wh = VOLUME_STEP_WH * -(-min(seen.surplus_high_wh, seen.need_high_wh) // (VOLUMES * VOLUME_STEP_WH))
    prices = Issue(
        corridor.floor, PRICE_STEP_MJPY_PER_KWH, (corridor.cap - corridor.floor) // PRICE_STEP_MJPY_PER_KWH + 1
    )
    issues = (
        prices,
        Issue(volume_wh, volume_wh, VOLUMES),
        Issue(invitation.months) if invitation.months else TENORS,
        FLEXIBILITY,
        PENALTY,
    )
    return Agenda(
        invitation.id, invitation.seller_site, invitation.buyer_site, issues, len(seen.steps) * BILLING_DAYS, ROUNDS
    )


def _deal_mandate(agenda: Agenda, side: Side, mandate: Mandate) -> DealMandate:
    """The whole agenda, less what the member's mandate forbids."""
    low = Offer(*(issue.values[0] for issue in agenda.issues))
    high = Offer(*(issue.values[-1] for issue in agenda.issues))
    high = high._replace(volume_wh=min(high.volume_wh, mandate.order_max_wh))
    if side is Side.SELL:
        low_mjpy = max(low.price_mjpy_per_kwh, mandate.sell_min_mjpy_per_kwh)
        return DealMandate(low._replace(price_mjpy_per_kwh=low_mjpy), high)
    high_mjpy = min(high.price_mjpy_per_kwh, mandate.buy_max_mjpy_per_kwh)
    return DealMandate(low, high._replace(price_mjpy_per_kwh=high_mjpy))


def _faults_of_form(roster: Roster, invitation: Invitation) -> list[Fault]:
    member = {site.id: site.party_id for site in roster.sites}
    sites = (("SELLER", invitation.seller_site), ("BUYER", invitation.buyer_site))
    faults = [
        Fault(where, "unknown_site", f"no site {site!r} takes part; gridpact explain lists them")
        for where, site in sites
        if site not in member
    ]
    if not faults and member[invitation.seller_site] == member[invitation.buyer_site]:
        faults.append(Fault("BUYER", "same_member", "is the seller itself; name the site of another member"))
    if invitation.months is not None and not 1 <= invitation.months <= TENOR_MONTHS_MAX:
        faults.append(
            Fault("--months", "out_of_range", f"takes 1 to {TENOR_MONTHS_MAX} months, not {invitation.months}")
        )
    return faults


def _mandate_faults(mandates: tuple[Mandate, Mandate], corridor: Corridor) -> list[Fault]:
    buyer, seller = mandates
    faults = [
        Fault(each.site_id, "mandate_paused", "its mandate is paused; the member must resume it first")
        for each in (seller, buyer)
        if not each.active
    ]
    if seller.sell_min_mjpy_per_kwh > corridor.cap:
        faults.append(Fault(seller.site_id, "mandate_price", f"sells only above the corridor's cap of {corridor.cap}"))
    if buyer.buy_max_mjpy_per_kwh < corridor.floor:
        faults.append(
            Fault(buyer.site_id, "mandate_price", f"buys only below the corridor's floor of {corridor.floor}")
        )
    return faults


def _energy_faults(seen: Prospect, mandates: tuple[Mandate, Mandate]) -> list[Fault]:
    buyer, seller = mandates
    if not seen.steps:
        return [Fault(seller.site_id, "no_surplus", "usually has nothing over at any time of day")]
    if not seen.need_high_wh:
        return [Fault(buyer.site_id, "no_need", "usually takes nothing from the grid when the seller has surplus")]
    least_wh = VOLUME_STEP_WH * -(-min(seen.surplus_high_wh, seen.need_high_wh) // (VOLUMES * VOLUME_STEP_WH))
    return [
        Fault(
            each.site_id,
            "mandate_energy",
            f"its mandate allows {each.order_max_wh} Wh a slot; a deal begins at {least_wh}",
        )
        for each in (seller, buyer)
        if each.order_max_wh < least_wh
    ]


def _refuse(faults: list[Fault]) -> None:
    if faults:
        raise InputRefused(faults)
