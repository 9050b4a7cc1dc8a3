"""Meters' door: ``POST /api/v1/readings`` takes one signed envelope or a list of them.

Each envelope stands alone: a bad one is refused with all its faults and the good ones count. Sending the same again is
always safe; the same counter with other content is refused and raises an alarm.
"""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from domain.errors import Fault
from gateways.http.body import aside, read_json
from gateways.http.doors import Doors
from gateways.http.page import Answer
from gateways.http.problem import MEDIA_TYPE, FaultItem, Refused, fault_record, problems
from identity.signatures import Envelope
from identity.wire import from_wire
from services.devices.group_intake import GroupIntake
from services.devices.intake import Outcome, Status

ROUTER = APIRouter(tags=["readings"])
ENVELOPE_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": [
        "device_id", "key_id", "boot", "counter_first", "created_at", "audience", "payload", "signature",
    ],
    "properties": {
        "device_id": {"type": "string"},
        "key_id": {"type": "string"},
        "boot": {"type": "integer", "minimum": 0},
        "counter_first": {"type": "integer", "minimum": 0},
        "created_at": {"type": "string", "format": "date-time"},
        "audience": {"type": "string"},
        "payload": {"type": "string", "description": "canonical JSON: a list of readings in counter order, unit Wh"},
        "signature": {"type": "string", "contentEncoding": "base64", "description": "Ed25519 over the header"},
    },
}  # fmt: skip
ASIDE_FROM = 100  # envelopes; fewer are read sooner than a thread has begun
BODY: dict[str, Any] = {
    "required": True,
    "content": {"application/json": {"schema": {"type": "array", "minItems": 1, "items": ENVELOPE_SCHEMA}}},
}


async def _records(request: Request) -> list[Any]:
    doors: Doors = request.app.state.doors
    body = await read_json(request, doors.bytes_max)
    records = body if isinstance(body, list) else [body]
    if not records:
        raise Refused(422, "input_refused", "send at least one envelope")
    if len(records) > doors.envelopes_max:
        raise Refused(413, "too_large", f"a request has at most {doors.envelopes_max} envelopes; send several")
    return records


class EnvelopeItem(Answer):
    """What became of an envelope. id: empty when it had none that could be read."""

    id: str
    status: Status
    readings: int
    faults: list[FaultItem]


class IntakeItem(Answer):
    """How many envelopes ended how, how many readings were new, and each envelope in its order."""

    accepted: int
    duplicate: int
    conflict: int
    refused: int
    readings: int
    items: list[EnvelopeItem]


@ROUTER.post(
    "/readings",
    summary="Send signed readings",
    response_model=IntakeItem,
    responses={**problems(409, 507), 207: {"model": IntakeItem, "description": "some were refused"}},
    openapi_extra={"requestBody": BODY},
)
async def post_readings(request: Request, backfill: bool = False) -> JSONResponse:
    """Take readings. 200 when every envelope counted or was known, 207 when some were refused, 409 or 422 when all.

    backfill: the envelopes carry old readings on purpose, so their age is no fault.
    """
    intake: GroupIntake = request.app.state.intake
    records = await _records(request)
    parsed = _parsed(records) if len(records) < ASIDE_FROM else await aside(request, lambda: _parsed(records))
    good = [each for each in parsed if isinstance(each, Envelope)]
    outcomes = iter(await intake.accept(good, backfill=backfill))
    items = [_item(next(outcomes) if isinstance(each, Envelope) else _refused(each)) for each in parsed]
    status = _status([item["status"] for item in items])
    counts = {each.value: sum(item["status"] == each for item in items) for each in Status}
    body = {**counts, "readings": sum(item["readings"] for item in items), "items": items}
    if status < 400:
        return JSONResponse(body, status)
    code = "conflict" if status == 409 else "input_refused"
    detail = f"none of the {len(items)} envelopes was accepted"
    faults = [fault for item in items for fault in item["faults"]]
    named = {"type": f"urn:gridpact:problem:{code}", "title": code, "status": status, "detail": detail}
    return JSONResponse({**named, "faults": faults, **body}, status, media_type=MEDIA_TYPE)


def _parsed(records: list[Any]) -> list[Envelope | list[Fault]]:
    return [from_wire(record, f"envelope[{place}]") for place, record in enumerate(records)]


def _refused(faults: list[Fault]) -> Outcome:
    return Outcome("", Status.REFUSED, faults=tuple(faults))


def _item(outcome: Outcome) -> dict[str, Any]:
    return {
        "id": outcome.envelope_id,
        "status": outcome.status,
        "readings": outcome.readings,
        "faults": [fault_record(fault) for fault in outcome.faults],
    }


def _status(states: list[Status]) -> int:
    good = {Status.ACCEPTED, Status.DUPLICATE}
    if good.issuperset(states):
        return 200
    if good.intersection(states):
        return 207
    return 409 if Status.CONFLICT in states else 422
