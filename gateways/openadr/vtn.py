"""The VTN of OpenADR 3.1, in the subset that its clients use: token, programs, events, reports, subscriptions, VENs.

Business logic makes programs and events; an event's limits and emergencies become grid signals before it is answered.
VENs read what is meant for everybody or for their site, and report. Subscribers are called back (calling_back).
"""

import base64
import binascii
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Annotated, Any
from urllib.parse import parse_qs
from uuid import uuid4

from fastapi import APIRouter, Depends, Path, Query, Request, Security
from fastapi.responses import JSONResponse
from fastapi.security import HTTPBearer
from pydantic import BaseModel, StringConstraints, ValidationError
from sqlalchemy import Connection

from domain.errors import Fault, InputRefused, PermissionDenied
from domain.grid_signal import GridSignal, SignalKind
from gateways.http.body import read_json
from gateways.http.doors import Doors
from gateways.http.problem import Refused, faults_of, problems
from gateways.openadr.client import BUSINESS_LOGIC, TOKEN_S, OpenAdrClient, client_of, proven, token_for
from gateways.openadr.event import NO_CONTROLS, EventForm, signals_of
from gateways.openadr.publishing import OURS
from gateways.openadr.report import ReportForm
from gateways.openadr.subscription import SubscriptionForm, check_addresses, sealed_tokens, shown_body
from memory.grid import openadr_callbacks, openadr_objects
from memory.grid.openadr_callbacks import CallbackRow
from memory.grid.openadr_objects import OpenAdrObject, Sight, Wanted
from services.grid.grid_signals import check, signed, take_in
from services.orders.order_book import Desk

PREFIX = "/openadr3/3.1.0"
ROUTER = APIRouter(tags=["openadr"])
READ = problems(404)
WRITE = problems(404, 409)
BYTES_MAX = 256 * 1024
TOKEN_BYTES_MAX = 4 * 1024
PAGE_MAX = 50
OBJECTS_MAX = 1_000


class Kind(StrEnum):
    """The collections of the standard."""

    PROGRAMS = "programs"
    EVENTS = "events"
    REPORTS = "reports"
    SUBSCRIPTIONS = "subscriptions"
    VENS = "vens"


BY_BUSINESS_LOGIC = frozenset({Kind.PROGRAMS, Kind.EVENTS})
NEEDED = {
    Kind.PROGRAMS: "programName",
    Kind.EVENTS: "programID",
    Kind.REPORTS: "eventID",
    Kind.SUBSCRIPTIONS: "clientName",
    Kind.VENS: "venName",
}


FORMS: dict[Kind, type[BaseModel]] = {
    Kind.EVENTS: EventForm,
    Kind.SUBSCRIPTIONS: SubscriptionForm,
    Kind.REPORTS: ReportForm,
}


@dataclass(frozen=True, slots=True)
class StoredEvents:
    """Events of business logic that were not taken in yet, as a ``SignalSource``."""

    desk: Desk
    events: list[OpenAdrObject]

    def signals(self) -> list[GridSignal]:
        """What the events say now, under the Gateway agent's signature; without what is over."""
        said = [each for thing in self.events for each in signals_of(self.desk, thing).signals]
        now = self.desk.steps.clock()
        asks = [each for each in said if each.kind in {SignalKind.STOP, SignalKind.END} or each.expires > now]
        return [signed(self.desk, each) for each in asks]


BY_TOKEN = Security(HTTPBearer(scheme_name="openadr", auto_error=False))


def client_here(request: Request, _token: object = BY_TOKEN) -> OpenAdrClient:
    """The client whose token came with the request. Raises Refused 401."""
    doors: Doors = request.app.state.doors
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    steps = doors.steps
    found = client_of(token, doors.openadr, steps.keys, steps.clock()) if scheme.lower() == "bearer" else None
    if found is None:
        raise Refused(401, "who_are_you", "ask /auth/token for a token", {"WWW-Authenticate": "Bearer"})
    return found


Client = Annotated[OpenAdrClient, Depends(client_here)]
ObjectId = Annotated[str, Path(min_length=1, max_length=128)]
Skip = Annotated[int, Query(ge=0, le=10**9)]
Limit = Annotated[int, Query(ge=0, le=PAGE_MAX)]
Named = Annotated[str, Query(max_length=128, pattern=NO_CONTROLS)]
Targets = Annotated[list[Annotated[str, StringConstraints(max_length=128, pattern=NO_CONTROLS)]], Query(max_length=50)]


async def _object(request: Request) -> dict[str, Any]:
    body = await read_json(request, BYTES_MAX)
    if not isinstance(body, dict):
        raise Refused(400, "not_an_object", "send one object")
    return body


BODY = {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}
TOKEN_BODY = {
    "required": True,
    "content": {
        "application/x-www-form-urlencoded": {
            "schema": {
                "type": "object",
                "required": ["grant_type"],
                "properties": {
                    "grant_type": {"type": "string", "enum": ["client_credentials"]},
                    "client_id": {"type": "string"},
                    "client_secret": {"type": "string"},
                },
            }
        }
    },
}
TOKEN_ANSWERS: dict[int | str, dict[str, Any]] = {
    400: {"description": "No such grant", "content": {"application/json": {"schema": {"type": "object"}}}},
    401: {"description": "Wrong credentials", "content": {"application/json": {"schema": {"type": "object"}}}},
}
Body = Annotated[dict[str, Any], Depends(_object)]


@ROUTER.get("/auth/server")
def get_auth_server(request: Request) -> dict[str, str]:
    """Where tokens come from."""
    return {"tokenURL": f"{str(request.base_url).rstrip('/')}{PREFIX}/auth/token"}


@ROUTER.post("/auth/token", openapi_extra={"requestBody": TOKEN_BODY}, responses=TOKEN_ANSWERS)
async def post_token(request: Request) -> JSONResponse:
    """A token for a client's credentials, in the form or as Basic authentication. 401 on wrong ones."""
    doors: Doors = request.app.state.doors
    given = await _credentials(request)
    if given.get("grant_type") != "client_credentials":
        return JSONResponse({"error": "unsupported_grant_type"}, 400)
    client = proven(doors.openadr, given.get("client_id", ""), given.get("client_secret", ""))
    if client is None:
        return JSONResponse({"error": "invalid_client"}, 401, headers={"WWW-Authenticate": "Basic"})
    token = token_for(client, doors.steps.keys, doors.steps.clock())
    return JSONResponse({"access_token": token, "token_type": "Bearer", "expires_in": TOKEN_S})


async def _credentials(request: Request) -> dict[str, str]:
    raw = b""
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > TOKEN_BYTES_MAX:
            raise Refused(413, "too_large", f"a token request has at most {TOKEN_BYTES_MAX} bytes")
    form = {name: values[0] for name, values in parse_qs(raw.decode("ascii", "replace"), max_num_fields=20).items()}
    scheme, _, basic = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            name, _, secret = base64.b64decode(basic, validate=True).decode().partition(":")
        except (binascii.Error, ValueError):
            return form
        return form | {"client_id": name, "client_secret": secret}
    return form


@ROUTER.get("/{kind}", responses=READ)
def get_objects(
    request: Request,
    client: Client,
    kind: Kind,
    skip: Skip = 0,
    limit: Limit = PAGE_MAX,
    targets: Targets = [],  # noqa: B006
    programID: Named | None = None,  # noqa: N803
    eventID: Named | None = None,  # noqa: N803
) -> list[dict[str, Any]]:
    """A page of what this client may see, oldest first; every named target must be among an object's own."""
    doors: Doors = request.app.state.doors
    texts = {name: value for name, value in (("programID", programID), ("eventID", eventID)) if value is not None}
    with doors.steps.database.read() as tx:
        found = openadr_objects.page(tx, kind, sight_of(client), Wanted(texts, targets), skip, limit)
    return [shown(each) for each in found]


@ROUTER.get("/{kind}/{object_id}", responses=READ)
def get_object(request: Request, client: Client, kind: Kind, object_id: ObjectId) -> dict[str, Any]:
    """One object; 404 for what there is not or is not this client's to see."""
    return shown(_known(request.app.state.doors, client, kind, object_id))


@ROUTER.post("/{kind}", status_code=201, openapi_extra={"requestBody": BODY}, responses=WRITE)
def post_object(request: Request, client: Client, kind: Kind, body: Body) -> JSONResponse:
    """Keep a new object. An event is answered once its signals are taken in."""
    doors: Doors = request.app.state.doors
    _require_writer(client, kind)
    _require_form(kind, body)
    now = doors.steps.clock()
    with doors.steps.database.read() as tx:
        ever = openadr_objects.count(tx, kind)
        if openadr_objects.count(tx, kind, client.id) >= OBJECTS_MAX:
            raise Refused(409, "too_many", f"you have {OBJECTS_MAX} {kind} already: delete old ones")
        _require_place(tx, client, kind, body)
    new = OpenAdrObject(f"{ever:06d}-{uuid4().hex[:16]}", kind, client.id, 0, body, [], False, now, now)
    return JSONResponse(shown(_kept(doors, new)), 201)


@ROUTER.put("/{kind}/{object_id}", openapi_extra={"requestBody": BODY}, responses=WRITE)
def put_object(request: Request, client: Client, kind: Kind, object_id: ObjectId, body: Body) -> dict[str, Any]:
    """Change an object of one's own; an event's signals follow with it."""
    doors: Doors = request.app.state.doors
    known = _own(doors, client, kind, object_id)
    _require_form(kind, body)
    with doors.steps.database.read() as tx:
        _require_place(tx, client, kind, body)
    changed = replace(known, body=body, revision=known.revision + 1, modified_at=doors.steps.clock())
    return shown(_kept(doors, changed))


@ROUTER.delete("/{kind}/{object_id}", responses=WRITE)
def delete_object(request: Request, client: Client, kind: Kind, object_id: ObjectId) -> dict[str, Any]:
    """Take an object of one's own back, and with an event its signals. A stop stays until people resume it."""
    doors: Doors = request.app.state.doors
    known = _own(doors, client, kind, object_id)
    return shown(
        _kept(doors, replace(known, deleted=True, revision=known.revision + 1, modified_at=doors.steps.clock()))
    )


def _kept(doors: Doors, thing: OpenAdrObject) -> OpenAdrObject:
    """Check what an event says, write it down, and take its signals in. Raises InputRefused; then nothing is kept."""
    if thing.kind == Kind.SUBSCRIPTIONS:
        return _subscribed(doors, thing)
    if thing.kind != Kind.EVENTS:
        with doors.steps.database.begin("openadr") as tx:
            openadr_objects.put(tx, thing)
        return thing
    desk = doors.desk()
    said = signals_of(desk, thing)
    if said.faults:
        raise InputRefused(said.faults)
    check(desk, [signed(desk, each) for each in said.signals])
    names = sorted({*thing.said, *(each.id for each in said.signals)})
    with doors.steps.database.begin("openadr") as tx:
        openadr_objects.put(tx, replace(thing, said=names))
    _take_in(desk)
    return thing


def _take_in(desk: Desk) -> None:
    """Take in what waits: the event that was just kept, and whatever a crash left out."""
    database = desk.steps.database
    with database.read() as tx:
        events = openadr_objects.waiting(tx, Kind.EVENTS, OURS)
    take_in(desk, StoredEvents(desk, events))
    with database.begin("openadr-taken") as tx:
        openadr_objects.note_taken(tx, events)


def _subscribed(doors: Doors, thing: OpenAdrObject) -> OpenAdrObject:
    """Keep a subscription without its tokens, and hear of what changes from now on; a deleted one hears no more."""
    kept, now = replace(thing, body=shown_body(thing.body)), doors.steps.clock()
    form = SubscriptionForm.model_validate(thing.body)
    if not thing.deleted:
        check_addresses(form, loopback=doors.webhook_loopback)
    keys, chance = doors.steps.keys, doors.reception.chance
    with doors.steps.database.begin("openadr") as tx:
        openadr_objects.put(tx, kept)
        openadr_callbacks.drop(tx, thing.id)
        if form.objectOperations and not thing.deleted:
            sealed = sealed_tokens(form, keys, chance, thing.id)
            openadr_callbacks.put(tx, CallbackRow(thing.id, sealed, now, "", 0, now))
    return kept


def _known(doors: Doors, client: OpenAdrClient, kind: Kind, object_id: str) -> OpenAdrObject:
    with doors.steps.database.read() as tx:
        found = openadr_objects.get(tx, kind, object_id)
    if found is None or not may_see(client, found):
        raise Refused(404, "unknown_object", f"there is no such object among the {kind}")
    return found


def _own(doors: Doors, client: OpenAdrClient, kind: Kind, object_id: str) -> OpenAdrObject:
    found = _known(doors, client, kind, object_id)
    _require_writer(client, kind)
    if found.client != client.id:
        raise PermissionDenied(f"{object_id} is another client's")
    return found


def sight_of(client: OpenAdrClient) -> Sight | None:
    """What ``may_see`` says, as the database reads it."""
    if client.role == BUSINESS_LOGIC:
        return None
    return Sight(client.id, BY_BUSINESS_LOGIC, (client.site, f"site:{client.site}"))


def may_see(client: OpenAdrClient, thing: OpenAdrObject) -> bool:
    """Business logic sees all. A VEN sees its own, and programs and events for everybody or for its site."""
    if client.role == BUSINESS_LOGIC or thing.client == client.id:
        return True
    targets, names = thing.body.get("targets"), {client.site, f"site:{client.site}"}
    return thing.kind in BY_BUSINESS_LOGIC and (not targets or not names.isdisjoint(targets))


def _require_writer(client: OpenAdrClient, kind: Kind) -> None:
    if kind in BY_BUSINESS_LOGIC and client.role != BUSINESS_LOGIC:
        raise PermissionDenied(f"{client.id} is a VEN: business logic makes {kind}")


def _require_form(kind: Kind, body: dict[str, Any]) -> None:
    """Raises InputRefused with every fault of an object's form."""
    name = NEEDED[kind]
    if not isinstance(body.get(name), str) or not 0 < len(body[name]) <= 128:
        raise InputRefused([Fault(name, "missing", f"{name} is a text of 1 to 128 characters")])
    for name in {"programID", "eventID"} & {each for each, value in body.items() if value is not None}:
        if not isinstance(body[name], str):
            raise InputRefused([Fault(name, "wrong_form", f"{name} is a text")])
    targets = body.get("targets")
    if targets is not None and not (isinstance(targets, list) and all(isinstance(each, str) for each in targets)):
        raise InputRefused([Fault("targets", "wrong_form", "targets are a list of names")])
    form = FORMS.get(kind)
    if form is not None:
        try:
            form.model_validate(body)
        except ValidationError as wrong:
            raise InputRefused(faults_of(wrong.errors())) from None


def _require_place(tx: Connection, client: OpenAdrClient, kind: Kind, body: dict[str, Any]) -> None:
    """Raises InputRefused or PermissionDenied when an object may not be of the program or event that it names."""
    if kind is Kind.EVENTS:
        _require_program(tx, body["programID"])
    if kind is Kind.REPORTS:
        _require_event(tx, client, body["eventID"])


def _require_program(tx: Connection, program: str) -> None:
    """Raises InputRefused when there is none, PermissionDenied when its events are the market's own."""
    found = openadr_objects.get(tx, Kind.PROGRAMS, program)
    if found is None:
        raise InputRefused([Fault("programID", "unknown_program", "no such program: make it first")])
    if found.client == OURS:
        raise PermissionDenied(f"the events of {program} are the market's own")


def _require_event(tx: Connection, client: OpenAdrClient, event: str) -> None:
    """Raises InputRefused when there is none that the client may read."""
    found = openadr_objects.get(tx, Kind.EVENTS, event)
    if found is None or not may_see(client, found):
        raise InputRefused([Fault("eventID", "unknown_event", "there is no such event")])


def shown(thing: OpenAdrObject) -> dict[str, Any]:
    """An object as clients read it."""
    return {
        **thing.body,
        "id": thing.id,
        "createdDateTime": thing.created_at.isoformat(),
        "modificationDateTime": thing.modified_at.isoformat(),
        "objectType": thing.kind.removesuffix("s").upper(),
        **({"clientID": thing.client} if thing.kind not in BY_BUSINESS_LOGIC else {}),
    }
