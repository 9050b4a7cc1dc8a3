"""How well a party has kept to what it said: a score of 0 to 1000 permille from four parts, each with its reason.

The same facts give the same score, whoever asks; nothing of it is learnt and nobody's opinion counts. A party about
which nothing is known yet stands in the middle, and has the credit that the rule pack gives to somebody new. What its
owner contests counts only once a person has decided that it holds. Every division rounds down.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from domain.order import Column
from identity.credit import CreditTerms

WEIGHTS_PERMILLE = {"payment": 300, "delivery": 400, "data": 200, "disputes": 100}
UNKNOWN_PERMILLE = {"payment": 1000, "delivery": 500, "data": 500, "disputes": 1000}
"""What each part is while nothing is on record: neither a fault nor a merit."""
CONFLICT_COSTS, DISPUTE_COSTS = 50, 250


class Conduct(NamedTuple):
    """What is on record about a party. owed_ujpy: what it owes now. contracted_wh, delivered_wh: of what it sold and
    what settled. slots, measured_slots: of its meters. conflicts: counters that they used for two readings. disputes:
    how many that others raised a person found to hold."""

    owed_ujpy: int = 0
    contracted_wh: int = 0
    delivered_wh: int = 0
    slots: int = 0
    measured_slots: int = 0
    conflicts: int = 0
    disputes: int = 0


class Part(NamedTuple):
    """One part of a score. permille: 0 to 1000, as it counts."""

    name: str
    permille: int
    reason: str


class Score(NamedTuple):
    """A score with its parts. permille: their weighted sum, 0 to 1000."""

    permille: int
    parts: tuple[Part, ...]


def score(
    conduct: Conduct,
    terms: CreditTerms,
    spared: Mapping[str, int] | None = None,
    waiting: Mapping[str, int] | None = None,
) -> Score:
    """The score of what is on record. spared: by part, permille that a person found not to hold; they do not count, up
    to what the part is of somebody unknown. waiting: the same of what is contested only; it never lifts the score above
    that of somebody new."""
    found = (_payment(conduct, terms), _delivery(conduct), _data(conduct), _disputes(conduct))
    ruled = tuple(_spared(part, (spared or {}).get(part.name, 0)) for part in found)
    parts = tuple(_spared(part, (waiting or {}).get(part.name, 0)) for part in ruled)
    return Score(max(_sum(ruled), min(_sum(parts), NEW_PERMILLE)), parts)


def limits_ujpy(permille: Column, terms: CreditTerms) -> Column:
    """What credit scores carry, uJPY: in a straight line from the least to what somebody new has, and on to the most.

    Shape (parties,), int64. Never less for a better score.
    """
    below = terms.least_ujpy + (terms.new_ujpy - terms.least_ujpy) * permille // NEW_PERMILLE
    over = (terms.most_ujpy - terms.new_ujpy) * (permille - NEW_PERMILLE) // (1000 - NEW_PERMILLE)
    return np.asarray(np.where(permille <= NEW_PERMILLE, below, terms.new_ujpy + over), np.int64)


def limit_ujpy(scored: Score, terms: CreditTerms) -> int:
    """The same of one score."""
    return int(limits_ujpy(np.array([scored.permille], np.int64), terms)[0])


def told(scored: Score, terms: CreditTerms) -> dict[str, int | str]:
    """What credit a score carries, and what keeps it down: facts for whoever is refused."""
    lacking = [f"{part.name} {part.permille}: {part.reason}" for part in scored.parts if part.permille < 1000]
    return {
        "credit_limit_ujpy": limit_ujpy(scored, terms),
        "score_permille": scored.permille,
        "score_because": "; ".join(lacking) or "nothing keeps it down",
    }


def _sum(parts: tuple[Part, ...]) -> int:
    return sum(WEIGHTS_PERMILLE[part.name] * part.permille for part in parts) // 1000


def _spared(part: Part, permille: int) -> Part:
    lifted = min(part.permille + permille, max(part.permille, UNKNOWN_PERMILLE[part.name]))
    if lifted == part.permille:
        return part
    return part._replace(permille=lifted, reason=f"{part.reason} (contested: {lifted - part.permille} do not count)")


def _payment(conduct: Conduct, terms: CreditTerms) -> Part:
    """How much of a new member's credit it does not use."""
    most = max(terms.new_ujpy, 1)
    owed = min(max(conduct.owed_ujpy, 0), most)
    return Part("payment", 1000 - 1000 * owed // most, f"owes {owed} uJPY of {most}, the credit of somebody new")


def _delivery(conduct: Conduct) -> Part:
    if conduct.contracted_wh <= 0:
        return Part("delivery", UNKNOWN_PERMILLE["delivery"], "has sold nothing that settled")
    delivered = min(max(conduct.delivered_wh, 0), conduct.contracted_wh)
    reason = f"delivered {delivered} Wh of {conduct.contracted_wh} that it sold"
    return Part("delivery", 1000 * delivered // conduct.contracted_wh, reason)


def _data(conduct: Conduct) -> Part:
    if conduct.slots <= 0:
        return Part("data", UNKNOWN_PERMILLE["data"], "its meters have said nothing")
    measured = min(max(conduct.measured_slots, 0), conduct.slots)
    reason = f"measured {measured} of {conduct.slots} slots, {conduct.conflicts} readings contradict another"
    return Part("data", max(1000 * measured // conduct.slots - CONFLICT_COSTS * conduct.conflicts, 0), reason)


def _disputes(conduct: Conduct) -> Part:
    """Those that a person decided against it; what is only said counts nothing."""
    permille = max(1000 - DISPUTE_COSTS * conduct.disputes, 0)
    return Part("disputes", permille, f"{conduct.disputes} disputes were decided against it")


NEW_PERMILLE = sum(WEIGHTS_PERMILLE[name] * known for name, known in UNKNOWN_PERMILLE.items()) // 1000
"""The score of somebody new."""
