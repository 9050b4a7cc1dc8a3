"""What two parties agreed, or why they did not: the paper that goes on to rules, people and the chain.

A term sheet is not a contract yet. It names the offer agreed, both parties, and the last hash of the transcript that
led to it, so that its digest stands for the whole negotiation.
"""

from dataclasses import asdict, dataclass

from domain.canonical import digest
from domain.errors import AuditBroken, TransitionRefused
from market.negotiation.agenda import Offer
from market.negotiation.protocol import Ending, Negotiation, root
from market.negotiation.transcript import verify

VERSION = 1


@dataclass(frozen=True, slots=True)
class TermSheet:
    """The end of a negotiation. ``terms``: the offer agreed, None without a deal. ``energy_wh``: at most, over the
    tenor. ``transcript``: the hash of its last entry. ``messages``: how many there were."""

    negotiation: str
    seller_site: str
    buyer_site: str
    ending: Ending
    terms: Offer | None
    energy_wh: int
    messages: int
    transcript: str
    version: int = VERSION

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical sheet, 64 hex digits."""
        terms = self.terms._asdict() if self.terms else None
        return digest({**asdict(self), "ending": str(self.ending), "terms": terms})


def term_sheet(negotiation: Negotiation) -> TermSheet:
    """The sheet of a negotiation that is over.

    Raises TransitionRefused while it goes on, AuditBroken when the transcript does not hold.
    """
    agenda, ending, terms = negotiation.agenda, negotiation.ending, negotiation.agreed
    if ending is None:
        raise TransitionRefused(f"negotiation {agenda.id} goes on; it has no term sheet")
    verify(negotiation.transcript, root(agenda))
    energy_wh = terms.volume_wh * agenda.slots_per_month * terms.tenor_months if terms else 0
    sites = (agenda.seller_site, agenda.buyer_site)
    return TermSheet(agenda.id, *sites, ending, terms, energy_wh, len(negotiation.transcript), negotiation.head)


def check(sheet: TermSheet, negotiation: Negotiation) -> None:
    """Raises AuditBroken when a sheet is not the one that its negotiation leads to."""
    if term_sheet(negotiation) != sheet:
        raise AuditBroken(f"term sheet {sheet.negotiation} is not what its transcript led to")
