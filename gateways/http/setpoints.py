"""The homes' door: ``POST /api/v1/setpoints`` tells a hub what to have done. The meter's key opens it."""

from typing import Any

from fastapi import APIRouter, Depends, Request
from pydantic import AwareDatetime

from domain.errors import InputRefused
from gateways.http.body import read_json
from gateways.http.doors import Doors
from gateways.http.page import Answer
from identity.asking import FIELDS, ask_from_wire
from services.devices.home_setpoints import plan_for

ROUTER = APIRouter(tags=["setpoints"])
ASK_BYTES_MAX = 4096
TEXT = {"type": "string"}
BODY: dict[str, Any] = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {"type": "object", "required": list(FIELDS), "properties": dict.fromkeys(FIELDS, TEXT)}
        }
    },
}


class MoveItem(Answer):
    """What the battery does in a slot beyond covering the home's own need, how much of their nameplate the panels may
    put out, what the vehicle's charger takes at most (null: nobody says) and gives to the home."""

    slot: int
    charge_wh: int
    discharge_wh: int
    pv_limit_percent: int
    vehicle_charge_wh: int | None
    vehicle_discharge_wh: int


class PlanItem(Answer):
    """The slots ahead in which there is something to do. at: when it was asked. lease_s: how long it holds."""

    at: AwareDatetime
    slot_min: int
    lease_s: int
    items: list[MoveItem]


async def _record(request: Request) -> Any:
    return await read_json(request, ASK_BYTES_MAX)


@ROUTER.post(
    "/setpoints", summary="Ask what a home's battery, panels and charger are to do", openapi_extra={"requestBody": BODY}
)
def post_setpoints(request: Request, record: Any = Depends(_record)) -> PlanItem:  # noqa: B008
    """The slots ahead in which the asking home is to do something. 422 with every reason not to say so."""
    doors: Doors = request.app.state.doors
    question = ask_from_wire(record)
    if isinstance(question, list):
        raise InputRefused(question)
    plan = plan_for(doors.steps, question, doors.audience, doors.time, doors.desk)
    items = [MoveItem(slot=slot, **point._asdict()) for slot, point in sorted(plan.points.items())]
    return PlanItem(at=plan.asked_at, slot_min=doors.time.slot_min, lease_s=plan.lease_s, items=items)
