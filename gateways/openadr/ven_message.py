"""OpenADR 2.0b on the side of a VEN: the four messages that we send, and the events that a VTN distributes.

XML from outside is parsed without entities or document types, and within bounds. Of an event we understand one signal:
LOAD_DISPATCH of type setpoint, in W or kW: what may be drawn from the grid. Anything else is refused as a whole.
"""

import re
from datetime import UTC, datetime, timedelta
from decimal import ROUND_FLOOR, Decimal
from typing import NamedTuple
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape

from domain.errors import Fault, OutsideFailed
from gateways.openadr.event import LAST, lasting

MESSAGE_BYTES_MAX = 1024 * 1024
EVENTS_MAX, INTERVALS_MAX = 100, 100
VALUE_MAX = Decimal(10**6)
NUMBER = re.compile(r"\d{1,9}(\.\d{1,9})?")
PAYLOADS = "http://docs.oasis-open.org/ns/energyinterop/201110/payloads"
EI = "http://docs.oasis-open.org/ns/energyinterop/201110"
OADR = "http://openadr.org/oadr-2.0b/2012/07"
SCALES = {"": 1_000, "k": 1_000, "none": 1}


class Interval(NamedTuple):
    """What may be drawn from ``starts`` to ``ends``, W."""

    starts: datetime
    ends: datetime
    limit_w: int


class Event(NamedTuple):
    """An event as it is distributed. faults: why it cannot be followed; then it has no intervals."""

    id: str
    revision: int
    cancelled: bool
    answered: bool
    intervals: tuple[Interval, ...]
    faults: tuple[Fault, ...]


class Distributed(NamedTuple):
    """All events that a VTN has for us, under its question."""

    request_id: str
    events: tuple[Event, ...]


def parsed(body: bytes) -> Element:
    """The message inside its envelope. Raises OutsideFailed for what is none."""
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import ParseError, fromstring

    if len(body) > MESSAGE_BYTES_MAX:
        raise OutsideFailed(f"the VTN answers with more than {MESSAGE_BYTES_MAX} bytes")
    try:
        root: Element = fromstring(body, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise OutsideFailed(f"the VTN does not answer in XML: {error}") from None
    signed = root.find(f"{{{OADR}}}oadrSignedObject")
    message = next(iter(signed), None) if signed is not None else None
    if message is None:
        raise OutsideFailed("the VTN answers without an oadrSignedObject")
    return message


def text_of(element: Element, name: str) -> str:
    """The text of the first element of a name, below or at any depth, whatever its namespace; empty without one."""
    found = element.find(f".//{{*}}{name}")
    return (found.text or "").strip() if found is not None else ""


def distributed(message: Element) -> Distributed:
    """The events of an oadrDistributeEvent. Raises OutsideFailed when it is none, or says too much."""
    events = message.findall(f"{{{OADR}}}oadrEvent")
    if not message.tag.endswith("}oadrDistributeEvent") or len(events) > EVENTS_MAX:
        raise OutsideFailed(f"the VTN answers {message.tag[-40:]} with {len(events)} events")
    request = message.find(f"{{{PAYLOADS}}}requestID")
    return Distributed((request.text or "") if request is not None else "", tuple(map(_event, events)))


def registration(ven_name: str, request_id: str) -> bytes:
    """Ask to be known, as a VEN that pulls."""
    return _wrapped(
        f'<oadr:oadrCreatePartyRegistration ei:schemaVersion="2.0b"><pyld:requestID>{escape(request_id)}'
        f"</pyld:requestID><oadr:oadrProfileName>2.0b</oadr:oadrProfileName><oadr:oadrTransportName>simpleHttp"
        f"</oadr:oadrTransportName><oadr:oadrReportOnly>false</oadr:oadrReportOnly><oadr:oadrXmlSignature>false"
        f"</oadr:oadrXmlSignature><oadr:oadrVenName>{escape(ven_name)}</oadr:oadrVenName><oadr:oadrHttpPullModel>true"
        f"</oadr:oadrHttpPullModel></oadr:oadrCreatePartyRegistration>"
    )


def request(ven_id: str, request_id: str) -> bytes:
    """Ask for all events."""
    return _wrapped(
        f'<oadr:oadrRequestEvent ei:schemaVersion="2.0b"><pyld:eiRequestEvent><pyld:requestID>{escape(request_id)}'
        f"</pyld:requestID><ei:venID>{escape(ven_id)}</ei:venID></pyld:eiRequestEvent></oadr:oadrRequestEvent>"
    )


def created(ven_id: str, request_id: str, opts: list[tuple[Event, bool]]) -> bytes:
    """Opt in or out of events."""
    responses = "".join(
        f"<ei:eventResponse><ei:responseCode>200</ei:responseCode><pyld:requestID>{escape(request_id)}</pyld:requestID>"
        f"<ei:qualifiedEventID><ei:eventID>{escape(event.id)}</ei:eventID><ei:modificationNumber>{event.revision}"
        f"</ei:modificationNumber></ei:qualifiedEventID><ei:optType>{'optIn' if opted else 'optOut'}</ei:optType>"
        f"</ei:eventResponse>"
        for event, opted in opts
    )
    return _wrapped(
        f'<oadr:oadrCreatedEvent ei:schemaVersion="2.0b"><pyld:eiCreatedEvent><ei:eiResponse><ei:responseCode>200'
        f"</ei:responseCode><pyld:requestID>{escape(request_id)}</pyld:requestID></ei:eiResponse><ei:eventResponses>"
        f"{responses}</ei:eventResponses><ei:venID>{escape(ven_id)}</ei:venID></pyld:eiCreatedEvent>"
        f"</oadr:oadrCreatedEvent>"
    )


def _wrapped(body: str) -> bytes:
    return (
        f'<?xml version="1.0" encoding="utf-8"?><oadr:oadrPayload xmlns:oadr="{OADR}" xmlns:ei="{EI}" '
        f'xmlns:pyld="{PAYLOADS}"><oadr:oadrSignedObject>{body}</oadr:oadrSignedObject></oadr:oadrPayload>'
    ).encode()


def _event(event: Element) -> Event:
    name, revision = text_of(event, "eventID"), text_of(event, "modificationNumber")
    cancelled = text_of(event, "eventStatus") in {"cancelled", "completed"}
    faults: list[Fault] = []
    if not re.fullmatch(r"[\x21-\x7e]{1,64}", name) or not re.fullmatch(r"\d{1,9}", revision):
        faults.append(Fault("eventID", "wrong_form", "an event has an id of at most 64 letters and a number"))
    intervals = () if cancelled or faults else _intervals(event, faults)
    answered = text_of(event, "oadrResponseRequired") == "always"
    number = int(revision) if revision.isdigit() and len(revision) < 10 else 0
    return Event(name, number, cancelled, answered, () if faults else intervals, tuple(faults))


def _intervals(event: Element, faults: list[Fault]) -> tuple[Interval, ...]:
    signals = event.findall(".//{*}eiEventSignal")
    kinds = [(text_of(each, "signalName"), text_of(each, "signalType")) for each in signals]
    if kinds != [("LOAD_DISPATCH", "setpoint")] or text_of(event, "testEvent") not in {"", "false"}:
        faults.append(Fault("eiEventSignal", "unknown_signal", "understood is one LOAD_DISPATCH setpoint, no test"))
        return ()
    parts = signals[0].findall(".//{*}interval")
    if not 0 < len(parts) <= INTERVALS_MAX:
        faults.append(Fault("intervals", "wrong_count", f"a signal has 1 to {INTERVALS_MAX} intervals"))
        return ()
    scale = SCALES.get(text_of(signals[0], "siScaleCode"), 0)
    starts, found = text_of(event, "date-time"), []
    for part in parts:
        interval = _interval(part, starts, scale)
        if isinstance(interval, Fault):
            faults.append(interval)
            continue
        found.append(interval)
        starts = interval.ends.isoformat()
    return tuple(found)


def _interval(part: Element, follows: str, scale: int) -> Interval | Fault:
    """One interval, after the one before where it names no start of its own. Whole seconds; W rounded down."""
    value, lasts = text_of(part, "value"), lasting(_duration(part))
    try:
        starts = datetime.fromisoformat(text_of(part, "date-time") or follows)
    except ValueError:
        return Fault("interval", "wrong_time", "an interval needs a start")
    if starts.tzinfo is None or not lasts or not NUMBER.fullmatch(value) or not scale:
        return Fault("interval", "wrong_value", "an interval has a zone, a duration, and a number of W or kW")
    limit = (Decimal(value) * scale).to_integral_value(ROUND_FLOOR)
    starts = starts.astimezone(UTC).replace(microsecond=0)
    if limit > VALUE_MAX * 1_000 or starts >= LAST - timedelta(days=400) or lasts > timedelta(days=366):
        return Fault("interval", "wrong_value", "more than a grid carries, or longer than a year")
    return Interval(starts, starts + lasts, int(limit))


def _duration(part: Element) -> str:
    """The innermost element of that name: the standard puts one into the other."""
    found = part.findall(".//{*}duration")
    return (found[-1].text or "").strip()[:40] if found else ""
