"""Two agents' negotiation through messages, from the first offer to the last, for whoever runs both of them."""

from domain.order import Side
from market.negotiation.bargaining import Brief, Standing, answer, begin
from market.negotiation.protocol import Negotiation


def converse(buyer: Brief, seller: Brief) -> Negotiation:
    """The negotiation of two briefs on one agenda at its end. Both agents hold the same transcript by then."""
    assert buyer.agenda == seller.agenda, "two agendas"
    assert (buyer.side, seller.side) == (Side.BUY, Side.SELL), "a buyer and a seller"
    parties, side = (buyer, seller), buyer.agenda.opener
    standings: dict[Side, Standing] = {Side(1 - side): begin(parties[1 - side])[0]}
    standings[side], message = begin(parties[side])
    while message is not None:
        side = Side(1 - side)
        standings[side], message = answer(parties[side], standings[side], message)
    assert standings[Side.BUY].negotiation == standings[Side.SELL].negotiation, "two transcripts"
    return standings[side].negotiation
