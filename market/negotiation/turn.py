"""One turn of an agent, compiled: what it hears, what it asks for, and what it does. Whole numbers in and out.

It accepts what is worth at least as much as what it would ask for next (AC_next: Baarslag, Hindriks, Jonker 2013).
The protocol calls it once a message, a rehearsal for both parties until the end, so both decide alike.
"""

import numpy as np
from numba import njit

from domain.order import Column
from domain.quantity import PPM
from market.negotiation.trade_off import alternatives

OFFER, ACCEPT, GIVE_UP = 0, 1, 2
STEADY = 1_000

# What is kept in mind of the other's offers: how many messages had some, what the first and the best were worth,
# the mix of the best of the last, the mix named first in the last, and how often each issue but price moved in that.
HEARD, FIRST_UJPY, BEST_UJPY, NEAR, NAMED, MOVED = 0, 1, 2, 3, 4, 5
MEMORY = 9


@njit(cache=True)
def hear(memory: Column, gain_ujpy: Column, span: Column, places: Column, offers: Column) -> None:
    """Take in a message's offers. memory: Shape (MEMORY,), changed. offers: Shape (2, offers), rows and columns.

    span: Shape (2,), reservation and ideal. What is worse than a span below the reservation counts as just that, so
    that a wild first offer, or one outside the mandate, is nothing to concede from.
    """
    best = best_of(gain_ujpy, offers)
    worst_ujpy = span[0] - max(span[1] - span[0], 0)
    worth_ujpy, named = max(gain_ujpy[offers[0, best], offers[1, best]], worst_ujpy), offers[0, 0]
    if memory[HEARD] == 0:
        memory[FIRST_UJPY] = memory[BEST_UJPY] = worth_ujpy
    else:
        for issue in range(places.shape[1]):
            memory[MOVED + issue] += places[named, issue] != places[memory[NAMED], issue]
    memory[BEST_UJPY] = max(memory[BEST_UJPY], worth_ujpy)
    memory[NEAR], memory[NAMED] = offers[0, best], named
    memory[HEARD] += 1


@njit(cache=True)
def best_of(gain_ujpy: Column, offers: Column) -> int:
    """Which of some offers is worth most, the first among equals."""
    best = 0
    for each in range(1, offers.shape[1]):
        if gain_ujpy[offers[0, each], offers[1, each]] > gain_ujpy[offers[0, best], offers[1, best]]:
            best = each
    return best


@njit(cache=True)
def target_ujpy(span: Column, terms: Column, schedule: Column, memory: Column, number: int) -> int:
    """The least gain to ask for in the message of this number, uJPY: from reservation to ideal.

    span: Shape (2,), reservation and ideal. terms: Shape (3,), in_kind, walk_away and token, ppm. schedule: as in
    ``manner.schedule``. Parts of the span are rounded down.
    """
    whole, at = span[1] - span[0], min(number // 2, schedule.shape[1] - 1)
    given = memory[BEST_UJPY] - memory[FIRST_UJPY]
    token = _part(whole, terms[2])
    premium = 0
    if given < token:
        premium = _part(_part(whole, terms[1]), (token - given) // (token // PPM + 1))
    in_kind = _part(whole, schedule[1, at]) + _part(given, terms[0])
    conceded = min(_part(whole, schedule[0, at]), in_kind)
    asked: int = span[1] - min(max(conceded, _part(whole - premium, schedule[2, at])), whole)
    return asked


@njit(cache=True)
def decide(
    gain_ujpy: Column, places: Column, memory: Column, offers: Column, target: int, number: int, sizes: Column
) -> tuple[int, Column]:
    """What to do, and the offers to make or the one to accept. Shape (2, offers), rows and columns.

    offers: what is on the table. sizes: Shape (2,), how many messages may carry offers and how many offers each may.
    """
    if offers.shape[1]:
        best = best_of(gain_ujpy, offers)
        if gain_ujpy[offers[0, best], offers[1, best]] >= target:
            return ACCEPT, offers[:, best : best + 1].copy()
    if number >= sizes[0]:
        return GIVE_UP, np.empty((2, 0), np.int64)
    heard = max(memory[HEARD], 1)
    weights = STEADY + STEADY * (heard - memory[MOVED:MEMORY]) // heard
    near = memory[NEAR] if memory[HEARD] else -1
    return OFFER, alternatives(gain_ujpy, places, target, near, weights, sizes[1], number // 2)


@njit(cache=True)
def _part(amount: int, ppm: int) -> int:
    """ppm of an amount, rounded down in two steps, so that a thousand million yen do not overflow."""
    parted: int = amount // 1_000 * ppm // 1_000
    return parted
