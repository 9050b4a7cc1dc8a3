"""Members' door to the day-ahead session: file and withdraw orders for a day, see what became of them.

Whoever asks files for the sites of its own party, and for no other. Filing the same again is always safe.
"""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request

from domain.errors import Fault, InputRefused
from gateways.day_ahead_form import DayAheadOrderForm, read_orders
from gateways.http.body import REF, read_json
from gateways.http.doors import Doors
from gateways.http.idempotency import OptionalKey
from gateways.http.page import Answer
from gateways.http.principal import party_for
from gateways.http.problem import problems
from gateways.http.span import Day
from identity.action import Action
from services.orders.day_ahead import file, withdraw
from services.orders.day_ahead_outcome import outcomes

ROUTER = APIRouter(tags=["day-ahead"])
BYTES_MAX = 1024 * 1024
Trader = Annotated[str, Depends(party_for(Action.PLACE_ORDER))]
Owner = Annotated[str, Depends(party_for(Action.SEE_HOME))]
ORDERS: dict[str, Any] = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {
                "type": "array",
                "minItems": 1,
                "items": DayAheadOrderForm.model_json_schema(ref_template=REF),
            },
        }
    },
}
NAMES: dict[str, Any] = {
    "required": True,
    "content": {"application/json": {"schema": {"type": "array", "minItems": 1, "items": {"type": "string"}}}},
}


class FiledItem(Answer):
    """The names of the orders that stand."""

    day: date
    orders: list[str]


class WithdrawnItem(Answer):
    """The names of the orders that were taken back."""

    day: date
    withdrawn: list[str]


class OutcomeItem(Answer):
    """An order and what became of it. state: for programs, words: for people. traded_wh: by the slot's label."""

    id: str
    site: str
    kind: str
    side: str
    limit_mjpy_per_kwh: int
    state: str
    traded_wh: dict[str, int]
    words: str


class OutcomesItem(Answer):
    """The orders of a day."""

    day: date
    items: list[OutcomeItem]


async def _body(request: Request) -> Any:
    return await read_json(request, BYTES_MAX)


@ROUTER.post(
    "/day-ahead/{day}/orders",
    summary="File orders for a day",
    status_code=201,
    responses=problems(409),
    openapi_extra={"requestBody": ORDERS},
)
def post_day_ahead_orders(
    request: Request, day: Day, person: Trader, records: Annotated[Any, Depends(_body)], key: OptionalKey = None
) -> FiledItem:
    """File orders, all or none. 201 also when they were filed before; 422 with every fault, 409 on other content."""
    doors: Doors = request.app.state.doors
    orders = read_orders(records, day, doors.time)
    file(doors.desk(), day, orders, person, key or "")
    return FiledItem(day=day, orders=[order.id for order in orders])


@ROUTER.post(
    "/day-ahead/{day}/withdrawals",
    summary="Withdraw a day's orders",
    responses=problems(409),
    openapi_extra={"requestBody": NAMES},
)
def post_withdrawals(
    request: Request, day: Day, person: Trader, records: Annotated[Any, Depends(_body)], key: OptionalKey = None
) -> WithdrawnItem:
    """Withdraw orders by id, all or none, until the book closes."""
    doors: Doors = request.app.state.doors
    if not isinstance(records, list) or not records or not all(isinstance(each, str) for each in records):
        raise InputRefused([Fault("orders", "not_a_list", "send a list of order ids, e.g. S005/wash")])
    withdraw(doors.desk(), day, records, person, key or "")
    return WithdrawnItem(day=day, withdrawn=records)


@ROUTER.get("/day-ahead/{day}/orders", summary="Read one's orders of a day")
def get_day_ahead_orders(request: Request, day: Day, person: Owner, language: str = "en") -> OutcomesItem:
    """The member's own orders of a day, with what became of them, in words of ``ja`` or ``en``."""
    doors: Doors = request.app.state.doors
    desk = doors.desk()
    own = {site.id for site in desk.roster.sites if site.party_id == person}
    with doors.steps.database.read() as tx:
        found = outcomes(tx, desk, day, "ja" if language == "ja" else "en")
    return OutcomesItem(day=day, items=[OutcomeItem(**each) for each in found if each["site"] in own])
