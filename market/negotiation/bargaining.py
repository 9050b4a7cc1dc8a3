"""How an agent bargains: what it gives up, what it accepts, and why a patient opponent gains little by waiting.

Three rules. It gives up, in its own money, no more than the other has given up so far plus a small advance, whatever
the time (tit for tat, bounded by a line in time). Only in its last rounds does it open the rest of its span, late and
steeply, and a premium of that only to someone who has conceded in kind. It accepts what is worth at least as much as
what it would offer next. All it decides on is whole numbers: tables, rounds, offers. It never sees a note.
"""

from dataclasses import dataclass, replace

import numpy as np

from domain.order import Column, Side
from market.negotiation.agenda import Agenda, Offer
from market.negotiation.manner import GUARDED, Manner, schedule
from market.negotiation.protocol import Act, Ending, Message, Negotiation, open_negotiation, post
from market.negotiation.turn import ACCEPT, MEMORY, OFFER, decide, hear, target_ujpy
from market.negotiation.valuation import NEVER_UJPY


@dataclass(frozen=True, slots=True)
class DealMandate:
    """What a member lets its agent sign: each issue from ``low`` to ``high``, both included, for at least
    ``gain_min_ujpy`` over the tenor against no deal. The bounds of price are at the seller's meter."""

    low: Offer
    high: Offer
    gain_min_ujpy: int = 0

    def allows(self, offer: Offer) -> bool:
        return all(low <= value <= high for low, value, high in zip(self.low, offer, self.high, strict=True))


@dataclass(frozen=True, slots=True, eq=False)
class Brief:
    """What an agent goes into a negotiation with; stays as it is. Made by ``brief``. All columns int64.

    gain_ujpy: Shape (mixes, prices), uJPY; NEVER_UJPY outside the mandate. places: Shape (mixes, 4), permille.
    span: reservation and ideal, uJPY; the ideal is below the reservation when no offer will do. terms, schedule: the
    manner, as ``turn.target_ujpy`` reads it. sizes: messages that may carry offers, and offers in each.
    """

    agenda: Agenda
    side: Side
    mandate: DealMandate
    gain_ujpy: Column
    places: Column
    span: Column
    terms: Column
    schedule: Column
    sizes: Column

    def gain(self, offer: Offer) -> int:
        """What an offer on the agenda is worth, uJPY."""
        return int(self.gain_ujpy[self.agenda.place_of(offer)])


@dataclass(frozen=True, slots=True)
class Standing:
    """An agent's whole state in one negotiation, whole numbers and text: what was said, and what it keeps in mind of
    the other's offers (``turn.MEMORY`` numbers)."""

    negotiation: Negotiation
    memory: tuple[int, ...] = (0,) * MEMORY


def brief(agenda: Agenda, side: Side, mandate: DealMandate, gain_ujpy: Column, manner: Manner = GUARDED) -> Brief:
    """A brief from one's own gain table (``valuation.gains_ujpy``): offers outside the mandate are worth NEVER_UJPY."""
    low, high = mandate.low, mandate.high
    mixes = np.array(list(agenda.mixes()), np.int64)
    prices = np.array(agenda.issues[0].values, np.int64)
    mix_allowed = ((mixes >= np.array(low[1:])) & (mixes <= np.array(high[1:]))).all(axis=1)
    allowed = np.asarray(mix_allowed)[:, None] & (prices >= low[0]) & (prices <= high[0])
    table = np.where(allowed, gain_ujpy, NEVER_UJPY)
    return Brief(
        agenda,
        side,
        mandate,
        table,
        agenda.places(),
        # A deal that gives nothing is no better than none, so at least one micro-yen is asked for.
        np.array([max(mandate.gain_min_ujpy, 1), table.max()], np.int64),
        np.array([manner.in_kind_ppm, manner.walk_away_ppm, manner.token_ppm], np.int64),
        schedule(manner, agenda.rounds),
        np.array([agenda.offers_max, agenda.alternatives_max], np.int64),
    )


def begin(brief: Brief) -> tuple[Standing, Message | None]:
    """The agent's state before anything was said, and its first message when it is the opener."""
    standing = Standing(open_negotiation(brief.agenda))
    return _reply(brief, standing) if brief.agenda.opener == brief.side else (standing, None)


def answer(brief: Brief, standing: Standing, message: Message) -> tuple[Standing, Message | None]:
    """The state after the other's message, and the reply; None when the negotiation is over.

    Raises InputRefused with every fault of the message; the standing then still holds.
    """
    negotiation = post(standing.negotiation, message)
    if negotiation.ending is not None:
        return replace(standing, negotiation=negotiation), None
    memory = np.array(standing.memory, np.int64)
    hear(memory, brief.gain_ujpy, brief.span, brief.places, _places(brief.agenda, message.offers))
    return _reply(brief, Standing(negotiation, tuple(memory.tolist())))


def asked_ujpy(brief: Brief, standing: Standing) -> int:
    """The least gain that the agent's next message asks for or accepts, uJPY."""
    memory, number = np.array(standing.memory, np.int64), len(standing.negotiation.transcript)
    return int(target_ujpy(brief.span, brief.terms, brief.schedule, memory, number))


def _reply(brief: Brief, standing: Standing) -> tuple[Standing, Message]:
    message = _decide(brief, standing)
    return replace(standing, negotiation=post(standing.negotiation, message)), message


def _decide(brief: Brief, standing: Standing) -> Message:
    negotiation = standing.negotiation
    if brief.span[1] < brief.span[0]:
        return _message(brief, negotiation, Act.WITHDRAW, reason=Ending.NO_ZONE)
    agenda, number = brief.agenda, len(negotiation.transcript)
    memory, on_table = np.array(standing.memory, np.int64), _places(agenda, negotiation.on_table)
    target = asked_ujpy(brief, standing)
    act, found = decide(brief.gain_ujpy, brief.places, memory, on_table, target, number, brief.sizes)
    if act not in (OFFER, ACCEPT):
        return _message(brief, negotiation, Act.WITHDRAW, reason=_why_none(brief, negotiation))
    offers = tuple(agenda.offer_at(mix, price) for mix, price in found.T.tolist())
    return _message(brief, negotiation, Act.OFFER if act == OFFER else Act.ACCEPT, offers)


def _places(agenda: Agenda, offers: tuple[Offer, ...]) -> Column:
    """Rows and columns of offers in a gain table. Shape (2, offers), int64."""
    places = np.array([agenda.place_of(offer) for offer in offers], np.int64).reshape(-1, 2)
    return np.ascontiguousarray(places.T)


def _why_none(brief: Brief, negotiation: Negotiation) -> Ending:
    """The rounds are over: were all last offers outside the mandate, or merely not good enough?"""
    inside = any(brief.mandate.allows(offer) for offer in negotiation.on_table)
    return Ending.DEADLINE if inside else Ending.MANDATE


def _message(
    brief: Brief, negotiation: Negotiation, act: Act, offers: tuple[Offer, ...] = (), reason: str = ""
) -> Message:
    return Message(len(negotiation.transcript), brief.side, act, offers, negotiation.head, str(reason))
