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
