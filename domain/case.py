"""When people decide: a case, its verdicts and what silence means."""

from enum import StrEnum


class Verdict(StrEnum):
    """What an expert says of a case."""

    APPROVE = "approve"
    REJECT = "reject"


class CaseState(StrEnum):
    """Where a case stands. Expired is what silence becomes: a rejection, never an approval."""

    OPEN = "open"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"
