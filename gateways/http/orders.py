"""Members' door: orders of their own for a slot, before its call; and the book that everybody may see, without names.

A member is whoever the bearer token names, and speaks for its own sites. Every change carries an ``Idempotency-Key`` of
the sender's: the same request sent again is answered again and done once.
"""

from datetime import datetime
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, Header, Path, Query, Request
from fastapi.responses import JSONResponse
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from domain.errors import InputRefused
from domain.order import Side
from gateways.http.body import read_json
from gateways.http.doors import Doors
from gateways.http.people import person_of
from gateways.http.problem import faults_of
from market.continuous.command import CommandKind
from services.order_book import Desk, OpenOrder
from services.order_desk import Instruction, book_of_slot, instruct

ROUTER = APIRouter(tags=["orders"])
Form = TypeVar("Form", bound=BaseModel)
FORM_BYTES_MAX = 16 * 1024
WHOLE_MAX = 2**53
SLOT_MAX = 10**7 - 1  # a few centuries on, which every calendar holds
SIDES = {"buy": Side.BUY, "sell": Side.SELL}
Whole = Annotated[int, Field(ge=0, le=WHOLE_MAX)]
Key = Annotated[str, Header(alias="Idempotency-Key", min_length=1, max_length=200, pattern=r"^[\x21-\x7e]+$")]
Person = Annotated[str, Depends(person_of)]
SlotNumber = Annotated[int, Query(ge=0, le=SLOT_MAX)]


class AmendForm(BaseModel):
    """What an order shall be from now on; energy is that of the whole order, traded energy included."""

    model_config = ConfigDict(extra="forbid", strict=True)
    limit_mjpy_per_kwh: Whole
    energy_wh: Whole


class OrderForm(AmendForm):
    """A new order. until: when it ends, with its time zone; without it, it rests until the call, and is in it."""

    slot: Annotated[int, Field(ge=0, le=SLOT_MAX)]
    site: Annotated[str, Field(min_length=1, max_length=200)]
    side: Annotated[str, Field(pattern="^(buy|sell)$")]
    until: Annotated[AwareDatetime | None, Field(strict=False)] = None


async def _order_form(request: Request) -> OrderForm:
    return await _read(request, OrderForm)


async def _amend_form(request: Request) -> AmendForm:
    return await _read(request, AmendForm)


async def _read(request: Request, form: type[Form]) -> Form:
    try:
        return form.model_validate(await read_json(request, FORM_BYTES_MAX))
    except ValidationError as wrong:
        raise InputRefused(faults_of(wrong.errors())) from None


def _body(form: type[BaseModel]) -> dict[str, Any]:
    schema = form.model_json_schema(ref_template="{model}")
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


@ROUTER.post("/orders", status_code=201, openapi_extra=_body(OrderForm))
def post_order(
    request: Request, person: Person, key: Key, form: Annotated[OrderForm, Depends(_order_form)]
) -> JSONResponse:
    """Place an order: 201 with its name, what it traded at once and what rests. 422 with every reason against it."""
    said = Instruction(
        kind=CommandKind.SUBMIT,
        person=person,
        key=key,
        slot=form.slot,
        site_id=form.site,
        side=SIDES[form.side],
        limit_mjpy_per_kwh=form.limit_mjpy_per_kwh,
        energy_wh=form.energy_wh,
        until=form.until,
    )
    return JSONResponse(instruct(_desk(request), said), 201)


@ROUTER.patch("/orders/{order_id}", openapi_extra=_body(AmendForm))
def patch_order(
    request: Request, order_id: str, person: Person, key: Key, form: Annotated[AmendForm, Depends(_amend_form)]
) -> dict[str, Any]:
    """Amend an open order; less energy at the same limit keeps its turn."""
    said = Instruction(
        CommandKind.AMEND,
        person,
        key,
        order=order_id,
        limit_mjpy_per_kwh=form.limit_mjpy_per_kwh,
        energy_wh=form.energy_wh,
    )
    return instruct(_desk(request), said)


@ROUTER.delete("/orders/{order_id}")
def delete_order(request: Request, order_id: str, person: Person, key: Key) -> dict[str, Any]:
    """Take the open rest of an order out; what it traded stays."""
    return instruct(_desk(request), Instruction(CommandKind.CANCEL, person, key, order=order_id))


@ROUTER.get("/orders")
def get_orders(request: Request, person: Person, slot: SlotNumber) -> dict[str, Any]:
    """The asking member's own open orders of a slot."""
    desk = _desk(request)
    own = {site.id for site in desk.roster.sites if site.party_id == person}
    with desk.steps.database.read() as tx:
        return {"items": [order_record(each) for each in book_of_slot(tx, desk, slot) if each.site_id in own]}


@ROUTER.get("/slots/{slot}/book")
def get_book(request: Request, slot: int = Path(ge=0, le=SLOT_MAX)) -> dict[str, Any]:
    """What rests in a slot's book: energy by limit on each side, the best first. Nobody is named."""
    desk = _desk(request)
    with desk.steps.database.read() as tx:
        resting = book_of_slot(tx, desk, slot)
    opens, closes = desk.window(slot)
    return {"slot": slot, "opens": _local(desk, opens), "closes": _local(desk, closes), **levels(resting)}


def levels(resting: list[OpenOrder]) -> dict[str, list[dict[str, int]]]:
    """Bids and asks as limit and energy, the best first. mJPY/kWh, Wh."""
    sums: dict[Side, dict[int, int]] = {Side.BUY: {}, Side.SELL: {}}
    for each in resting:
        of_side = sums[each.side]
        of_side[each.limit_mjpy_per_kwh] = of_side.get(each.limit_mjpy_per_kwh, 0) + each.left_wh
    return {
        name: [{"limit_mjpy_per_kwh": limit, "energy_wh": energy_wh} for limit, energy_wh in sums[side].items()]
        for name, side in (("bids", Side.BUY), ("asks", Side.SELL))
    }


def order_record(order: OpenOrder) -> dict[str, Any]:
    """An open order for its owner."""
    return {
        "order": order.id,
        "site": order.site_id,
        "side": order.side.name.lower(),
        "limit_mjpy_per_kwh": order.limit_mjpy_per_kwh,
        "left_wh": order.left_wh,
        "traded_wh": order.filled_wh,
        "until": order.until.isoformat(),
    }


def _local(desk: Desk, moment: datetime) -> str:
    return moment.astimezone(desk.time.zone).isoformat()


def _desk(request: Request) -> Desk:
    doors: Doors = request.app.state.doors
    return doors.desk()
