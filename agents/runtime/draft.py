"""From a trade to a contract: canonical terms, digest, and whether they are standard, before any trigger runs.

Trades made before the slot's call are drafted with its own, each at its own price. So are deals that members made
beside the auction and filed by now.
"""

from typing import Any

from sqlalchemy import Connection

from agents.state import SlotState
from contracts.paper.paper_template import MASTER
from contracts.terms import Deal, Frame, Terms, is_standard, proposal_terms, slot_terms, term_digest
from domain.contract import ContractState
from memory.trading import clearings, contracts, proposals, trades
from memory.trading.contracts import ContractRow
from memory.trading.proposals import ProposalRow
from memory.trading.trades import TradeRow
from policies.licences import RETAIL_SUPPLY
from services.context import TradeContext
from services.papers.template_approvals import require_approved
from services.telling.site_prices import node_prices

DEAL_FIELDS = frozenset(Deal.__dataclass_fields__)
SALT = "contract-salt"


def draft(ctx: TradeContext, state: SlotState) -> dict[str, Any]:
    """Draft a contract for every trade of the slot and every proposal filed until now.

    Raises RuleValueUnusable, in earnest, while two people have not approved the master terms.
    """
    slot = state["slot"]

    def work(tx: Connection) -> dict[str, Any]:
        if not ctx.rules.pack.demonstration:
            require_approved(tx, MASTER)
        frame = frame_of(ctx, slot)
        price = node_prices(ctx, clearings.get(tx, slot))
        node_price = {} if price is None else dict(zip(ctx.roster.ids, price.tolist(), strict=True))
        drafted = [_from_trade(frame, trade, node_price) for trade in trades.of_slot(tx, slot)]
        filed = proposals.due(tx, slot)
        drafted += [_from_proposal(ctx, frame, slot, proposal) for proposal in filed]
        contracts.save(tx, drafted)
        proposals.mark_drafted(tx, [proposal.id for proposal in filed])
        return {"contracts": len(drafted), "proposals": len(filed), "standard": sum(each.standard for each in drafted)}

    output = ctx.steps.run(ctx.thread(slot), "draft", "runtime", "draft", work)
    return {"contracts": output["contracts"]}


def frame_of(ctx: TradeContext, slot: int) -> Frame:
    """What the slot's contracts share."""
    pack = ctx.rules.on(ctx.day_of(slot))
    licence = next(each for each in ctx.roster.licences if each.kind == RETAIL_SUPPLY)
    return Frame(
        market=ctx.market,
        area=ctx.area,
        slot_length_min=ctx.time.slot_min,
        retailer_id=licence.holder_id,
        retailer_registration=licence.number,
        pack_id=pack.id,
        pack_digest=pack.digest,
        stack=ctx.rules.of(ctx.day_of(slot)).stack,
        label=pack.label.get("en", ""),
        salt_key=ctx.keys.sign("runtime", SALT.encode())[:32],
    )


def _from_trade(frame: Frame, trade: TradeRow, node_price: dict[str, int]) -> ContractRow:
    seller_node = node_price[trade.seller_site]
    terms = slot_terms(
        frame,
        trade_id=trade.id,
        slot=trade.slot,
        seller_site=trade.seller_site,
        buyer_site=trade.buyer_site,
        energy_wh=trade.energy_wh,
        price_mjpy_per_kwh=trade.price_mjpy_per_kwh,
        congestion_mjpy_per_kwh=node_price[trade.buyer_site] - seller_node,
        difference_mjpy_per_kwh=trade.price_mjpy_per_kwh - seller_node,
    )
    return _row(terms, trade.slot, trade_id=trade.id)


def deal_of(ctx: TradeContext, proposal: ProposalRow) -> Deal:
    """What a proposal says in the words of contracts."""
    area = {site.id: site.area for site in ctx.roster.sites}
    body = {name: value for name, value in proposal.body.items() if name in DEAL_FIELDS}
    body["extra_clauses"] = tuple(body.get("extra_clauses", ()))
    return Deal(id=proposal.id, seller_area=area[body["seller_site"]], buyer_area=area[body["buyer_site"]], **body)


def _from_proposal(ctx: TradeContext, frame: Frame, slot: int, proposal: ProposalRow) -> ContractRow:
    return _row(proposal_terms(frame, deal_of(ctx, proposal)), slot, proposal_id=proposal.id)


def _row(terms: Terms, slot: int, trade_id: str | None = None, proposal_id: str | None = None) -> ContractRow:
    return ContractRow(
        digest=term_digest(terms),
        slot=slot,
        trade_id=trade_id,
        proposal_id=proposal_id,
        seller_site=terms["seller_site"],
        buyer_site=terms["buyer_site"],
        energy_wh=terms["energy_wh"],
        price_mjpy_per_kwh=terms["price_mjpy_per_kwh"],
        standard=is_standard(terms),
        state=ContractState.DRAFTED,
        terms=terms,
        delivered_wh=None,
    )
