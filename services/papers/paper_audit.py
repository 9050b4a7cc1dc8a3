"""Papers, checked again: every PDF has its digest, every paper its PDFs, every act its signature, every contract its
papers by name."""

import hashlib

from sqlalchemy import Connection

from domain.errors import AuditBroken
from identity.signatures import verify_bytes
from memory.trading import contracts, papers
from memory.trading.papers import Act, PaperRow
from services.context import TradeContext
from services.papers.concluding import both_consented, signed_words
from services.papers.filing import clause_of


def verify_papers(tx: Connection, ctx: TradeContext) -> int:
    """How many papers hold. Raises AuditBroken naming the first that does not."""
    every = papers.all(tx)
    for paper in every:
        _verify_documents(tx, paper)
        _verify_acts(tx, ctx, paper)
    _verify_contracts(tx, {paper.id: paper for paper in every})
    return len(every)


def _verify_documents(tx: Connection, paper: PaperRow) -> None:
    for name, digest in sorted(paper.documents.items()):
        kept = papers.document(tx, digest)
        if kept is None or f"{kept.name}-{kept.language}" != name:
            raise AuditBroken(f"paper {paper.id}: its document {name} is missing")
        if hashlib.sha256(kept.content).hexdigest() != digest:
            raise AuditBroken(f"paper {paper.id}: its document {name} is not what was delivered and agreed to")


def _verify_acts(tx: Connection, ctx: TradeContext, paper: PaperRow) -> None:
    for act in papers.acts(tx, paper.id):
        known = set(act.documents) <= set(paper.documents.values())
        signed = act.kind is Act.DELIVERED or verify_bytes(
            ctx.keys.public(act.party_id), signed_words(act), act.signature
        )
        if not (known and signed):
            raise AuditBroken(f"paper {paper.id}: {act.party_id} did not sign that it has {act.kind}")


def _verify_contracts(tx: Connection, every: dict[str, PaperRow]) -> None:
    """A contract that came from papers names their digests in its terms, and both sides had agreed to them."""
    for contract in contracts.all(tx):
        paper = every.get(contract.proposal_id or "")
        if paper is None:
            continue
        if clause_of(paper) not in contract.terms["extra_clauses"]:
            raise AuditBroken(f"contract {contract.digest}: its terms do not name the papers of {paper.id}")
        if not both_consented(paper, papers.acts(tx, paper.id)):
            raise AuditBroken(f"contract {contract.digest}: not both sides consented to the papers of {paper.id}")
