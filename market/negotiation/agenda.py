"""What a negotiation is about: five issues, each with its values, and the offers they make up.

A deal that is not standard (a shop's year, a school's roof) is agreed by two members between themselves. They talk
about price, volume, tenor, flexibility and penalty; an issue with one value is settled from the start. All values are
whole numbers on a grid, so that offers can be counted, compared and hashed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

import numpy as np

from domain.order import Column, Side


class Offer(NamedTuple):
    """One value for each issue.

    price_mjpy_per_kwh: at the seller's meter. volume_wh: sold in each delivery slot. flexibility_permille: the part
    of the volume that the buyer may leave. penalty_mjpy_per_kwh: what the seller pays for volume it does not deliver.
    """

    price_mjpy_per_kwh: int
    volume_wh: int
    tenor_months: int
    flexibility_permille: int
    penalty_mjpy_per_kwh: int


@dataclass(frozen=True, slots=True)
class Issue:
    """The values ``low``, ``low + step``, ... of one issue, ``count`` of them. Raises ValueError without any."""

    low: int
    step: int = 1
    count: int = 1

    def __post_init__(self) -> None:
        if self.low < 0 or self.step < 1 or self.count < 1:
            raise ValueError(f"an issue has values of zero or more, rising: {self.low}, {self.step}, {self.count}")

    @property
    def values(self) -> range:
        return range(self.low, self.low + self.step * self.count, self.step)


@dataclass(frozen=True, slots=True)
class Agenda:
    """What both parties know before the first offer.

    issues: five, in the order of Offer. slots_per_month: delivery slots, such as 300 for ten a day. rounds: offers
    each party may make. opener: who makes the first one. alternatives_max: offers a message may put side by side.
    """

    id: str
    seller_site: str
    buyer_site: str
    issues: tuple[Issue, Issue, Issue, Issue, Issue]
    slots_per_month: int
    rounds: int
    opener: Side = Side.SELL
    alternatives_max: int = 24

    def __post_init__(self) -> None:
        if self.seller_site == self.buyer_site:
            raise ValueError(f"{self.seller_site} cannot negotiate with itself")
        if self.rounds < 1 or self.slots_per_month < 1 or self.alternatives_max < 1:
            raise ValueError("a negotiation has a round, a delivery slot and an offer in a message, or more of each")

    @property
    def offers_max(self) -> int:
        """How many messages may carry offers."""
        return 2 * self.rounds

    def turn_of(self, number: int) -> Side:
        """Who sends the message of this number, counted from 0."""
        return self.opener if number % 2 == 0 else Side(1 - self.opener)

    def mixes(self) -> Iterator[tuple[int, ...]]:
        """Every combination of the issues other than price, in order."""
        return product(*(issue.values for issue in self.issues[1:]))

    def places(self) -> Column:
        """Where each mix lies on each issue. Shape (mixes, 4), int64, permille of the issue's range."""
        axes = [np.arange(issue.count) * 1_000 // max(issue.count - 1, 1) for issue in self.issues[1:]]
        return np.stack([axis.ravel() for axis in np.meshgrid(*axes, indexing="ij")], axis=1).astype(np.int64)

    def offer_at(self, mix: int, price: int) -> Offer:
        """The offer in row ``mix`` and column ``price`` of a gain table."""
        values = []
        for issue in reversed(self.issues[1:]):
            mix, place = divmod(mix, issue.count)
            values.append(issue.low + issue.step * place)
        return Offer(self.issues[0].low + self.issues[0].step * price, *reversed(values))

    def place_of(self, offer: Offer) -> tuple[int, int]:
        """Row and column of an offer in a gain table. The offer must be on the agenda."""
        mix = 0
        for issue, value in zip(self.issues[1:], offer[1:], strict=True):
            mix = mix * issue.count + (value - issue.low) // issue.step
        return mix, (offer[0] - self.issues[0].low) // self.issues[0].step
