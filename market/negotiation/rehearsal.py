"""Two agents' negotiation from first offer to last, decided in one compiled loop, without messages.

For those who hold both mandates: a bench, or a platform that asks whether a talk is worth opening. The same turns as
in the protocol give the same end.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from domain.order import Column, Side
from market.negotiation.agenda import Offer
from market.negotiation.bargaining import Brief
from market.negotiation.turn import ACCEPT, GIVE_UP, MEMORY, decide, hear, target_ujpy


class Rehearsed(NamedTuple):
    """How it would end: what is agreed, None without an agreement, after so many messages."""

    agreed: Offer | None
    messages: int


def rehearse(buyer: Brief, seller: Brief) -> Rehearsed:
    """How two briefs on one agenda would end."""
    assert buyer.agenda == seller.agenda, "two agendas"
    assert (buyer.side, seller.side) == (Side.BUY, Side.SELL), "a buyer and a seller"
    agenda = buyer.agenda
    first, second = (buyer, seller) if agenda.opener == Side.BUY else (seller, buyer)
    mix, price, messages = _play(
        *(first.gain_ujpy, first.span, first.terms, first.schedule),
        *(second.gain_ujpy, second.span, second.terms, second.schedule),
        first.places,
        first.sizes,
    )
    return Rehearsed(agenda.offer_at(mix, price) if mix >= 0 else None, messages)


@njit(cache=True)
def _play(
    gain_first: Column,
    span_first: Column,
    terms_first: Column,
    schedule_first: Column,
    gain_second: Column,
    span_second: Column,
    terms_second: Column,
    schedule_second: Column,
    places: Column,
    sizes: Column,
) -> tuple[int, int, int]:
    """Row and column agreed, -1 twice for none, and the number of messages."""
    memories = np.zeros((2, MEMORY), np.int64)
    offers = np.empty((2, 0), np.int64)
    for number in range(sizes[0] + 1):
        if number % 2 == 0:
            gain, span, terms, schedule = gain_first, span_first, terms_first, schedule_first
        else:
            gain, span, terms, schedule = gain_second, span_second, terms_second, schedule_second
        memory = memories[number % 2]
        if number:
            hear(memory, gain, span, places, offers)
        if span[1] < span[0]:
            return -1, -1, number + 1
        target = target_ujpy(span, terms, schedule, memory, number)
        act, offers = decide(gain, places, memory, offers, target, number, sizes)
        if act == ACCEPT:
            return offers[0, 0], offers[1, 0], number + 1
        if act == GIVE_UP:
            break
    return -1, -1, number + 1
