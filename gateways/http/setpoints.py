"""The homes' door: ``POST /api/v1/setpoints`` tells a hub what its battery is to do. The meter's key opens it."""

from typing import Any

from fastapi import APIRouter, Depends, Request

from domain.errors import InputRefused
from gateways.http.body import read_json
from gateways.http.doors import Doors
from identity.asking import FIELDS, ask_from_wire
from services.home_setpoints import plan_for

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


async def _record(request: Request) -> Any:
    return await read_json(request, ASK_BYTES_MAX)


@ROUTER.post("/setpoints", openapi_extra={"requestBody": BODY})
def post_setpoints(request: Request, record: Any = Depends(_record)) -> dict[str, Any]:  # noqa: B008
    """The slots ahead in which the asking home is to do something. 422 with every reason not to say so."""
    doors: Doors = request.app.state.doors
    question = ask_from_wire(record)
    if isinstance(question, list):
        raise InputRefused(question)
    plan = plan_for(doors.steps, question, doors.audience, doors.time)
    items = [
        {"slot": slot, "charge_wh": charge_wh, "discharge_wh": discharge_wh}
        for slot, (charge_wh, discharge_wh) in sorted(plan.moves.items())
    ]
    return {"at": plan.asked_at.isoformat(), "slot_min": doors.time.slot_min, "lease_s": plan.lease_s, "items": items}
