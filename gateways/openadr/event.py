"""What an OpenADR 3.1 event says as grid signals: one for each payload that limits or stops, interval and target.

The subset that is understood: IMPORT_CAPACITY_LIMIT and EXPORT_CAPACITY_LIMIT in KW, ALERT_GRID_EMERGENCY, PRICE, which
limits nothing. An event's revision counts up with every change; what a change leaves out is ended.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import ROUND_FLOOR, Decimal
from typing import Annotated, Any, NamedTuple

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StrictStr

from domain.errors import Fault
from domain.grid_signal import Extent, GridSignal, LimitUnit, SignalKind
from memory.grid.openadr_objects import OpenAdrObject
from services.orders.order_book import Desk

KINDS = {
    "IMPORT_CAPACITY_LIMIT": SignalKind.IMPORT_LIMIT,
    "EXPORT_CAPACITY_LIMIT": SignalKind.EXPORT_LIMIT,
    "ALERT_GRID_EMERGENCY": SignalKind.STOP,
}
UNDERSTOOD = frozenset(KINDS) | {"PRICE"}
W_PER = {"KW": 1_000, "W": 1}
PRIORITY_LEAST = 255
DURATION = re.compile(r"P(?:(\d{1,4})Y)?(?:(\d{1,4})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,6})M)?(?:(\d{1,8})S)?)?")
DAYS_PER_YEAR = 365
LAST = datetime(9000, 1, 1, tzinfo=UTC)
NO_CONTROLS = r"^[^\x00-\x1f\x7f]*$"
Name = Annotated[StrictStr, Field(min_length=1, max_length=128, pattern=NO_CONTROLS)]


class Period(BaseModel):
    """When an interval begins and how long it lasts, ISO 8601."""

    model_config = ConfigDict(extra="ignore")
    start: AwareDatetime
    duration: Annotated[str, Field(max_length=40)] = "PT0S"


class Payload(BaseModel):
    """One thing that an interval says."""

    type: Name
    values: Annotated[list[Any], Field(max_length=10)]


class Interval(BaseModel):
    """What is said of one time."""

    model_config = ConfigDict(extra="ignore")
    id: int = 0
    intervalPeriod: Period | None = None  # noqa: N815
    payloads: Annotated[list[Payload], Field(max_length=10)]


class EventForm(BaseModel):
    """An event as business logic sends it; names are those of the standard."""

    model_config = ConfigDict(extra="ignore")
    programID: Name  # noqa: N815
    eventName: Name | None = None  # noqa: N815
    priority: Annotated[int, Field(ge=0, le=10**6)] | None = None
    targets: Annotated[list[Name], Field(max_length=50)] | None = None
    payloadDescriptors: Annotated[list[dict[str, Any]], Field(max_length=10)] | None = None  # noqa: N815
    intervalPeriod: Period | None = None  # noqa: N815
    intervals: Annotated[list[Interval], Field(max_length=100)] = []


class Said(NamedTuple):
    """The signals of an event, and what is wrong with it."""

    signals: list[GridSignal]
    faults: list[Fault]


def signals_of(desk: Desk, stored: OpenAdrObject) -> Said:
    """What a stored event says now, unsigned; every signal that it said before and says no longer is ended."""
    event = EventForm.model_validate(stored.body)
    units = _units(event)
    signals, faults = [], []
    for place, interval in enumerate(event.intervals):
        for at, payload in enumerate(interval.payloads):
            where = f"intervals:{place}:payloads:{at}"
            found = _understood(event, interval, payload, units, where)
            if isinstance(found, Fault):
                faults.append(found)
            elif found is not None:
                for target in event.targets or [""]:
                    signals.append(_signal(desk, stored, event, found, f"{place}/{at}/{target}", target))
    return Said(list(_ended(desk, stored, signals)), faults)


def _ended(desk: Desk, stored: OpenAdrObject, signals: list[GridSignal]) -> Iterator[GridSignal]:
    now = set() if stored.deleted else {each.id for each in signals}
    yield from (each for each in signals if each.id in now)
    moment = stored.modified_at.astimezone(UTC).replace(microsecond=0)
    for name in stored.said:
        if name not in now:
            yield GridSignal(
                source=source_of(stored.client),
                id=name,
                revision=stored.revision,
                audience=desk.market,
                kind=SignalKind.END,
                extent=Extent.FEEDER,
                target="",
                value=0,
                unit=LimitUnit.W,
                starts=moment,
                ends=moment + timedelta(seconds=1),
                expires=moment + timedelta(seconds=1),
                reason="taken back",
            )


def source_of(client: str) -> str:
    """The name under which a client's signals are kept."""
    return f"openadr3:{client}"


def _understood(
    event: EventForm, interval: Interval, payload: Payload, units: Mapping[str, str], where: str
) -> "tuple[SignalKind, int, datetime, datetime] | Fault | None":
    """Kind, W and time of a payload; None when it limits nothing."""
    if payload.type not in UNDERSTOOD:
        return Fault(f"{where}:type", "unknown_type", f"understood are {', '.join(sorted(UNDERSTOOD))}")
    if payload.type not in KINDS:
        return None
    period = interval.intervalPeriod or event.intervalPeriod
    lasts = lasting(period.duration) if period else None
    if period is None or not lasts:
        return Fault(where, "no_time", "an interval needs a start and a duration like PT30M")
    start = period.start.astimezone(UTC).replace(microsecond=0)
    ends = min(start + lasts, LAST) if start < LAST else LAST
    kind = KINDS[payload.type]
    if kind is SignalKind.STOP:
        return kind, 0, start, ends
    value_w = _watts(payload, units.get(payload.type, "KW"))
    if value_w is None:
        return Fault(f"{where}:values", "wrong_value", "one number of KW or W, zero or more")
    return kind, value_w, start, ends


def _signal(desk: Desk, stored: OpenAdrObject, event: EventForm, found: Any, part: str, target: str) -> GridSignal:
    kind, value_w, start, ends = found
    extent, named = target_of(desk, target)
    return GridSignal(
        source=source_of(stored.client),
        id=f"{stored.id}/{part}",
        revision=stored.revision,
        audience=desk.market,
        kind=kind,
        extent=extent,
        target=named,
        value=value_w,
        unit=LimitUnit.W,
        starts=start,
        ends=ends,
        expires=ends,
        priority=PRIORITY_LEAST - min(event.priority, PRIORITY_LEAST) if event.priority is not None else 0,
        reason=event.eventName or event.programID,
    )


def target_of(desk: Desk, target: str) -> tuple[Extent, str]:
    """A target is a site's, branch's or node's name; a name of several kinds bears its kind before a colon."""
    kind, colon, name = target.partition(":")
    if colon and kind in list(Extent):
        return Extent(kind), name
    if not target:
        return Extent.FEEDER, ""
    if target in desk.roster.position:
        return Extent.SITE, target
    return (Extent.BRANCH if target in desk.connections.feeder.branch_names else Extent.NODE), target


def _units(event: EventForm) -> dict[str, str]:
    found = event.payloadDescriptors or []
    return {str(each.get("payloadType")): str(each.get("units")) for each in found if each.get("units")}


def _watts(payload: Payload, unit: str) -> int | None:
    """Whole W, rounded down; None for anything but one number of a known unit."""
    value = payload.values[0] if len(payload.values) == 1 else None
    if unit not in W_PER or isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if not 0 <= value <= 10**6:
        return None
    return int((Decimal(str(value)) * W_PER[unit]).to_integral_value(ROUND_FLOOR))


def lasting(text: str) -> timedelta | None:
    """A length of time, None for what is none. A year has 365 days."""
    found = DURATION.fullmatch(text)
    if found is None or not any(found.groups()):
        return None
    years, days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return timedelta(days=days + years * DAYS_PER_YEAR, hours=hours, minutes=minutes, seconds=seconds)
