"""A transcript played again from its agenda: every hash, turn and offer is checked, and the ending follows anew."""

from domain.errors import AuditBroken, InputRefused
from domain.order import Side
from market.negotiation.agenda import Agenda, Offer
from market.negotiation.protocol import Act, Message, Negotiation, open_negotiation, post, root
from market.negotiation.transcript import Entry, verify


def replay(agenda: Agenda, transcript: tuple[Entry, ...]) -> Negotiation:
    """The negotiation that a transcript leads to. Raises AuditBroken naming the first entry that does not hold."""
    verify(transcript, root(agenda))
    negotiation = open_negotiation(agenda)
    for each in transcript:
        try:
            negotiation = post(negotiation, _message(each))
        except (InputRefused, ValueError) as fault:
            raise AuditBroken(f"entry {each.number} of the transcript breaks the protocol: {fault}") from fault
    return negotiation


def _message(said: Entry) -> Message:
    offers = tuple(Offer(*offer) for offer in said.offers)
    return Message(said.number, Side(said.sender), Act(said.act), offers, said.previous, said.reason, said.note)
