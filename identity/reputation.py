"""How well a party has kept to what it said: a score of 0 to 1000 permille from three parts, each with its reason.

The same facts give the same score, whoever asks; nothing of it is learnt and nobody's opinion counts. A party about
which nothing is known yet stands in the middle. Every division rounds down.
"""

from typing import NamedTuple

from identity.credit import LIMIT_UJPY

WEIGHTS_PERMILLE = {"payment": 400, "delivery": 400, "data": 200}
UNKNOWN = 500
CONFLICT_COSTS = 50
FULL_CREDIT_FROM = 700


class Conduct(NamedTuple):
    """What is on record about a party. owed_ujpy: what it owes now. contracted_wh, delivered_wh: of what it sold and
    what settled. slots, measured_slots: of its meters. conflicts: counters that they used for two readings."""

    owed_ujpy: int
    contracted_wh: int
    delivered_wh: int
    slots: int
    measured_slots: int
    conflicts: int


class Part(NamedTuple):
    """One part of a score. permille: 0 to 1000."""

    name: str
    permille: int
    reason: str


class Score(NamedTuple):
    """A score with its parts. permille: their weighted sum, 0 to 1000."""

    permille: int
    parts: tuple[Part, ...]


def score(conduct: Conduct) -> Score:
    """The score of what is on record."""
    parts = (_payment(conduct), _delivery(conduct), _data(conduct))
    return Score(sum(WEIGHTS_PERMILLE[part.name] * part.permille for part in parts) // 1000, parts)


def credit_ujpy(scored: Score) -> int:
    """What credit a score carries, uJPY: all of it from 700 permille on, below in proportion."""
    return LIMIT_UJPY * min(scored.permille, FULL_CREDIT_FROM) // FULL_CREDIT_FROM


def _payment(conduct: Conduct) -> Part:
    """How much of its credit it does not use."""
    owed = min(max(conduct.owed_ujpy, 0), LIMIT_UJPY)
    return Part("payment", 1000 - 1000 * owed // LIMIT_UJPY, f"owes {owed} uJPY of {LIMIT_UJPY} that it may")


def _delivery(conduct: Conduct) -> Part:
    if conduct.contracted_wh <= 0:
        return Part("delivery", UNKNOWN, "has sold nothing that settled")
    delivered = min(max(conduct.delivered_wh, 0), conduct.contracted_wh)
    reason = f"delivered {delivered} Wh of {conduct.contracted_wh} that it sold"
    return Part("delivery", 1000 * delivered // conduct.contracted_wh, reason)


def _data(conduct: Conduct) -> Part:
    if conduct.slots <= 0:
        return Part("data", UNKNOWN, "its meters have said nothing")
    measured = min(max(conduct.measured_slots, 0), conduct.slots)
    reason = f"measured {measured} of {conduct.slots} slots, {conduct.conflicts} readings contradict another"
    return Part("data", max(1000 * measured // conduct.slots - CONFLICT_COSTS * conduct.conflicts, 0), reason)
