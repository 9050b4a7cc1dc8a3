"""What a SunSpec unit is told: a limit of its output, a power of its battery; each with the time after which it ends.

The time is the unit's own safe default: one that hears nothing more goes back by itself. Pure: what to write where.
"""

from collections.abc import Sequence
from typing import TypeAlias

from gateways.sunspec.points import Kind, Point, registers_of

Writes: TypeAlias = list[tuple[int, tuple[int, ...]]]
FULL_PERCENT = 100
LIMIT_123, ENABLED_123 = Point(5, Kind.UINT16, 23), 9
LIMIT_704, SAFE_704, W_704 = Point(15, Kind.UINT16, 54), Point(16, Kind.UINT16, 54), Point(24, Kind.INT32, 55)
DISCHARGE_124, CHARGE_124, MODE_124 = Point(12, Kind.INT16, 25), Point(13, Kind.INT16, 25), 5
CHARGE_MAX_124 = Point(2, Kind.UINT16, 18)
BOTH_LIMITS = 3
WATTS = 1


def limit_123(words: Sequence[int], percent: int, lease_s: int) -> Writes:
    """Model 123. All of it in one message: limit, no window, the time after which it ends, no ramp, enabled.

    What it ends in is full output: the model knows no other default. Empty where the unit has no such limit.
    """
    value = registers_of(percent, words, LIMIT_123)
    if value is None:
        return []
    if percent == FULL_PERCENT:
        return [(ENABLED_123, (0,))]
    return [(LIMIT_123.offset, (*value, 0, lease_s, 0, 1))]


def limit_704(words: Sequence[int], percent: int, safe_percent: int, lease_s: int) -> Writes:
    """Model 704. Enabled, the limit, and the safe one that follows when its time is over."""
    value, safe = registers_of(percent, words, LIMIT_704), registers_of(safe_percent, words, SAFE_704)
    if value is None or safe is None:
        return []
    return [(14, (1, *value, *safe, 1, 0, lease_s))]


def power_704(words: Sequence[int], charge_w: int | None, lease_s: int) -> Writes:
    """Model 704's active power, which is positive when it gives. None leaves the battery to itself."""
    if charge_w is None:
        return [(22, (0,))]
    value = registers_of(-charge_w, words, W_704)
    if value is None:
        return []
    return [(30, (0, 0, lease_s)), (23, (WATTS, *value)), (22, (1,))]


def power_124(words: Sequence[int], charge_w: int | None, charge_max_w: int | None, lease_s: int) -> Writes:
    """Model 124. A power is a window of one width: at least and at most so much, in percent of the largest.

    The percent is rounded towards zero; a battery that does not say its largest power cannot be told one.
    """
    if charge_w is None:
        return [(MODE_124, (0,))]
    if not charge_max_w:
        return []
    percent = min(FULL_PERCENT, abs(charge_w) * FULL_PERCENT // charge_max_w)
    charge = percent if charge_w > 0 else -percent
    given, taken = registers_of(-charge, words, DISCHARGE_124), registers_of(charge, words, CHARGE_124)
    if given is None or taken is None:
        return []
    return [(DISCHARGE_124.offset, (*given, *taken, 0, lease_s)), (MODE_124, (BOTH_LIMITS,))]
