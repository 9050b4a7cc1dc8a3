"""Asking that a deal be negotiated and put on paper; the market's clockwork goes on with it from there."""

from memory.trading import papers
from memory.trading.papers import DealRow
from services.deals.deal_parties import Invitation
from services.deals.negotiating import ACTOR
from services.steps import Steps


def put_on_paper(steps: Steps, invitation: Invitation) -> DealRow:
    """Put a deal to paper; the same invitation again is the same deal."""
    site = invitation.seller_site, invitation.buyer_site
    row = DealRow(invitation.id, invitation.slot, *site, invitation.months, steps.clock())
    with steps.database.begin("put-on-paper") as tx:
        if papers.save_deal(tx, row):
            steps.note(tx, ACTOR, "deal.invited", row.id, {"seller": site[0], "buyer": site[1], "slot": row.slot})
    return row
