"""Which contracts pass by rule, which are forbidden, and which wait for people.

Every trigger looks at every contract: at the slot's own trades all at once, on columns, and one by one at those that do
not pass and at deals beside the auction. What was judged and what followed from it stays on record, contract by
contract. What was planted for the demonstration carries its label from the proposal to the case.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection

from domain.canonical import digest
from domain.contract import ContractEvent
from domain.party import Licence
from domain.site import Certification, DeviceKind
from memory import cases
from memory.cases import CaseRow
from memory.trading import clearings, contracts, prices, proposals
from memory.trading.contracts import ContractRow
from memory.trading.proposals import ProposalRow
from policies.bands import Action
from policies.corridor import reference_price, trading_keys
from policies.facts import Facts
from policies.licences import RETAIL_SUPPLY, Chain, LicenceState, Link, check_chain
from policies.mass import columns_of, judge_columns
from policies.pack import RulePack
from policies.triggers import Judgement, evaluate
from services.cases.brought import brought_facts
from services.cases.cases import thread_of
from services.cases.evidence import evidence_of
from services.cases.market_facts import MarketFacts, market_facts
from services.context import TradeContext
from services.deals.approvals import PASSED, owe_approval
from services.devices.device_registry import as_it_stands
from services.figures.watching import open_patterns
from services.opening import RULES
from services.orders.screening import credit_limits_ujpy
from services.policies.decisions import finding_record, keep_decisions

# A mandate is the explicit consent to a price inside its limits. The retailer's bill takes no prepayment, and nobody's
# contract is made smaller behind its back: both forbid, and a prepaid or smaller one may be filed again.
ACTIONS: dict[Action, ContractEvent] = {
    Action.AUTO: ContractEvent.PASS,
    Action.AUTO_WITH_CONSENT: ContractEvent.PASS,
    Action.PREPAY: ContractEvent.BLOCK,
    Action.REDUCE: ContractEvent.BLOCK,
    Action.ESCALATE: ContractEvent.ESCALATE,
    Action.BLOCK: ContractEvent.BLOCK,
}
DAYS_PER_YEAR = 365
MEDIAN_DAYS = 7
Watched = Mapping[str, frozenset[str]]


class Seen(NamedTuple):
    """What all contracts of a slot are judged against. watched: None when surveillance has searched no day yet.
    equipment: how the machines that feed in are certified, by site, sorted. limits_ujpy: buyers' credit, by site."""

    reference: int
    watched: Watched | None
    market: MarketFacts
    equipment: Mapping[str, tuple[Certification, ...]]
    limits_ujpy: Mapping[str, int]


def review(ctx: TradeContext, slot: int) -> dict[str, Any]:
    """Judge every drafted contract of the slot; open a case for each that people must decide."""

    def work(tx: Connection) -> dict[str, Any]:
        drafted = contracts.of_slot(tx, slot)
        filed = {each.id: each for each in proposals.all(tx)}
        seen = _seen(tx, ctx, slot, drafted)
        facts = {
            each.digest: proposal_facts(ctx, slot, each, filed[each.proposal_id], seen)
            if each.proposal_id
            else trade_facts(ctx, slot, each, seen)
            for each in drafted
        }
        judged = judge_all(facts, ctx.rules.on(ctx.day_of(slot)), ctx.day_of(slot))
        keep_decisions(tx, ctx, slot, facts, judged)
        acted: dict[ContractEvent, list[ContractRow]] = {event: [] for event in ACTIONS.values()}
        for each in drafted:
            acted[ACTIONS[judged[each.digest].action]].append(each)
        for event, group in acted.items():
            contracts.move(tx, [each.digest for each in group], event)
        for each in acted[ContractEvent.BLOCK]:
            body = {"pack": _pack(ctx, slot), "findings": _findings(judged[each.digest])}
            ctx.steps.note(tx, RULES, "contract.blocked", each.digest, body)
        for each in acted[ContractEvent.PASS]:
            if each.proposal_id:
                _owe_passed(tx, ctx, slot, each, judged[each.digest])
        escalated = acted[ContractEvent.ESCALATE]
        for each in escalated:
            proposal = filed[each.proposal_id] if each.proposal_id else None
            cases.open(tx, case_of(tx, ctx, slot, each, judged[each.digest], proposal))
        trades = sum(bool(each.trade_id) for each in escalated)
        return {str(event): len(group) for event, group in acted.items()} | {"escalated_trades": trades}

    output = ctx.steps.run(ctx.thread(slot), "review", RULES, "judge", work)
    return {"escalated": output["escalated_trades"]}


def _owe_passed(tx: Connection, ctx: TradeContext, slot: int, contract: ContractRow, judgement: Judgement) -> None:
    """A deal beside the auction that nobody is asked about: the chain shall hold on which findings the rules let it."""
    body = {"contract": contract.digest, "pack": _pack(ctx, slot), "findings": _findings(judgement)}
    ctx.steps.note(tx, RULES, PASSED, contract.digest, body)
    owe_approval(tx, ctx, contract.digest)


def reference_of(tx: Connection, ctx: TradeContext, slot: int) -> int:
    """What the slot's price is compared with: wholesale and the neighbourhood's own median of the last week."""
    day = ctx.day_of(slot)
    place = ctx.time.place_in_day
    past = sorted(
        each.price_mjpy_per_kwh
        for each in clearings.between(tx, slot - MEDIAN_DAYS * ctx.time.per_day, slot - 1)
        if each.price_mjpy_per_kwh is not None and place(each.slot) == place(slot)
    )
    own = past[len(past) // 2] if past else None
    wholesale = prices.get(tx, slot, "wholesale", ctx.area)
    return reference_price(ctx.rules.on(day), day, ctx.rules.of(day).corridor, wholesale, own)


def judge_all(facts: Mapping[str, Facts], pack: RulePack, day: date) -> dict[str, Judgement]:
    """What the triggers say of each contract, by digest: of all at once, then alone of each that does not pass."""
    if not facts:
        return {}
    mass = judge_columns(columns_of(list(facts.values())), pack, day)
    return {
        digest: evaluate(row, pack, day) if rank else Judgement(Action.AUTO, unknown=mass.unknown_of(at))
        for at, ((digest, row), rank) in enumerate(zip(facts.items(), mass.severity.tolist(), strict=True))
    }


def trade_facts(ctx: TradeContext, slot: int, contract: ContractRow, seen: "Seen") -> Facts:
    """One trade of the auction as the triggers see it."""
    facts = _facts(ctx, slot, contract, seen, licences=ctx.roster.licences, last=ctx.day_of(slot))
    return replace(facts, kept_by_clearing=len(ctx.connections.feeder.names) > 1)


def proposal_facts(ctx: TradeContext, slot: int, contract: ContractRow, proposal: ProposalRow, seen: "Seen") -> Facts:
    """A deal beside the auction, with the papers, the equipment and the facts that came with it."""
    body = proposal.body
    papers = [Licence(**{**paper, "valid_to": date.fromisoformat(paper["valid_to"])}) for paper in body["licences"]]
    last = ctx.day_of(contract.terms["slot_end"] - 1)
    facts = _facts(ctx, slot, contract, seen, licences=papers or ctx.roster.licences, last=last)
    brought = tuple(Certification(each["certification"]) for each in body["equipment"])
    return replace(
        facts,
        equipment=brought or facts.equipment,
        power_w=max((each["power_w"] for each in body["equipment"]), default=0),
        vehicle_to_grid=any(each["vehicle_to_grid"] for each in body["equipment"]),
        **brought_facts(body, ctx.rules.on(ctx.day_of(slot))),
    )


def _facts(
    ctx: TradeContext, slot: int, contract: ContractRow, seen: "Seen", *, licences: Iterable[Licence], last: date
) -> Facts:
    terms, today = contract.terms, ctx.day_of(slot)
    pack = ctx.rules.on(today)
    chain = _chain(ctx, list(licences), today, last)
    keys = trading_keys(ctx.area)
    begin = ctx.day_of(terms["slot_first"])
    at_begin, at_end = tuple(pack.usable(begin, keys)), tuple(pack.usable(last, keys))
    return Facts(
        value_ujpy=terms["value_ujpy"],
        energy_wh_per_year=terms["energy_wh"] * DAYS_PER_YEAR // max(terms["tenor_days"], DAYS_PER_YEAR),
        tenor_days=terms["tenor_days"],
        price_mjpy_per_kwh=judged_price(contract, seen.reference),
        reference_price_mjpy_per_kwh=seen.reference,
        corridor=ctx.rules.of(today).corridor,
        seller_area=terms["seller_area"],
        buyer_area=terms["buyer_area"],
        equipment=seen.equipment.get(contract.seller_site, ()),
        licences=chain.states,
        licence_reasons=chain.reasons,
        rule_faults=at_begin if begin <= today else (),
        rule_faults_later=at_end or at_begin,
        support_scheme=terms["support_scheme"],
        clauses_outside_template=len(terms["extra_clauses"]),
        surveillance=_patterns(contract, seen.watched),
        zone_share_ppm=seen.market.zone_share_ppm(contract),
        small_zone=seen.market.small_zone,
        exposure_ujpy=seen.market.exposure_ujpy(contract),
        exposure_limit_ujpy=seen.limits_ujpy[contract.buyer_site],
        account_day_ujpy=seen.market.account_day_ujpy(contract),
        zone_day_ujpy=seen.market.zone_day_ujpy(contract),
        grid_state=seen.market.grid_state_of(contract),
    )


def judged_price(contract: ContractRow, reference: int) -> int:
    """Of the price at the seller's node and at the buyer's the one further from the reference, mJPY/kWh."""
    congestion: int = contract.terms["price_layers_mjpy_per_kwh"]["congestion"]
    sold, bought = contract.price_mjpy_per_kwh, contract.price_mjpy_per_kwh + congestion
    return bought if abs(bought - reference) > abs(sold - reference) else sold


def _chain(ctx: TradeContext, held: list[Licence], today: date, last: date) -> Chain:
    """The licences as they stand today; when they are sound, as they will stand on the last day of delivery."""
    link = Link(ctx.retailer.id, RETAIL_SUPPLY, ctx.retailer.name)
    now = check_chain(held, [link], today, ctx.rules.on(today).value("licence_grace", today))
    sound = all(state is LicenceState.COMPLETE for state in now.states)
    return check_chain(held, [link], last, (last - today).days + 1) if sound else now


def _seen(tx: Connection, ctx: TradeContext, slot: int, drafted: Sequence[ContractRow]) -> Seen:
    """Read once for all contracts of a slot."""
    return Seen(
        reference=reference_of(tx, ctx, slot),
        watched=open_patterns(tx, ctx, slot),
        market=market_facts(tx, ctx, slot),
        equipment=_equipment_now(tx, ctx),
        limits_ujpy=credit_limits_ujpy(
            tx, ctx.rules.of(ctx.day_of(slot)), ctx.roster, [each.buyer_site for each in drafted]
        ),
    )


def _equipment_now(tx: Connection, ctx: TradeContext) -> Mapping[str, tuple[Certification, ...]]:
    """How the machines that feed in are certified at this moment, by site, sorted."""
    feeding, found = {DeviceKind.PV, DeviceKind.BATTERY}, dict[str, set[Certification]]()
    for each in as_it_stands(tx, ctx.roster.devices, ctx.now()):
        if each.kind in feeding:
            found.setdefault(each.site_id, set()).add(each.certification)
    return {site: tuple(sorted(kinds)) for site, kinds in found.items()}


def _patterns(contract: ContractRow, watched: Watched | None) -> tuple[str, ...]:
    """What surveillance has open against either side, sorted; ``none`` when it looked, nothing when it never did."""
    if watched is None:
        return ()
    sides = (watched.get(site, frozenset()) for site in (contract.seller_site, contract.buyer_site))
    return tuple(sorted(frozenset().union(*sides))) or ("none",)


def case_of(
    tx: Connection,
    ctx: TradeContext,
    slot: int,
    contract: ContractRow,
    judgement: Judgement,
    proposal: ProposalRow | None,
) -> CaseRow:
    """The case of a contract, with its evidence frozen under a hash."""
    evidence = evidence_of(tx, ctx, slot, contract, judgement, proposal)
    case_id = f"C-{contract.digest[:12]}"
    return CaseRow(
        id=case_id,
        contract_digest=contract.digest,
        thread=thread_of(case_id),
        opened_at=ctx.now(),
        deadline=_deadline(ctx, slot, contract, judgement),
        roles=judgement.roles,
        approvals=judgement.approvals,
        findings=_findings(judgement),
        evidence=evidence,
        evidence_hash=digest(evidence),
        planted=proposal.planted if proposal else None,
        on_timeout=str(judgement.on_timeout),
        harm_ujpy=contract.terms["value_ujpy"],
    )


def _deadline(ctx: TradeContext, slot: int, contract: ContractRow, judgement: Judgement) -> datetime:
    """The rule's deadline; for a trade of the slot never later than its contracts must be done."""
    by_rule = ctx.now() + timedelta(minutes=judgement.deadline_min or 0)
    return min(by_rule, ctx.time.moment("contracted", slot)) if contract.trade_id else by_rule


def _pack(ctx: TradeContext, slot: int) -> str:
    """The digest of the rules that hold on the slot's day."""
    return ctx.rules.on(ctx.day_of(slot)).digest


def _findings(judgement: Judgement) -> list[dict[str, Any]]:
    return [finding_record(each) for each in judgement.findings]
