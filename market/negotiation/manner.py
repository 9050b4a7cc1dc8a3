"""How a party concedes: a line it does not cross in time, what it returns in kind, and when it opens the rest.

Every tactic here is one formula over a party's span, from its best offer down to its reservation. By a round it has
given up ``max(min(timed, advance + in kind x what the other gave up), closing)``. A purely time-dependent tactic has
an advance of the whole span and never closes; the guarded one advances little, answers in kind, and closes late.
"""

from dataclasses import dataclass

import numpy as np

from domain.order import Column
from domain.quantity import PPM
from market.negotiation.concession import conceded_ppm


@dataclass(frozen=True, slots=True)
class Manner:
    """All parts are ppm of the own span.

    power, halvings: the line in time, as in ``concession.conceded_ppm``. advance: given up by the last round on one's
    own account, round by round. in_kind: of what the other gave up in one's own money, what is returned.
    closing_rounds, closing_power: how many rounds before the end the rest opens, and how late within them. holds:
    what is never given up. walk_away: the premium kept in closing from someone who gave up less than ``token``, in
    proportion to what is lacking.
    """

    power: int = 1
    halvings: int = 0
    advance_ppm: int = 50_000
    in_kind_ppm: int = PPM
    closing_rounds: int = 5
    closing_power: int = 3
    holds_ppm: int = 0
    walk_away_ppm: int = 50_000
    token_ppm: int = 50_000


GUARDED = Manner()


def timed(power: int = 1, halvings: int = 0, holds_ppm: int = 0) -> Manner:
    """A time-dependent tactic: Boulware for a power above 1, a conceder for halvings above 0, else linear."""
    return Manner(power, halvings, PPM, 0, 0, 1, holds_ppm, 0, 0)


def schedule(manner: Manner, rounds: int) -> Column:
    """Line in time, advance and closing by round. Shape (3, rounds + 1), int64, ppm of the span.

    The last column is the answer to the other's last offer, when nothing can be offered any more.
    """
    most = PPM - manner.holds_ppm
    line = [conceded_ppm(at, rounds, manner.power, manner.halvings) * most // PPM for at in range(1, rounds + 1)]
    advance = [manner.advance_ppm * at // rounds for at in range(1, rounds + 1)]
    if manner.advance_ppm == PPM:
        advance = [PPM] * rounds
    closing = [0] * (rounds - min(manner.closing_rounds, rounds))
    for at in range(rounds - len(closing)):
        closing.append(conceded_ppm(at + 2, manner.closing_rounds + 1, manner.closing_power) * most // PPM)
    return np.array([[*line, most], [*advance, advance[-1]], [*closing, most]], np.int64)
