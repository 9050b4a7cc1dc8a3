"""The steps of a deal on paper that no agent owns: delivering, filing after both consents, ending, cooling off."""

from typing import Any

from sqlalchemy import Connection

from contracts.paper.paper_template import INDIVIDUAL, PRE_CONTRACT
from domain.contract import ContractEvent, ContractState
from memory.trading import contracts, papers, proposals
from memory.trading.contracts import ContractRow
from memory.trading.papers import Act, ActRow, PaperRow
from memory.trading.proposals import ProposalRow
from services.context import TradeContext
from services.opening import RULES
from services.papers.concluding import both_consented, cooling_off_ends, paper_of

ENDED = frozenset({
    ContractState.RECORDED, ContractState.SETTLED, ContractState.REJECTED, ContractState.BLOCKED,
    ContractState.CANCELLED,
})  # fmt: skip


def thread_of(deal_id: str) -> str:
    """The name of a deal's graph thread."""
    return f"deal:{deal_id}"


def deliver(ctx: TradeContext, deal_id: str) -> dict[str, Any]:
    """Deliver the explanation and the contract to both sides, once."""

    def work(tx: Connection) -> dict[str, Any]:
        paper = paper_of(tx, deal_id)
        digests = sorted(paper.documents.values())
        for party in paper.parties:
            papers.act(tx, ActRow(paper.id, party, Act.DELIVERED, digests, RULES, ctx.now()))
        ctx.steps.note(tx, RULES, "paper.delivered", deal_id, {"parties": [*paper.parties], "documents": digests})
        return {"documents": len(digests)}

    return ctx.steps.run(thread_of(deal_id), "deliver", RULES, "conclude", work)


def file(ctx: TradeContext, deal_id: str) -> dict[str, Any]:
    """File what both agreed to for the slot whose book closes next; without both consents end the deal."""

    def work(tx: Connection) -> dict[str, Any]:
        paper = paper_of(tx, deal_id)
        if not both_consented(paper, papers.acts(tx, deal_id)):
            ctx.steps.note(tx, RULES, "deal.ended", deal_id, {"why": "no_consent"})
            return {"ended": "no_consent"}
        body = {**paper.proposal, "extra_clauses": [*paper.proposal["extra_clauses"], clause_of(paper)]}
        proposals.save(tx, [ProposalRow(deal_id, ctx.time.at(ctx.now()) + ctx.time.ahead, body)])
        ctx.steps.note(tx, RULES, "deal.filed", deal_id, {"documents": sorted(paper.documents.values())})
        return {}

    return ctx.steps.run(thread_of(deal_id), "file", RULES, "conclude", work)


def see_recorded(ctx: TradeContext, deal_id: str) -> dict[str, Any]:
    """How the contract came out of drafting, review and the chain."""

    def work(tx: Connection) -> dict[str, Any]:
        contract = contract_of(tx, deal_id)
        assert contract is not None, "a deal that waits for its contract is not looked at"
        stands = contract.state in {ContractState.RECORDED, ContractState.SETTLED}
        return {"contract": contract.digest} | ({} if stands else {"ended": str(contract.state)})

    return ctx.steps.run(thread_of(deal_id), "see_recorded", RULES, "conclude", work)


def cool_off(ctx: TradeContext, deal_id: str) -> dict[str, Any]:
    """After the time to withdraw: a contract from which somebody withdrew is cancelled, any other stands."""

    def work(tx: Connection) -> dict[str, Any]:
        contract = contract_of(tx, deal_id)
        assert contract is not None, "a recorded contract is there"
        ended = "stands"
        if withdrawn(tx, deal_id):
            ended = "withdrawn"
            if contract.state is ContractState.RECORDED:
                contracts.move(tx, [contract.digest], ContractEvent.WITHDRAW)
        ctx.steps.note(tx, RULES, "deal.ended", deal_id, {"why": ended, "contract": contract.digest})
        return {"ended": ended}

    return ctx.steps.run(thread_of(deal_id), "cool_off", RULES, "conclude", work)


def is_due(ctx: TradeContext, tx: Connection, deal_id: str, node: str) -> bool:
    """Whether what a deal's thread waits for in a node has come about."""
    paper = paper_of(tx, deal_id)
    acts = papers.acts(tx, deal_id)
    if node == "await_consents":
        return both_consented(paper, acts) or ctx.now() >= paper.due_at
    if node == "await_record":
        contract = contract_of(tx, deal_id)
        return contract is not None and contract.state in ENDED
    until = cooling_off_ends(paper, acts)
    return withdrawn(tx, deal_id) or (until is not None and ctx.now() >= until)


def contract_of(tx: Connection, deal_id: str) -> ContractRow | None:
    """The contract that a deal became, None before the slot drafts it."""
    return contracts.of_proposal(tx, deal_id)


def withdrawn(tx: Connection, deal_id: str) -> bool:
    """Whether a side withdrew in time."""
    return any(each.kind is Act.WITHDRAWN for each in papers.acts(tx, deal_id))


def clause_of(paper: PaperRow) -> str:
    """The clause by which a contract's terms, and so its digest, stand for its papers."""
    named = [f"{name} {paper.documents[name]}" for name in sorted(paper.documents)]
    assert {f"{INDIVIDUAL}-ja", f"{PRE_CONTRACT}-ja"} <= paper.documents.keys(), "papers come in both languages"
    return f"Its text is that of the documents with the SHA-256 {', '.join(named)}."
