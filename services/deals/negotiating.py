"""Two members' agents negotiate a deal beside the auction; what they agree is filed as a proposal.

The talk itself is arithmetic (``market.negotiation.conversation``); here it is held once under its id, kept with its
transcript, signed into the journal and, after an agreement, filed for the slot whose book closes next. From there it
goes the way of every deal beside the auction: drafted, judged by the triggers, decided by people where they ask for it,
recorded on the chain. What the standard template has no word for stands in extra clauses: delivery times, flexibility,
penalty, and the digest of the term sheet, so that the contract's digest stands for the whole negotiation.
"""

from datetime import timedelta
from typing import Any

from sqlalchemy import Connection

from market.negotiation.agenda import Offer
from market.negotiation.conversation import converse
from memory.trading import negotiations, proposals
from memory.trading.negotiations import NegotiationRow
from memory.trading.proposals import ProposalRow
from services.deals.deal_parties import Invitation, Premises, parties
from services.deals.negotiation_record import ENDED, ended_body, record_of
from services.roster import BILLING_DAYS

ACTOR = "runtime"


def held(premises: Premises, invitation: Invitation) -> tuple[NegotiationRow, ProposalRow | None]:
    """How an invitation ends, and the proposal of an agreement; nothing is kept. Raises as ``deal_parties.parties``."""
    buyer, seller, steps = parties(premises, invitation)
    row = record_of(converse(buyer, seller), invitation.slot)
    return row, ProposalRow(row.id, invitation.slot, _body(premises, row, steps)) if row.proposal_id else None


def negotiate(premises: Premises, invitation: Invitation, *, files: bool = True) -> NegotiationRow:
    """Hold a negotiation, keep it, and file what was agreed; the same invitation again returns the same row.

    files: whether the agreement is filed at once. A deal that goes on paper is filed when both sides have consented.
    Raises InputRefused with every fault, PermissionDenied without the grant, RuleValueUnusable; then nothing is kept.
    """
    with premises.steps.database.read() as tx:
        known = negotiations.find(tx, invitation.id)
    if known is not None:
        return known
    row, proposal = held(premises, invitation)

    def work(tx: Connection) -> dict[str, Any]:
        negotiations.save(tx, [row])
        proposals.save(tx, [proposal] if proposal and files else [])
        premises.steps.note(tx, ACTOR, ENDED, row.id, ended_body(row))
        return {"negotiation": row.id, "sheet": row.digest}

    premises.steps.run(f"negotiation:{invitation.id}", "negotiate", ACTOR, "negotiate", work)
    with premises.steps.database.read() as tx:
        kept = negotiations.find(tx, invitation.id)
    assert kept is not None, f"{invitation.id} was held and is not kept"
    premises.steps.database.flush()  # a person is told next, and nobody would do it again
    return kept


def _body(premises: Premises, row: NegotiationRow, steps: tuple[int, ...]) -> dict[str, Any]:
    """The proposal in the words of ``contracts.terms.Deal``. Delivery begins on the day after the slot's; a month has
    30 days."""
    terms, time = Offer(**row.sheet["terms"]), premises.time
    first = time.slots_of(time.day_of(row.slot) + timedelta(days=1))[0]
    return {
        "seller_site": row.seller_site,
        "buyer_site": row.buyer_site,
        "slot_first": first,
        "slot_end": first + terms.tenor_months * BILLING_DAYS * time.per_day,
        "energy_wh": row.sheet["energy_wh"],
        "price_mjpy_per_kwh": terms.price_mjpy_per_kwh,
        "voltage_class": "LV",
        "support_scheme": "none",
        "extra_clauses": _clauses(premises, row, terms, steps),
        "volume_wh": terms.volume_wh,
        "delivery_starts": _starts(premises, row, steps),
        "flexibility_permille": terms.flexibility_permille,
        "penalty_mjpy_per_kwh": terms.penalty_mjpy_per_kwh,
        "equipment": [],
        "licences": [],
        "negotiation": row.id,
        "transcript": row.sheet["transcript"],
        "term_sheet": row.digest,
    }


def _clauses(premises: Premises, row: NegotiationRow, terms: Offer, steps: tuple[int, ...]) -> list[str]:
    """What was agreed beyond the template, one sentence a clause."""
    starts = ", ".join(_starts(premises, row, steps))
    return [
        f"{terms.volume_wh} Wh in each slot of {premises.time.slot_min} minutes that starts at {starts}.",
        f"The buyer may leave up to {terms.flexibility_permille} permille of each volume.",
        f"The seller pays {terms.penalty_mjpy_per_kwh} mJPY for each kWh of it that it does not deliver.",
        f"Agreed in negotiation {row.id}; its term sheet has the digest {row.digest}.",
    ]


def _starts(premises: Premises, row: NegotiationRow, steps: tuple[int, ...]) -> list[str]:
    """When the slots of a day begin in which it is delivered, on the market's clock."""
    time = premises.time
    return sorted(f"{time.slot(row.slot + step).local_start(time.zone):%H:%M}" for step in steps)
