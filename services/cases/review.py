"""Which contracts pass by rule, which are forbidden, and which wait for people.

Every trigger looks at every contract. The slot's own trades share area and licences and differ only in value, price
where a line is full, equipment and open findings, so those alike in the latter three are judged once, at their largest
trade: triggers grow no milder with value. What was planted for the demonstration carries its label from the proposal to
the case.
"""

from collections.abc import Iterable, Mapping
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
from policies.triggers import Judgement, evaluate
from services.cases.cases import thread_of
from services.context import TradeContext
from services.deals.approvals import PASSED, owe_approval
from services.devices.device_registry import as_it_stands
from services.figures.watching import open_patterns
from services.opening import RULES

# A mandate is the explicit consent to a price inside its limits. Reducing is not built yet, so it forbids.
ACTIONS: dict[Action, ContractEvent] = {
    Action.AUTO: ContractEvent.PASS,
    Action.AUTO_WITH_CONSENT: ContractEvent.PASS,
    Action.REDUCE: ContractEvent.BLOCK,
    Action.ESCALATE: ContractEvent.ESCALATE,
    Action.BLOCK: ContractEvent.BLOCK,
}
DAYS_PER_YEAR = 365
MEDIAN_DAYS = 7


class Watched(NamedTuple):
    """What is known of sites at this moment, by site: surveillance's open findings; how the machines that feed in are
    certified, sorted."""

    patterns: Mapping[str, frozenset[str]]
    equipment: Mapping[str, tuple[Certification, ...]]


class Likeness(NamedTuple):
    """In what the slot's trades differ beside their value: the price further from the reference of the seller's node
    and the buyer's, how the seller's machines are certified, sorted, and which surveillance findings are open against
    either side, sorted."""

    price_mjpy_per_kwh: int
    equipment: tuple[Certification, ...]
    patterns: tuple[str, ...]


def review(ctx: TradeContext, slot: int) -> dict[str, Any]:
    """Judge every drafted contract of the slot; open a case for each that people must decide."""

    def work(tx: Connection) -> dict[str, Any]:
        drafted = contracts.of_slot(tx, slot)
        filed = {each.id: each for each in proposals.all(tx)}
        reference = reference_of(tx, ctx, slot)
        watched = Watched(open_patterns(tx, ctx, slot), _equipment_now(tx, ctx))
        judged = _judge_trades(ctx, slot, [each for each in drafted if each.trade_id], reference, watched)
        for each in drafted:
            if each.proposal_id:
                facts = proposal_facts(ctx, slot, each, filed[each.proposal_id], reference, watched)
                judged[each.digest] = evaluate(facts, ctx.rules.pack, ctx.day_of(slot))
        acted: dict[ContractEvent, list[ContractRow]] = {event: [] for event in ACTIONS.values()}
        for each in drafted:
            acted[ACTIONS[judged[each.digest].action]].append(each)
        for event, group in acted.items():
            contracts.move(tx, [each.digest for each in group], event)
        for each in acted[ContractEvent.BLOCK]:
            body = {"findings": _findings(judged[each.digest])}
            ctx.steps.note(tx, RULES, "contract.blocked", each.digest, body)
        for each in acted[ContractEvent.PASS]:
            if each.proposal_id:
                _owe_passed(tx, ctx, each, judged[each.digest])
        escalated = acted[ContractEvent.ESCALATE]
        for each in escalated:
            planted = filed[each.proposal_id].planted if each.proposal_id else None
            cases.open(tx, case_of(ctx, slot, each, judged[each.digest], planted))
        trades = sum(bool(each.trade_id) for each in escalated)
        return {str(event): len(group) for event, group in acted.items()} | {"escalated_trades": trades}

    output = ctx.steps.run(ctx.thread(slot), "review", RULES, "judge", work)
    return {"escalated": output["escalated_trades"]}


def _owe_passed(tx: Connection, ctx: TradeContext, contract: ContractRow, judgement: Judgement) -> None:
    """A deal beside the auction that nobody is asked about: the chain shall hold on which findings the rules let it."""
    body = {"contract": contract.digest, "pack": ctx.rules.pack.digest, "findings": _findings(judgement)}
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
    return reference_price(ctx.rules.pack, day, ctx.rules.of(day).corridor, wholesale, own)


def _judge_trades(
    ctx: TradeContext, slot: int, trades: list[ContractRow], reference: int, watched: Watched
) -> dict[str, Judgement]:
    alike: dict[Likeness, list[ContractRow]] = {}
    for each in trades:
        equipment, patterns = watched.equipment.get(each.seller_site, ()), _patterns(each, watched)
        likeness = Likeness(judged_price(each, reference), equipment, patterns)
        alike.setdefault(likeness, []).append(each)
    judged: dict[str, Judgement] = {}
    for likeness, group in alike.items():
        largest = max(group, key=lambda each: each.terms["value_ujpy"])
        verdict = evaluate(trade_facts(ctx, slot, largest, likeness, reference), ctx.rules.pack, ctx.day_of(slot))
        if ACTIONS[verdict.action] is ContractEvent.PASS:
            judged |= {each.digest: verdict for each in group}
            continue
        for each in group:
            facts = trade_facts(ctx, slot, each, likeness, reference)
            judged[each.digest] = evaluate(facts, ctx.rules.pack, ctx.day_of(slot))
    return judged


def trade_facts(ctx: TradeContext, slot: int, contract: ContractRow, likeness: Likeness, reference: int) -> Facts:
    """One trade of the auction as the triggers see it."""
    return _facts(
        ctx, slot, contract, reference, likeness=likeness, licences=ctx.roster.licences, last=ctx.day_of(slot)
    )


def proposal_facts(
    ctx: TradeContext, slot: int, contract: ContractRow, proposal: ProposalRow, reference: int, watched: Watched
) -> Facts:
    """A deal beside the auction, with the papers and the equipment that came with it."""
    body = proposal.body
    papers = [Licence(**{**paper, "valid_to": date.fromisoformat(paper["valid_to"])}) for paper in body["licences"]]
    brought = tuple(Certification(each["certification"]) for each in body["equipment"])
    equipment = brought or watched.equipment.get(contract.seller_site, ())
    return _facts(
        ctx,
        slot,
        contract,
        reference,
        likeness=Likeness(judged_price(contract, reference), equipment, _patterns(contract, watched)),
        licences=papers or ctx.roster.licences,
        last=ctx.day_of(contract.terms["slot_end"] - 1),
        power_w=max((each["power_w"] for each in body["equipment"]), default=0),
    )


def _facts(
    ctx: TradeContext,
    slot: int,
    contract: ContractRow,
    reference: int,
    *,
    likeness: Likeness,
    licences: Iterable[Licence],
    last: date,
    power_w: int = 0,
) -> Facts:
    terms, pack, today = contract.terms, ctx.rules.pack, ctx.day_of(slot)
    chain = _chain(ctx, list(licences), today, last)
    keys = trading_keys(ctx.area)
    begin = ctx.day_of(terms["slot_first"])
    at_begin, at_end = tuple(pack.usable(begin, keys)), tuple(pack.usable(last, keys))
    return Facts(
        value_ujpy=terms["value_ujpy"],
        energy_wh_per_year=terms["energy_wh"] * DAYS_PER_YEAR // max(terms["tenor_days"], DAYS_PER_YEAR),
        tenor_days=terms["tenor_days"],
        price_mjpy_per_kwh=likeness.price_mjpy_per_kwh,
        reference_price_mjpy_per_kwh=reference,
        corridor=ctx.rules.of(today).corridor,
        seller_area=terms["seller_area"],
        buyer_area=terms["buyer_area"],
        equipment=likeness.equipment,
        power_w=power_w,
        licences=chain.states,
        licence_reasons=chain.reasons,
        rule_faults=at_begin if begin <= today else (),
        rule_faults_later=at_end or at_begin,
        support_scheme=terms["support_scheme"],
        clauses_outside_template=len(terms["extra_clauses"]),
        surveillance=likeness.patterns,
    )


def judged_price(contract: ContractRow, reference: int) -> int:
    """Of the price at the seller's node and at the buyer's the one further from the reference, mJPY/kWh."""
    congestion: int = contract.terms["price_layers_mjpy_per_kwh"]["congestion"]
    sold, bought = contract.price_mjpy_per_kwh, contract.price_mjpy_per_kwh + congestion
    return bought if abs(bought - reference) > abs(sold - reference) else sold


def _chain(ctx: TradeContext, held: list[Licence], today: date, last: date) -> Chain:
    """The licences as they stand today; when they are sound, as they will stand on the last day of delivery."""
    link = Link(ctx.retailer.id, RETAIL_SUPPLY, ctx.retailer.name)
    now = check_chain(held, [link], today, ctx.rules.pack.value("licence_grace", today))
    sound = all(state is LicenceState.COMPLETE for state in now.states)
    return check_chain(held, [link], last, (last - today).days + 1) if sound else now


def _equipment_now(tx: Connection, ctx: TradeContext) -> Mapping[str, tuple[Certification, ...]]:
    """How the machines that feed in are certified at this moment, by site, sorted."""
    feeding, found = {DeviceKind.PV, DeviceKind.BATTERY}, dict[str, set[Certification]]()
    for each in as_it_stands(tx, ctx.roster.devices, ctx.now()):
        if each.kind in feeding:
            found.setdefault(each.site_id, set()).add(each.certification)
    return {site: tuple(sorted(kinds)) for site, kinds in found.items()}


def _patterns(contract: ContractRow, watched: Watched) -> tuple[str, ...]:
    """What surveillance has open against either side, sorted."""
    sides = (watched.patterns.get(site, frozenset()) for site in (contract.seller_site, contract.buyer_site))
    return tuple(sorted(frozenset().union(*sides)))


def case_of(ctx: TradeContext, slot: int, contract: ContractRow, judgement: Judgement, planted: str | None) -> CaseRow:
    """The case of a contract, with its evidence frozen under a hash."""
    evidence = {
        "contract": contract.digest,
        "trade": contract.trade_id,
        "terms": contract.terms,
        "pack": ctx.rules.pack.digest,
    }
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
        planted=planted,
    )


def _deadline(ctx: TradeContext, slot: int, contract: ContractRow, judgement: Judgement) -> datetime:
    """The rule's deadline; for a trade of the slot never later than its contracts must be done."""
    by_rule = ctx.now() + timedelta(minutes=judgement.deadline_min or 0)
    return min(by_rule, ctx.time.moment("contracted", slot)) if contract.trade_id else by_rule


def _findings(judgement: Judgement) -> list[dict[str, Any]]:
    return [
        {
            "trigger": each.trigger,
            "name": each.name_en,
            "name_ja": each.name_ja,
            "text": each.text_en,
            "text_ja": each.text_ja,
            "action": str(each.action),
            "roles": list(each.roles),
        }
        for each in judgement.findings
    ]
