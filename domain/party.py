"""Who takes part: people and firms, what they stand for, and what they let their agent do."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from domain.wish import NO_WISHES, Wishes


class Role(StrEnum):
    """What a party is in the market."""

    MEMBER = "member"
    RETAILER = "retailer"
    PLATFORM = "platform"
    EXPERT = "expert"


class Expertise(StrEnum):
    """On what an expert may decide."""

    LEGAL = "legal"
    GRID = "grid"
    FINANCE = "finance"
    MEDIATOR = "mediator"


@dataclass(frozen=True, slots=True)
class Party:
    """A natural person or a firm. ``expertise`` is empty unless the role is expert."""

    id: str
    name: str
    role: Role
    expertise: Expertise | None = None


@dataclass(frozen=True, slots=True)
class Licence:
    """A registration that a chain of supply rests on, e.g. 小売電気事業者登録. ``valid_to`` is its last day."""

    holder_id: str
    kind: str
    number: str
    registered_name: str
    valid_to: date


@dataclass(frozen=True, slots=True)
class DayLimits:
    """The most that a mandate allows on one delivery day, None for no limit.

    spend_max_ujpy_per_day: what purchases may cost, uJPY, all in. trade_max_wh_per_day: what is bought and sold, Wh.
    """

    spend_max_ujpy_per_day: int | None = None
    trade_max_wh_per_day: int | None = None

    def __post_init__(self) -> None:
        if min(self.spend_max_ujpy_per_day or 0, self.trade_max_wh_per_day or 0) < 0:
            raise ValueError("a limit of a day is zero or more")


NO_DAY_LIMITS = DayLimits()


@dataclass(frozen=True, slots=True)
class Mandate:
    """What a member lets its agent do at one site. A later version replaces an earlier one.

    sell_min_mjpy_per_kwh, buy_max_mjpy_per_kwh: limits of price at the seller's meter.
    reserve_wh: what the battery keeps for an outage. active: False pauses trading at once. wishes: from whom it would
    rather buy. day: what it may do on one delivery day. valid_until: the last delivery day, None for no end.
    stop_word_hash: of the word that pauses trading whoever says it, empty without one.
    """

    site_id: str
    version: int
    sell_min_mjpy_per_kwh: int
    buy_max_mjpy_per_kwh: int
    reserve_wh: int
    order_max_wh: int
    active: bool = True
    wishes: Wishes = NO_WISHES
    day: DayLimits = NO_DAY_LIMITS
    valid_until: date | None = None
    stop_word_hash: str = ""
