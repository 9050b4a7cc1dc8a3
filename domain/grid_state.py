"""In which state the wires are, from accepted signals alone: the worst that any of them says.

Nobody sets a state by hand. It is read anew each time, so that a signal that ends, or two people who resume a stop,
bring it back; for an hour after a stop was resumed, or an island has joined the grid again, it is recovery. So an
emergency and an island never turn normal at once.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

from domain.grid_signal import Extent, GridSignal, SignalKind, in_force, stops

ANNOUNCED = timedelta(hours=24)
RECOVERING = timedelta(hours=1)
INSTANT = timedelta(seconds=1)


class GridState(StrEnum):
    """From the mildest to the worst: nothing, something announced, resumed lately, a limit, a part stopped, cut off
    from the grid, all trading stopped. What each state allows stands in the rule pack."""

    NORMAL = "normal"
    CAUTION = "caution"
    RECOVERY = "recovery"
    CURTAILED = "curtailed"
    ALERT = "alert"
    ISLAND = "island"
    EMERGENCY = "emergency"


def state_of(signals: Iterable[GridSignal], resumed: dict[str, datetime], now: datetime) -> GridState:
    """The state at a moment. resumed: the stops that two people resumed, by name, with when the second did."""
    known = list(signals)
    held = stops(known, now + INSTANT, resumed)
    asking = [each for each in in_force(known, now, now + INSTANT, now) if each.kind is not SignalKind.STOP]
    ahead = [each for each in in_force(known, now, now + ANNOUNCED, now) if each.name not in resumed]
    found = {
        GridState.EMERGENCY: any(each.extent is Extent.FEEDER for each in held),
        GridState.ISLAND: any(each.kind is SignalKind.ISLAND for each in asking),
        GridState.ALERT: bool(held),
        GridState.CURTAILED: bool(asking),
        GridState.RECOVERY: any(at <= now < at + RECOVERING for at in (*resumed.values(), *_islands_over(known))),
        GridState.CAUTION: bool(ahead),
    }
    return next((state for state, holds in found.items() if holds), GridState.NORMAL)


def _islands_over(known: list[GridSignal]) -> list[datetime]:
    """When each island ends: by itself, or when its source takes it back."""
    over = {}
    for each in sorted(known, key=lambda signal: signal.revision):
        named = (each.source, each.id)
        if each.kind is SignalKind.ISLAND:
            over[named] = min(each.ends, each.expires)
        elif named in over:
            over[named] = min(over[named], each.starts)
    return list(over.values())
