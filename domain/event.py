"""What happened in the market, as programs outside hear of it: one line of the public stream of events."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple


class EventKind(StrEnum):
    """Everything the stream can tell."""

    SLOT_CLEARED = "slot.cleared"
    SLOT_STOPPED = "slot.stopped"
    SLOT_WAITS = "slot.waits"
    SLOT_SETTLED = "slot.settled"
    TRADE_MADE = "trade.made"
    CONTRACT_DRAFTED = "contract.drafted"
    CONTRACT_APPROVED = "contract.approved"
    CONTRACT_REFUSED = "contract.refused"
    CONTRACT_CANCELLED = "contract.cancelled"
    CONTRACT_CUT = "contract.cut"
    CONTRACT_RECORDED = "contract.recorded"
    SITE_SETTLED = "site.settled"
    CASE_OPENED = "case.opened"
    CASE_DECIDED = "case.decided"
    CASE_CLOSED = "case.closed"
    GRID_SIGNAL = "grid.signal"
    MARKET_STOPPED = "market.stopped"
    MARKET_RESUME_ASKED = "market.resume_asked"
    MARKET_RESUMED = "market.resumed"
    MANDATE_CHANGED = "mandate.changed"
    READINGS_CORRECTED = "readings.corrected"


class EventPlace(NamedTuple):
    """Where an event stands in the stream: in which journal entry, and where among what that one tells, from 0.

    Places only grow. The place before the first event is (0, 0).
    """

    entry: int
    number: int

    def __str__(self) -> str:
        return f"{self.entry}.{self.number}"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. subject: what it happened to. data: plain JSON, energy in Wh, money in uJPY."""

    place: EventPlace
    at: datetime
    kind: EventKind
    subject: str
    data: dict[str, Any]
