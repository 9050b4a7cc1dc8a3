"""Grid operators' door: signed signals under ``/grid/signals``, and ``/grid/stop`` for whoever must stop trading now.

A signal is believed by the registered key of its source alone. The emergency door asks for no key: it can hold new
trading and alarm people, and nothing else.
"""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from domain.errors import Fault, InputRefused
from domain.grid_signal import GridSignal
from gateways.http.body import form, form_body, read_json
from gateways.http.doors import Doors
from gateways.http.page import Answer
from gateways.http.problem import Refused, problems
from identity.grid_signals import read_signal
from services.grid.grid_signals import Taken, emergency_stop, take_in

ROUTER = APIRouter(tags=["grid"])
BYTES_MAX = 256 * 1024
SIGNALS_MAX = 100
RETRY_AFTER_S = 3600
Line = Annotated[str, Field(min_length=3, max_length=90, pattern=r"^[^\x00-\x1f\x7f]*$")]


class StopForm(BaseModel):
    """Why trading must stop, and whom to ask."""

    model_config = ConfigDict(extra="forbid", strict=True)
    reason: Line
    contact: Line


@dataclass(frozen=True, slots=True)
class SignedSignals:
    """Signals that somebody sent, as a ``SignalSource``. records: as they came."""

    records: list[Any]

    def signals(self) -> list[GridSignal]:
        """Them all. Raises InputRefused with every fault of form of every one."""
        read = [read_signal(record, f"signal[{place}]") for place, record in enumerate(self.records)]
        faults: list[Fault] = [fault for each in read if isinstance(each, list) for fault in each]
        if faults:
            raise InputRefused(faults)
        return [each for each in read if isinstance(each, GridSignal)]


async def _records(request: Request) -> list[Any]:
    body = await read_json(request, BYTES_MAX)
    records = body if isinstance(body, list) else [body]
    if not 0 < len(records) <= SIGNALS_MAX:
        raise Refused(422, "input_refused", f"send 1 to {SIGNALS_MAX} signals")
    return records


BODY: dict[str, Any] = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {"type": "array", "minItems": 1, "maxItems": SIGNALS_MAX, "items": {"type": "object"}}
        }
    },
}


class SignalItem(Answer):
    """A signal's name, and whether it was new."""

    signal: str
    new: bool


class SignalItems(Answer):
    """What became of signals, in their order."""

    items: list[SignalItem]


@ROUTER.post(
    "/grid/signals",
    summary="Send signed grid signals",
    response_model=SignalItems,
    responses={**problems(403, 409), 201: {"model": SignalItems, "description": "one of them was new"}},
    openapi_extra={"requestBody": BODY},
)
def post_signals(request: Request, records: Annotated[list[Any], Depends(_records)]) -> JSONResponse:
    """Take signed signals in. 201 when one was new, 200 when all were known, 409 on other content, 422 with faults.

    Signals before the first that is refused are taken: sending all again is safe.
    """
    doors: Doors = request.app.state.doors
    taken = take_in(doors.desk(), SignedSignals(records))
    return JSONResponse({"items": [_record(each) for each in taken]}, 201 if any(each.new for each in taken) else 200)


@ROUTER.post(
    "/grid/stop",
    summary="Stop trading now",
    status_code=202,
    response_model=SignalItem,
    openapi_extra=form_body(StopForm),
)
def post_stop(request: Request, said: Annotated[StopForm, Depends(form(StopForm))]) -> JSONResponse:
    """Hold all new trading until two people resume it. 429 after three of an hour: the alarm has sounded by then."""
    doors: Doors = request.app.state.doors
    taken = emergency_stop(doors.desk(), said.reason, said.contact)
    if taken is None:
        why = "three emergency stops of this hour are on record already; people have been asked"
        raise Refused(429, "too_many_stops", why, {"Retry-After": str(RETRY_AFTER_S)})
    return JSONResponse(_record(taken), 202)


def _record(taken: Taken) -> dict[str, Any]:
    return {"signal": taken.name, "new": taken.new}
