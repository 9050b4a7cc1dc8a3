"""In which state the wires are, from accepted signals alone: the worst that any of them says.

Nobody sets a state by hand. It is read anew each time, so that a signal that ends, or two people who resume a stop,
bring it back; for an hour after a stop was resumed, or an island has joined the grid again, it is recovery. So an
emergency and an island never turn normal at once.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

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
        GridState.RECOVERY: any(
            at <= now < at + RECOVERING for at in (*resumed.values(), *(each.over for each in islands(known)))
        ),
        GridState.CAUTION: bool(ahead),
    }
    return next((state for state, holds in found.items() if holds), GridState.NORMAL)


class Islanded(NamedTuple):
    """A time in which a part, or all, was cut off from the grid: from the signal's start until ``over``, UTC."""

    signal: GridSignal
    over: datetime


def islands(signals: Iterable[GridSignal]) -> list[Islanded]:
    """Every island that was ever said, until it ended by itself or its source took it back."""
    found: dict[tuple[str, str], Islanded] = {}
    for each in sorted(signals, key=lambda signal: signal.revision):
        named = (each.source, each.id)
        if each.kind is SignalKind.ISLAND:
            found[named] = Islanded(each, min(each.ends, each.expires))
        elif named in found:
            found[named] = found[named]._replace(over=min(found[named].over, each.starts))
    return list(found.values())
