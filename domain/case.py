"""When people decide: a case, its verdicts, the reasons they give, and what silence means."""

from enum import StrEnum


class Verdict(StrEnum):
    """What an expert says of a case."""

    APPROVE = "approve"
    REJECT = "reject"


class ReasonCode(StrEnum):
    """The kind of reason behind a verdict, for counting; the words beside it say the rest."""

    IN_ORDER = "in_order"
    PRICE = "price"
    CREDIT = "credit"
    LICENCE = "licence"
    GRID = "grid"
    EQUIPMENT = "equipment"
    CONSUMER = "consumer"
    DATA = "data"
    TERMS = "terms"
    OTHER = "other"


class CaseState(StrEnum):
    """Where a case stands. Expired is what silence becomes: a rejection, never an approval. Amended: other terms took
    the place of those it was about, and are judged anew."""

    OPEN = "open"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"
    AMENDED = "amended"


class QueueOrder(StrEnum):
    """What comes first: the nearest deadline, or what is most at stake."""

    DEADLINE = "deadline"
    HARM = "harm"


class Harm(StrEnum):
    """How much a wrong decision of a case would hurt."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


HIGH_UJPY, MEDIUM_UJPY = 100_000_000_000, 10_000_000_000
"""100,000 and 10,000 yen at stake."""


def harm_of(at_stake_ujpy: int, approvals: int, findings: int) -> Harm:
    """By the money at stake, by how many people must agree and by how many rules ask them."""
    if at_stake_ujpy >= HIGH_UJPY or approvals > 1:
        return Harm.HIGH
    return Harm.MEDIUM if at_stake_ujpy >= MEDIUM_UJPY or findings > 1 else Harm.LOW
