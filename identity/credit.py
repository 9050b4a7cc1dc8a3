"""How much a member may owe before it buys more. Columns in, reasons out."""

from typing import NamedTuple

import numpy as np

from domain.order import Column

REFUSED = "credit_exceeded"


class CreditTerms(NamedTuple):
    """What the rule pack says of credit, uJPY, each at least the one before: the least anybody has, what somebody new
    has, the most anybody has."""

    least_ujpy: int
    new_ujpy: int
    most_ujpy: int


def screen(open_ujpy: Column, asked_ujpy: Column, limit_ujpy: Column | int, member: Column | None = None) -> list[str]:
    """The reason each purchase is refused, empty when it is covered, one an order in the order of arrival.

    open_ujpy: what the member of each order owes and has reserved already, uJPY. asked_ujpy: the most the order may
    cost, uJPY. limit_ujpy: its credit. member: equal for orders of one member, whose purchases then add up; each order
    is its own member when not given. A refused order uses up nothing. Each shape (orders,), int64.
    """
    limits = np.broadcast_to(np.asarray(limit_ujpy, np.int64), asked_ujpy.shape)
    if member is None:
        return [REFUSED if over else "" for over in (open_ujpy + asked_ujpy > limits).tolist()]
    used: dict[int, int] = {}
    reasons = []
    for owner, owed, asked, limit in zip(
        member.tolist(), open_ujpy.tolist(), asked_ujpy.tolist(), limits.tolist(), strict=True
    ):
        covered = owed + used.get(owner, 0) + asked <= limit
        used[owner] = used.get(owner, 0) + (asked if covered else 0)
        reasons.append("" if covered else REFUSED)
    return reasons
