"""Members' door to the day-ahead session: file and withdraw orders for a day, see what became of them.

Whoever asks files for the sites of its own party, and for no other. Filing the same again is always safe.
"""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse

from domain.errors import Fault, InputRefused
from gateways.day_ahead_form import OrderForm, read_orders
from gateways.http.body import read_json
from gateways.http.doors import Doors
from gateways.http.principal import party_for
from identity.action import Action
from services.day_ahead import file, withdraw
from services.day_ahead_outcome import outcomes

ROUTER = APIRouter(tags=["day-ahead"])
BYTES_MAX = 1024 * 1024
Trader = Annotated[str, Depends(party_for(Action.PLACE_ORDER))]
Owner = Annotated[str, Depends(party_for(Action.SEE_HOME))]
ORDERS: dict[str, Any] = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {"type": "array", "items": OrderForm.model_json_schema(ref_template="{model}")},
        }
    },
}
NAMES: dict[str, Any] = {
    "required": True,
    "content": {"application/json": {"schema": {"type": "array", "items": {"type": "string"}}}},
}


async def _body(request: Request) -> Any:
    return await read_json(request, BYTES_MAX)


@ROUTER.post("/day-ahead/{day}/orders", status_code=201, openapi_extra={"requestBody": ORDERS})
def post_orders(request: Request, day: date, person: Trader, records: Annotated[Any, Depends(_body)]) -> JSONResponse:
    """File orders, all or none. 201 also when they were filed before; 422 with every fault, 409 on other content."""
    doors: Doors = request.app.state.doors
    orders = read_orders(records, day, doors.time)
    file(doors.desk(), day, orders, person)
    return JSONResponse({"day": str(day), "orders": [order.id for order in orders]}, 201)


@ROUTER.post("/day-ahead/{day}/withdrawals", openapi_extra={"requestBody": NAMES})
def post_withdrawals(
    request: Request, day: date, person: Trader, records: Annotated[Any, Depends(_body)]
) -> dict[str, Any]:
    """Withdraw orders by id, all or none, until the book closes."""
    doors: Doors = request.app.state.doors
    if not isinstance(records, list) or not records or not all(isinstance(each, str) for each in records):
        raise InputRefused([Fault("orders", "not_a_list", "send a list of order ids, e.g. S005/wash")])
    withdraw(doors.desk(), day, records, person)
    return {"day": str(day), "withdrawn": records}


@ROUTER.get("/day-ahead/{day}/orders")
def get_orders(request: Request, day: date, person: Owner, language: str = "en") -> dict[str, Any]:
    """The member's own orders of a day, with what became of them, in words of ``ja`` or ``en``."""
    doors: Doors = request.app.state.doors
    desk = doors.desk()
    own = {site.id for site in desk.roster.sites if site.party_id == person}
    with doors.steps.database.read() as tx:
        found = outcomes(tx, desk, day, "ja" if language == "ja" else "en")
    return {"day": str(day), "items": [each for each in found if each["site"] in own]}
