"""The events of OpenADR 2.0b that a VTN distributes, read into what each asks, or into why it cannot be followed.

Understood are LOAD_DISPATCH of type setpoint (W), LOAD_CONTROL of type x-loadControlCapacity (a share of what is
rated) and SIMPLE levels, where a setting says what they mean. SIMPLE beside one of the others says the same more
coarsely and is passed over. Anything else is refused as a whole: a limit followed in part would be none.
"""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import ROUND_FLOOR, Decimal
from typing import NamedTuple
from xml.etree.ElementTree import Element

from domain.errors import Fault, OutsideFailed
from domain.grid_signal import LimitUnit
from domain.quantity import PERMILLE
from gateways.openadr.event import LAST, lasting
from gateways.openadr.ven_message import OADR, PAYLOADS, text_of

EVENTS_MAX, INTERVALS_MAX, TARGETS_MAX = 100, 100, 50
VALUE_W_MAX = 10**9
NUMBER = re.compile(r"\d{1,9}(\.\d{1,9})?")
SCALES = {"": 1_000, "k": 1_000, "none": 1, "M": 1_000_000}
LEVEL_MAX = 3
TARGET_KINDS = ("venID", "resourceID", "groupID", "groupName")
SIMPLE, DISPATCH, CAPACITY = (
    ("SIMPLE", "level"),
    ("LOAD_DISPATCH", "setpoint"),
    ("LOAD_CONTROL", "x-loadControlCapacity"),
)
DONE = frozenset({"cancelled", "completed"})


class Ask(NamedTuple):
    """The most that may be drawn from ``starts`` to ``ends``, in W or in permille of what is rated."""

    starts: datetime
    ends: datetime
    value: int
    unit: LimitUnit


class Event(NamedTuple):
    """An event as it is distributed. asks: by interval, None where it asks nothing (level 0). targets: kind and name.
    test: to be answered like a real one, and not followed. faults: why it cannot be followed; then it asks nothing.
    priority: the highest counts, 0 the least."""

    id: str
    revision: int
    done: bool
    answered: bool
    test: bool
    priority: int
    targets: tuple[tuple[str, str], ...]
    asks: tuple[Ask | None, ...]
    faults: tuple[Fault, ...]


class Distributed(NamedTuple):
    """All events that a VTN has for us, under its question."""

    request_id: str
    events: tuple[Event, ...]


def distributed(message: Element, levels: Sequence[int] = ()) -> Distributed:
    """The events of an oadrDistributeEvent. Raises OutsideFailed when it is none, or says too much.

    levels: what levels 1 to 3 leave of what is rated, permille; empty when nobody said.
    """
    events = message.findall(f"{{{OADR}}}oadrEvent")
    if not message.tag.endswith("}oadrDistributeEvent") or len(events) > EVENTS_MAX:
        raise OutsideFailed(f"the VTN answers {message.tag[-40:]} with {len(events)} events")
    found = [_event(each, levels) for each in events]
    named = Counter(each.id for each in found)
    request = message.find(f"{{{PAYLOADS}}}requestID")
    said = (request.text or "") if request is not None else ""
    return Distributed(said, tuple(each if named[each.id] == 1 else _ambiguous(each) for each in found))


def _ambiguous(event: Event) -> Event:
    fault = Fault("eventID", "named_twice", "two events of one distribution have this name")
    return event._replace(asks=(), faults=(*event.faults, fault))


def _event(event: Element, levels: Sequence[int]) -> Event:
    name, revision = text_of(event, "eventID"), text_of(event, "modificationNumber")
    status, priority = text_of(event, "eventStatus"), text_of(event, "priority")
    faults: list[Fault] = []
    if not re.fullmatch(r"[\x21-\x7e]{1,64}", name) or not re.fullmatch(r"\d{1,9}", revision):
        faults.append(Fault("eventID", "wrong_form", "an event has an id of at most 64 letters and a number"))
    targets = _targets(event, faults)
    asks = () if status in DONE or faults else _asks(event, levels, faults)
    return Event(
        id=name,
        revision=int(revision) if re.fullmatch(r"\d{1,9}", revision) else 0,
        done=status in DONE,
        answered=text_of(event, "oadrResponseRequired") == "always" and status != "completed",
        test=text_of(event, "testEvent") not in {"", "false"},
        priority=_priority(priority),
        targets=targets,
        asks=() if faults else asks,
        faults=tuple(faults),
    )


def _priority(said: str) -> int:
    """Ours: 0 means none in the standard, 1 its highest."""
    number = int(said) if re.fullmatch(r"\d{1,9}", said) else 0
    return 255 - min(number, 254) if number else 0


def _targets(event: Element, faults: list[Fault]) -> tuple[tuple[str, str], ...]:
    """Whom an event means, by every way of naming that we know; what we cannot read may mean somebody else."""
    found = event.find("./{*}eiEvent/{*}eiTarget")
    parts = list(found) if found is not None else []
    named = [(part.tag.rpartition("}")[2], (part.text or "").strip()) for part in parts]
    if len(named) > TARGETS_MAX or any(kind not in TARGET_KINDS or not name for kind, name in named):
        faults.append(
            Fault("eiTarget", "unknown_target", f"understood are {TARGETS_MAX} targets by {', '.join(TARGET_KINDS)}")
        )
        return ()
    return tuple(dict.fromkeys(named))


def _asks(event: Element, levels: Sequence[int], faults: list[Fault]) -> tuple[Ask | None, ...]:
    signal = _signal(event, levels)
    if isinstance(signal, Fault):
        faults.append(signal)
        return ()
    parts = signal.findall(".//{*}interval")
    if not 0 < len(parts) <= INTERVALS_MAX:
        faults.append(Fault("intervals", "wrong_count", f"a signal has 1 to {INTERVALS_MAX} intervals"))
        return ()
    begins = event.find(".//{*}eiActivePeriod//{*}dtstart")
    follows, found = text_of(begins, "date-time") if begins is not None else "", []
    for part in parts:
        ask = _ask(signal, part, follows, levels)
        if isinstance(ask, Fault):
            faults.append(ask)
            return ()
        found.append(ask)
        follows = ask.ends.isoformat()
    return tuple(each if each.value >= 0 else None for each in found)


def _signal(event: Element, levels: Sequence[int]) -> Element | Fault:
    """The one signal of an event that is followed."""
    signals = event.findall(".//{*}eiEventSignal")
    kinds = [(text_of(each, "signalName"), text_of(each, "signalType")) for each in signals]
    exact = [at for at, kind in enumerate(kinds) if kind in {DISPATCH, CAPACITY}]
    simple = [at for at, kind in enumerate(kinds) if kind == SIMPLE]
    if len(exact) + len(simple) != len(kinds) or len(exact) > 1 or len(simple) > 1 or not kinds:
        return Fault("eiEventSignal", "unknown_signal", "understood are SIMPLE, a setpoint, or a share of capacity")
    if not exact and not levels:
        return Fault("eiEventSignal", "unknown_signal", "no setting says what SIMPLE levels mean: simple_percent")
    return signals[(exact or simple)[0]]


def _ask(signal: Element, part: Element, follows: str, levels: Sequence[int]) -> Ask | Fault:
    """One interval, after the one before where it names no start of its own, in whole seconds; -1 asks nothing."""
    lasts = lasting(_duration(part))
    try:
        starts = datetime.fromisoformat(text_of(part, "date-time") or follows)
    except ValueError:
        return Fault("interval", "wrong_time", "an interval needs a start")
    if starts.tzinfo is None or not lasts:
        return Fault("interval", "wrong_time", "an interval has a zone and a duration")
    value = _value(signal, text_of(part, "value"), levels)
    if value is None:
        return Fault(
            "interval", "wrong_value", "a level of 0 to 3, a share up to 1, or W or kW within what a grid carries"
        )
    if not datetime(2000, 1, 1, tzinfo=UTC) < starts < LAST - timedelta(days=400) or lasts > timedelta(days=366):
        return Fault("interval", "wrong_time", "an interval is of this age and not longer than a year")
    starts = starts.astimezone(UTC).replace(microsecond=0)
    return Ask(starts, starts + lasts, *value)


def _value(signal: Element, said: str, levels: Sequence[int]) -> tuple[int, LimitUnit] | None:
    """What an interval leaves, rounded down; None for what makes no sense."""
    kind = text_of(signal, "signalName"), text_of(signal, "signalType")
    number = Decimal(said) if NUMBER.fullmatch(said) else None
    if number is None:
        return None
    if kind == SIMPLE:
        level = int(number) if number in range(LEVEL_MAX + 1) else None
        return None if level is None else (levels[level - 1] if level else -1, LimitUnit.PERMILLE)
    if kind == CAPACITY:
        return (_floor(number * PERMILLE), LimitUnit.PERMILLE) if number <= 1 else None
    scale = SCALES.get(text_of(signal, "siScaleCode"))
    if scale is None or text_of(signal, "itemUnits") not in {"", "W"} or number * scale > VALUE_W_MAX:
        return None
    return _floor(number * scale), LimitUnit.W


def _floor(number: Decimal) -> int:
    return int(number.to_integral_value(ROUND_FLOOR))


def _duration(part: Element) -> str:
    """The innermost element of that name: the standard puts one into the other."""
    found = part.findall(".//{*}duration")
    return (found[-1].text or "").strip()[:40] if found else ""
