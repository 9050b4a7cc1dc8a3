"""The reports of OpenADR 2.0b on the side of a VEN: what we offer, what a VTN asks for, and what we then say.

We offer two: TELEMETRY_USAGE, what the whole community's meters took from the grid and fed in by slot, and
TELEMETRY_STATUS, whether we are here and whether people hold trading. Nothing is said of a single home.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape

from domain.errors import OutsideFailed
from gateways.openadr.event import lasting
from gateways.openadr.ven_message import text_of, wrapped

USAGE, STATUS = "TELEMETRY_USAGE", "TELEMETRY_STATUS"
IMPORT, EXPORT, ONLINE = "import", "export", "online"
POINTS = {USAGE: (IMPORT, EXPORT), STATUS: (ONLINE,)}
REQUESTS_MAX = 20
GOOD, BAD = "Quality Good - Non Specific", "Quality Bad - Non Specific"
ENERGY = (
    '<power:energyReal xmlns:power="http://docs.oasis-open.org/ns/emix/2011/06/power"><power:itemDescription>RealEnergy'
    "</power:itemDescription><power:itemUnits>Wh</power:itemUnits>"
    '<scale:siScaleCode xmlns:scale="http://docs.oasis-open.org/ns/emix/2011/06/siscale">none</scale:siScaleCode>'
    "</power:energyReal>"
)


class Wanted(NamedTuple):
    """A report that a VTN asks for. name: usage or status. every: how often, zero for once. starts: None for now.
    points: of which it is to speak."""

    id: str
    name: str
    every: timedelta
    starts: datetime | None
    ends: datetime | None
    points: tuple[str, ...]


class Metered(NamedTuple):
    """What one slot's meters say of the whole community, Wh. whole: whether every metered site is in it."""

    starts: datetime
    import_wh: int
    export_wh: int
    whole: bool


class Condition(NamedTuple):
    """Whether meters are heard now, and whether people hold trading."""

    at: datetime
    online: bool
    held: bool


def offered(ven_id: str, number: str, slot_min: int, now: datetime) -> bytes:
    """Register what we can report."""
    return wrapped(
        f'<oadr:oadrRegisterReport ei:schemaVersion="2.0b"><pyld:requestID>{escape(number)}</pyld:requestID>'
        + "".join(_offer(name, slot_min, now) for name in POINTS)
        + f"<ei:venID>{escape(ven_id)}</ei:venID></oadr:oadrRegisterReport>"
    )


def noted(ven_id: str, number: str) -> bytes:
    """That the VTN could report too; we ask it for none."""
    return wrapped(
        f'<oadr:oadrRegisteredReport ei:schemaVersion="2.0b"><ei:eiResponse><ei:responseCode>200</ei:responseCode>'
        f"<pyld:requestID>{escape(number)}</pyld:requestID></ei:eiResponse><ei:venID>{escape(ven_id)}</ei:venID>"
        f"</oadr:oadrRegisteredReport>"
    )


def asked_for(message: Element, slot_min: int) -> tuple[tuple[Wanted, ...], tuple[str, ...]]:
    """The reports that a VTN asks for and we can give, and the ids of those that we cannot. Raises OutsideFailed."""
    requests = message.findall("{*}oadrReportRequest")
    if len(requests) > REQUESTS_MAX:
        raise OutsideFailed(f"the VTN asks for {len(requests)} reports at once")
    found = [(text_of(each, "reportRequestID"), _wanted(each, slot_min)) for each in requests]
    return tuple(want for _, want in found if want), tuple(name[:64] for name, want in found if not want)


def pending(kind: str, ven_id: str, number: str, standing: Iterable[str], refused: Sequence[str] = ()) -> bytes:
    """What stands after a VTN asked for reports or took them back. kind: Created or Canceled."""
    code, words = (454, f"cannot report {', '.join(refused)}") if refused else (200, "OK")
    ids = "".join(f"<ei:reportRequestID>{escape(each)}</ei:reportRequestID>" for each in standing)
    return wrapped(
        f'<oadr:oadr{kind}Report ei:schemaVersion="2.0b"><ei:eiResponse><ei:responseCode>{code}</ei:responseCode>'
        f"<ei:responseDescription>{escape(words)}</ei:responseDescription><pyld:requestID>{escape(number)}"
        f"</pyld:requestID></ei:eiResponse><oadr:oadrPendingReports>{ids}</oadr:oadrPendingReports>"
        f"<ei:venID>{escape(ven_id)}</ei:venID></oadr:oadr{kind}Report>"
    )


def usage(want: Wanted, found: Sequence[Metered], slot_min: int, now: datetime) -> str:
    """A report of slots, one interval a slot and point."""
    intervals = "".join(
        _interval(each.starts, slot_min, point, _energy(each, point)) for each in found for point in want.points
    )
    return _report(want, now, found[0].starts if found else now, intervals)


def status(want: Wanted, found: Condition, slot_min: int) -> str:
    """A report of the moment."""
    said = (
        f"<oadr:oadrPayloadResourceStatus><oadr:oadrOnline>{str(found.online).lower()}</oadr:oadrOnline>"
        f"<oadr:oadrManualOverride>{str(found.held).lower()}</oadr:oadrManualOverride></oadr:oadrPayloadResourceStatus>"
    )
    return _report(want, found.at, found.at, _interval(found.at, slot_min, ONLINE, said))


def updated(ven_id: str, number: str, reports: Iterable[str]) -> bytes:
    """Reports on their way."""
    return wrapped(
        f'<oadr:oadrUpdateReport ei:schemaVersion="2.0b"><pyld:requestID>{escape(number)}</pyld:requestID>'
        f"{''.join(reports)}<ei:venID>{escape(ven_id)}</ei:venID></oadr:oadrUpdateReport>"
    )


def _offer(name: str, slot_min: int, now: datetime) -> str:
    kind, reading = ("usage", "Direct Read") if name == USAGE else ("x-resourceStatus", "x-notApplicable")
    points = "".join(
        f"<oadr:oadrReportDescription><ei:rID>{point}</ei:rID><ei:reportType>{kind}</ei:reportType>"
        f"{ENERGY if name == USAGE else ''}<ei:readingType>{reading}</ei:readingType><oadr:oadrSamplingRate>"
        f"<oadr:oadrMinPeriod>PT{slot_min}M</oadr:oadrMinPeriod><oadr:oadrMaxPeriod>PT{slot_min}M</oadr:oadrMaxPeriod>"
        f"<oadr:oadrOnChange>false</oadr:oadrOnChange></oadr:oadrSamplingRate></oadr:oadrReportDescription>"
        for point in POINTS[name]
    )
    return (
        f"<oadr:oadrReport>{points}<ei:reportRequestID>0</ei:reportRequestID><ei:reportSpecifierID>{name}"
        f"</ei:reportSpecifierID><ei:reportName>METADATA_{name}</ei:reportName>"
        f"<ei:createdDateTime>{_moment(now)}</ei:createdDateTime></oadr:oadrReport>"
    )


def _wanted(asked: Element, slot_min: int) -> Wanted | None:
    """What is asked, None when it is nothing that we offer, or not by the slot."""
    name, specifier = text_of(asked, "reportRequestID"), text_of(asked, "reportSpecifierID")
    points = tuple(dict.fromkeys(text_of(each, "rID") for each in asked.findall(".//{*}specifierPayload")))
    by, every = _period(asked, "granularity"), _period(asked, "reportBackDuration")
    offers = set(points) <= set(POINTS.get(specifier, ())) and points
    if not re.fullmatch(r"[\x21-\x7e]{1,64}", name) or not offers or by is None or every is None:
        return None
    if specifier == USAGE and by not in {timedelta(), timedelta(minutes=slot_min)}:
        return None
    starts, lasts = _start(asked), _period(asked, "reportInterval")
    ends = starts + lasts if starts is not None and lasts else None
    return Wanted(name, specifier, every, starts, ends, points)


def _start(asked: Element) -> datetime | None:
    try:
        found = datetime.fromisoformat(text_of(asked, "date-time"))
    except ValueError:
        return None
    sensible = found.tzinfo is not None and datetime(2000, 1, 1, tzinfo=UTC) < found < datetime(8000, 1, 1, tzinfo=UTC)
    return found.astimezone(UTC) if sensible else None


def _period(asked: Element, name: str) -> timedelta | None:
    """A length of time by the name of what holds it; nothing when it is not there, None when it is none."""
    part = asked.find(f".//{{*}}{name}")
    inner = part.findall(".//{*}duration") if part is not None else []
    text = (inner[-1].text or "").strip()[:40] if inner else ""
    return lasting(text) if text else timedelta()


def _energy(found: Metered, point: str) -> str:
    value_wh = found.import_wh if point == IMPORT else found.export_wh
    return (
        f"<ei:payloadFloat><ei:value>{value_wh}</ei:value></ei:payloadFloat>"
        f"<oadr:oadrDataQuality>{GOOD if found.whole else BAD}</oadr:oadrDataQuality>"
    )


def _interval(starts: datetime, slot_min: int, point: str, said: str) -> str:
    return (
        f"<ei:interval><xcal:dtstart><xcal:date-time>{_moment(starts)}</xcal:date-time></xcal:dtstart><xcal:duration>"
        f"<xcal:duration>PT{slot_min}M</xcal:duration></xcal:duration><oadr:oadrReportPayload><ei:rID>{point}</ei:rID>"
        f"{said}</oadr:oadrReportPayload></ei:interval>"
    )


def _report(want: Wanted, now: datetime, starts: datetime, intervals: str) -> str:
    return (
        f"<oadr:oadrReport><xcal:dtstart><xcal:date-time>{_moment(starts)}</xcal:date-time></xcal:dtstart>"
        f"<strm:intervals>{intervals}</strm:intervals><ei:eiReportID>{escape(want.id)}</ei:eiReportID>"
        f"<ei:reportRequestID>{escape(want.id)}</ei:reportRequestID><ei:reportSpecifierID>{want.name}"
        f"</ei:reportSpecifierID><ei:reportName>{want.name}</ei:reportName><ei:createdDateTime>{_moment(now)}"
        f"</ei:createdDateTime></oadr:oadrReport>"
    )


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
