"""From samples of a charge point's registers to what each slot took. Pure.

A slot begins and ends at a value of the register: one that was sampled at that moment, or else lies on the straight
line between two samples, and then the slot is estimated, unless the register stood still between them. A register that
goes back, or jumps further than a connector carries, begins anew: what it took meanwhile nobody knows.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import groupby, pairwise
from operator import attrgetter
from typing import NamedTuple

from domain.reading import Quality
from domain.slot import Slot
from memory.devices.chargers import AWAY, Sample

NEAR = timedelta(seconds=10)
CONNECTOR_W_MAX = 400_000
S_PER_HOUR = 3600
SLOTS_MAX = 45 * 96


class Taken(NamedTuple):
    """What a charge point's vehicles took in a slot, Wh, and what they hold at its end, percent or a word for none."""

    slot: int
    charge_wh: int
    stored_percent: int
    quality: Quality


class _Line(NamedTuple):
    """One connector's counting from its first sample on. known: whether nothing was lost up to there."""

    at: list[datetime]
    counted_wh: list[int]
    whole: list[bool]
    stored_percent: list[int]


def half_hours(samples: Sequence[Sample], first_slot: int | None, slot_min: int) -> list[Taken]:
    """Every slot that all connectors have passed, from ``first_slot`` or else from the first whole one.

    samples: by connector, then time. A slot waits until a sample comes that is not earlier than its end, of every
    connector in use: one whose last transaction ended stands still.
    """
    lines = [_line(list(group)) for _, group in groupby(samples, key=attrgetter("connector"))]
    if not lines:
        return []
    earliest = min(line.at[0] for line in lines)
    first = Slot.at(earliest - NEAR, slot_min).index + 1 if first_slot is None else first_slot
    last = Slot.at(_passed(lines) + NEAR, slot_min).index
    return [_taken(lines, Slot(slot, slot_min)) for slot in range(first, min(last, first + SLOTS_MAX))]


def _passed(lines: Sequence[_Line]) -> datetime:
    used = [line.at[-1] for line in lines if line.stored_percent[-1] != AWAY]
    return min(used) if used else max(line.at[-1] for line in lines)


def _line(samples: Sequence[Sample]) -> _Line:
    counted, whole = [0], [True]
    for before, after in pairwise(samples):
        step_wh = after.register_wh - before.register_wh
        seconds = max(1, (after.at - before.at) // timedelta(seconds=1))
        sound = 0 <= step_wh <= CONNECTOR_W_MAX * seconds // S_PER_HOUR + 1
        counted.append(counted[-1] + (step_wh if sound else 0))
        whole.append(sound)
    return _Line([each.at for each in samples], counted, whole, [each.stored_percent for each in samples])


def _taken(lines: Iterable[_Line], slot: Slot) -> Taken:
    charge_wh, held, measured = 0, AWAY, True
    for line in lines:
        (start_wh, start_good), (end_wh, end_good) = _value(line, slot.start), _value(line, slot.end)
        charge_wh += end_wh - start_wh
        measured &= start_good and end_good and _unbroken(line, slot)
        held = max(held, _held(line, slot.end))
    return Taken(slot.index, charge_wh, held, Quality.MEASURED if measured else Quality.ESTIMATED)


def _value(line: _Line, moment: datetime) -> tuple[int, bool]:
    """What was counted up to a moment, Wh, rounded down on the line between two samples; whether it is known."""
    at = bisect_left(line.at, moment)
    for near in (at, at - 1):
        if 0 <= near < len(line.at) and abs(line.at[near] - moment) <= NEAR:
            return line.counted_wh[near], True
    if at == 0:
        return line.counted_wh[0], True  # nobody used this connector before
    if at == len(line.at):
        return line.counted_wh[-1], line.stored_percent[-1] == AWAY
    start_wh, end_wh = line.counted_wh[at - 1 : at + 1]
    part, span = moment - line.at[at - 1], line.at[at] - line.at[at - 1]
    return start_wh + (end_wh - start_wh) * (part // timedelta(seconds=1)) // max(1, span // timedelta(seconds=1)), (
        start_wh == end_wh and line.whole[at]
    )


def _unbroken(line: _Line, slot: Slot) -> bool:
    """Whether no step of the register was lost inside the slot."""
    first, last = bisect_right(line.at, slot.start), bisect_left(line.at, slot.end)
    return all(line.whole[first : last + 1])


def _held(line: _Line, moment: datetime) -> int:
    at = bisect_left(line.at, moment + NEAR)
    return line.stored_percent[at - 1] if at else AWAY
