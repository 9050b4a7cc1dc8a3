"""From a negotiated deal to its papers: values, the free clause in both languages, explanation and contract as PDF.

A model may word the free clause; it is held against the terms in both languages, and one difference lets the template
write instead. Without a model the templates alone make a complete contract. Nothing is filed here: parties consent
first.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection

from agents.runtime.draft import deal_of, frame_of
from contracts.paper.document import Page, page
from contracts.paper.field import LANGUAGES, fields
from contracts.paper.free_text import FreeText, Origin
from contracts.paper.paper_template import INDIVIDUAL, PRE_CONTRACT, template
from contracts.paper.particulars import paper_values
from contracts.paper.pdf import pdf
from contracts.paper.special_terms import special_terms
from contracts.paper.vocabulary import unfit
from contracts.terms import Deal, proposal_terms
from memory import registry
from memory.trading import papers
from memory.trading.papers import DocumentRow, PaperRow
from memory.trading.proposals import ProposalRow
from services.context import TradeContext
from services.deals.deal_parties import Invitation, Premises
from services.deals.negotiating import held
from services.papers.filing import thread_of
from services.papers.particulars import stated_of
from services.papers.template_approvals import require_approved
from services.telling.wording import in_words

OF_PROPOSAL = ("volume_wh", "delivery_starts", "flexibility_permille", "penalty_mjpy_per_kwh")
Values = Mapping[str, Any]


class Drawn(NamedTuple):
    """What is known of a deal's papers before anything is typeset. others: names that are no side of it."""

    deal: Deal
    values: dict[str, Any]
    others: list[str]
    sides: tuple[str, str]


def draw_up(ctx: TradeContext, invitation: Invitation) -> dict[str, Any]:
    """Draw up and keep a deal's papers, once.

    Raises RuleValueUnusable while two people have not approved the templates, InputRefused with every particular that
    is missing or at fault.
    """
    with ctx.database.read() as tx:
        if papers.find(tx, invitation.id) is not None:
            return {}
        require_approved(tx, INDIVIDUAL, PRE_CONTRACT)
    proposal = held(premises_of(ctx), invitation)[1]
    assert proposal is not None, "what was not agreed is not drawn up"
    with ctx.database.read() as tx:
        drawn = _drawn(tx, ctx, invitation.slot, proposal)
    free = _free(ctx, drawn)
    pages = _pages(ctx, drawn.values, free)
    documents = [_document(invitation.id, name, made) for name, made in pages.items()]
    row = PaperRow(
        id=invitation.id,
        seller_party=drawn.sides[0],
        buyer_party=drawn.sides[1],
        proposal=proposal.body,
        particulars=drawn.values,
        free=asdict(free) | {"origin": str(free.origin)},
        pages=pages,
        documents={f"{each.name}-{each.language}": each.digest for each in documents},
        due_at=ctx.time.moment("closes", drawn.deal.slot_first),
        cooling_off_days=drawn.values["cooling_off_days"],
    )

    def work(tx: Connection) -> dict[str, Any]:
        papers.save(tx, row, documents)
        return {"documents": row.documents, "origin": str(free.origin)}

    ctx.steps.run(thread_of(invitation.id), "draw_up", "runtime", "draft", work)
    return {}


def premises_of(ctx: TradeContext) -> Premises:
    """What the negotiation of a deal stands on, out of the market's own parts."""
    return Premises(ctx.steps, ctx.rules, ctx.roster, ctx.histories, ctx.time)


def _drawn(tx: Connection, ctx: TradeContext, slot: int, proposal: ProposalRow) -> Drawn:
    deal = deal_of(ctx, proposal)
    terms = proposal_terms(frame_of(ctx, slot), deal)
    stated = {
        **stated_of(tx, deal.seller_site, deal.buyer_site),
        **{key: proposal.body[key] for key in OF_PROPOSAL},
        "concluded_on": ctx.day_of(slot).isoformat(),
        "decision_digest": proposal.body["term_sheet"],
    }
    starts, ends = (_local(ctx, each) for each in (deal.slot_first, deal.slot_end))
    owner = {site.id: site.party_id for site in ctx.roster.sites}
    sides = owner[deal.seller_site], owner[deal.buyer_site]
    others = [each.name for each in registry.parties(tx) if each.id not in sides and len(each.name) > 1]
    values = paper_values(terms, starts, ends, template(INDIVIDUAL).digest, stated)
    return Drawn(deal, values, [name for name in others if name not in values.values()], sides)


def _free(ctx: TradeContext, drawn: Drawn) -> FreeText:
    """The free clause: the writer's, when it says what the terms say and names nobody else; else the template's."""
    plain, told = special_terms(drawn.values), _open(drawn.values)
    said = {
        language: in_words(ctx, lambda writer, language=language: writer.word_clause(told, language))  # type: ignore[misc]
        for language in LANGUAGES
    }
    if all(author == ctx.stand_in.name for _, author in said.values()):
        return plain
    if any(unfit(text, language, drawn.values, drawn.others) for language, (text, _) in said.items()):
        return plain
    return FreeText(said["ja"][0], said["en"][0], Origin.MODEL)


def _open(values: Values) -> dict[str, Any]:
    """What a writer is shown: no names, no points, no digests."""
    known = fields()
    return {
        key: value
        for key, value in values.items()
        if not known[key].secret and known[key].kind not in {"digest", "name"}
    }


def _pages(ctx: TradeContext, values: Values, free: FreeText) -> dict[str, Page]:
    label = ctx.rules.pack.label
    return {
        f"{name}-{language}": page(
            template(name), values, free if name == INDIVIDUAL else None, language, label.get(language, "")
        )
        for name in (INDIVIDUAL, PRE_CONTRACT)
        for language in LANGUAGES
    }


def _document(paper_id: str, name: str, made: Page) -> DocumentRow:
    content = pdf(made)
    kind, _, language = name.rpartition("-")
    return DocumentRow(hashlib.sha256(content).hexdigest(), paper_id, kind, language, content)


def _local(ctx: TradeContext, slot: int) -> datetime:
    return ctx.time.slot(slot).local_start(ctx.zone)
