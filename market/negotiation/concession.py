"""How much of one's span to give up by which round: the time-dependent tactics, in whole numbers.

Faratin, Sierra and Jennings 1998: the part given up after a share t of the time is t to the power of 1/beta. A
Boulware tactic (beta below 1) holds until the end, a conceder (above 1) gives way at once, a linear one is between.
"""

from functools import lru_cache
from math import isqrt

from domain.quantity import PPM


@lru_cache(maxsize=1_024)
def conceded_ppm(round_: int, rounds: int, power: int = 1, halvings: int = 0) -> int:
    """The part of the span given up in a round, ppm, rounded down: 0 in the first, all in the last of several.

    power: 1 linear, above it Boulware, beta being 1/power. halvings: takes the square root so often, for a conceder
    of beta 2 to the halvings. Raises ValueError when the round is not one of them.
    """
    if not 1 <= round_ <= rounds or power < 1 or halvings < 0:
        raise ValueError(f"round {round_} of {rounds}, power {power}, {halvings} halvings")
    last = rounds - 1
    if last == 0:
        return PPM
    part: int = PPM * (round_ - 1) ** power // last**power
    for _ in range(halvings):
        part = isqrt(part * PPM)
    return part
