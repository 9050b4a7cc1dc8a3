"""Everybody's door to what happened: pages of events under ``/events``, and the same as they come under
``/events/stream``, as server-sent events (WHATWG HTML, section 9.2).

Each asker sees what it may see elsewhere too. A stream re-reads the journal and who is asking every second, so a role
that was taken, or an account that was locked, ends it.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import AwareDatetime
from starlette.concurrency import run_in_threadpool
from starlette.types import Receive, Scope, Send

from domain.errors import Fault, InputRefused
from domain.event import Event, EventKind, EventPlace
from gateways.http.doors import Doors
from gateways.http.look import Asker
from gateways.http.page import ITEMS, ITEMS_MAX, Answer
from gateways.http.principal import still_there
from gateways.http.problem import Refused
from identity.authorisation import Principal
from services.events.events import BEGIN, EventPage, head, read_events

ROUTER = APIRouter(tags=["events"])
PLACE = r"^(0|[1-9]\d{0,14})\.(0|[1-9]\d{0,8})$"
POLL_S = 1.0
HEARTBEAT_S = 15.0
SEND_S_MAX = 20.0
STREAM_S_MAX = 3600.0
RETRY_AFTER_S = 30
HEARTBEAT = ": still here\n\n"
SSE_BEGIN = "retry: 1000\n\n"

Cursor = Annotated[str, Query(pattern=PLACE, description="the ``next`` of the page before; without it, from the start")]


class EventItem(Answer):
    """One event. id: its place in the stream. data: by kind, docs/integrate/events.md lists it; Wh and uJPY."""

    id: str
    at: AwareDatetime
    kind: EventKind
    subject: str
    data: dict[str, Any]


class EventItems(Answer):
    """Events in order. next: what goes into ``after``, also of an empty page. more: whether there is more by now."""

    items: list[EventItem]
    next: str
    more: bool


@ROUTER.get("/events", summary="Read what happened")
def get_events(
    request: Request, asker: Asker, after: Cursor = str(BEGIN), limit: Annotated[int, Query(ge=1, le=ITEMS_MAX)] = ITEMS
) -> EventItems:
    """What happened behind a place, as far as one may see it, oldest first. A page may be empty with more to come."""
    page = _read(request.app.state.doors, asker, place_of(after), limit)
    items = [EventItem.model_validate(event_record(each)) for each in page.events]
    return EventItems(items=items, next=str(page.next), more=page.more)


class EventStream(StreamingResponse):
    """Server-sent events. A client that takes nothing for 20 seconds is let go: it comes back with Last-Event-ID."""

    media_type = "text/event-stream"

    def __init__(self, lines: AsyncIterator[str], leave: Callable[[], None], patience_s: float = SEND_S_MAX) -> None:
        super().__init__(lines)
        self._leave, self._patience_s = leave, patience_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def bounded(message: Any) -> None:
            async with asyncio.timeout(self._patience_s):
                await send(message)

        try:
            await super().__call__(scope, receive, bounded)
        finally:
            self._leave()


@ROUTER.get(
    "/events/stream",
    summary="Follow what happens",
    response_class=EventStream,
    status_code=200,
    responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}},
)
async def get_event_stream(
    request: Request, asker: Asker, last_event_id: Annotated[str | None, Header(pattern=PLACE)] = None
) -> EventStream:
    """Events as they happen, behind ``Last-Event-ID``, or from now on. A comment every 15 seconds keeps it open.

    It ends after an hour, or when the client takes nothing for 20 seconds. 429 over five at a time of one account.
    """
    doors: Doors = request.app.state.doors
    start = place_of(last_event_id) if last_event_id else await run_in_threadpool(_head, doors)
    if not doors.streams.enter(asker.account):
        raise Refused(429, "too_many_streams", "close another stream first", {"Retry-After": str(RETRY_AFTER_S)})
    return EventStream(_lines(request, start), partial(doors.streams.leave, asker.account))


async def _lines(request: Request, place: EventPlace) -> AsyncIterator[str]:
    """The stream's text from a place on, until nobody listens or the asker may no more. It asks for events when
    something has happened, and every so often whether the asker is still known."""
    doors: Doors = request.app.state.doors
    clock = asyncio.get_running_loop().time
    began = spoke = asked = clock()
    seen, more = None, True
    yield SSE_BEGIN
    while clock() - began < STREAM_S_MAX and not await request.is_disconnected():
        newest = await doors.streams.newest.look(POLL_S, partial(run_in_threadpool, _head, doors))
        if more or newest != seen or clock() - asked >= HEARTBEAT_S:
            page = await run_in_threadpool(_next, request, place)
            if page is None:
                return
            for event in page.events:
                yield sse(event)
                spoke = clock()
            place, more, seen, asked = page.next, page.more, newest, clock()
        if clock() - spoke >= HEARTBEAT_S:
            yield HEARTBEAT
            spoke = clock()
        if not more:
            await asyncio.sleep(POLL_S)


def sse(event: Event) -> str:
    """One event in the form of the stream: id, event, data on one line."""
    return f"id: {event.place}\nevent: {event.kind}\ndata: {json.dumps(event_record(event), ensure_ascii=False)}\n\n"


def event_record(event: Event) -> dict[str, Any]:
    """An event as JSON."""
    return {
        "id": str(event.place),
        "at": event.at.isoformat(),
        "kind": str(event.kind),
        "subject": event.subject,
        "data": event.data,
    }


def place_of(text: str) -> EventPlace:
    """A place as it is written. Raises InputRefused on any other form."""
    found = re.fullmatch(PLACE, text)
    if found is None:
        raise InputRefused([Fault("after", "wrong_form", "a place looks like 17.1: take it from an answer")])
    return EventPlace(int(found[1]), int(found[2]))


def _next(request: Request, place: EventPlace) -> EventPage | None:
    """What came since; None when whoever asked is known no more."""
    try:
        return _read(request.app.state.doors, still_there(request), place, ITEMS_MAX)
    except Refused:
        return None


def _read(doors: Doors, asker: Principal, place: EventPlace, limit: int) -> EventPage:
    with doors.steps.database.read() as tx:
        return read_events(tx, doors.time, asker, place, limit)


def _head(doors: Doors) -> EventPlace:
    with doors.steps.database.read() as tx:
        return head(tx)
