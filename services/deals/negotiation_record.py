"""A negotiation as it is kept: plain JSON that hashes to the same bytes, and the way back, checked entry by entry."""

import json
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection

from domain.canonical import canonical_bytes, digest
from domain.errors import AuditBroken
from domain.order import Side
from market.negotiation.agenda import Agenda, Issue
from market.negotiation.protocol import Negotiation
from market.negotiation.replay import replay
from market.negotiation.term_sheet import TermSheet, term_sheet
from market.negotiation.transcript import Entry
from memory.books import journal
from memory.trading import negotiations, papers, proposals
from memory.trading.negotiations import NegotiationRow

ENDED = "negotiation.ended"


def record_of(negotiation: Negotiation, slot: int) -> NegotiationRow:
    """The row of a negotiation that is over."""
    agenda, sheet = negotiation.agenda, term_sheet(negotiation)
    return NegotiationRow(
        id=agenda.id,
        slot=slot,
        seller_site=agenda.seller_site,
        buyer_site=agenda.buyer_site,
        agenda=json.loads(canonical_bytes(asdict(agenda))),
        transcript=json.loads(canonical_bytes(negotiation.transcript)),
        sheet=sheet_record(sheet),
        digest=sheet.digest,
        proposal_id=agenda.id if sheet.terms else None,
    )


def sheet_record(sheet: TermSheet) -> dict[str, Any]:
    """A term sheet as its digest covers it."""
    return {**asdict(sheet), "ending": str(sheet.ending), "terms": sheet.terms._asdict() if sheet.terms else None}


def said_in(row: NegotiationRow) -> Negotiation:
    """The negotiation of a row, played again. Raises AuditBroken naming it and its first entry that does not hold."""
    agenda = Agenda(
        **{**row.agenda, "issues": tuple(Issue(**each) for each in row.agenda["issues"])}
        | {"opener": Side(row.agenda["opener"])}
    )
    transcript = tuple(
        Entry(number, sender, act, tuple(map(tuple, offers)), *rest)
        for number, sender, act, offers, *rest in row.transcript
    )
    try:
        return replay(agenda, transcript)
    except AuditBroken as broken:
        raise AuditBroken(f"negotiation {row.id}: {broken}") from None


def ended_body(row: NegotiationRow) -> dict[str, Any]:
    """What the journal says of a negotiation under its agents' signature."""
    return {"sheet": row.digest, "transcript": row.sheet["transcript"], "ending": row.sheet["ending"]}


def verify_negotiations(tx: Connection) -> int:
    """How many negotiations hold: their transcripts, sheets, journal entries and proposals. Raises AuditBroken."""
    filed = {each.id: each.body for each in proposals.all(tx)}
    on_paper = {each.id for each in papers.deals(tx)} - filed.keys()
    rows = negotiations.all(tx)
    for row in rows:
        sheet = sheet_record(term_sheet(said_in(row)))
        if sheet != row.sheet or digest(sheet) != row.digest:
            raise AuditBroken(f"negotiation {row.id}: the term sheet is not what its transcript led to")
        if ended_body(row) not in map(journal.body_of, journal.entries(tx, ENDED, row.id)):
            raise AuditBroken(f"negotiation {row.id}: the journal names another transcript or term sheet")
        if row.proposal_id in on_paper:  # it is filed when both sides have consented
            continue
        if row.proposal_id and filed.get(row.proposal_id, {}).get("term_sheet") != row.digest:
            raise AuditBroken(f"negotiation {row.id}: proposal {row.proposal_id} rests on another term sheet")
    return len(rows)
