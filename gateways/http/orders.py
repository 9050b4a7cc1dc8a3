"""Members' door: orders of their own for a slot, before its call; and the book that everybody may see, without names.

Whoever asks orders for the sites of its own party, and for no other. Every change carries an ``Idempotency-Key`` of
the sender's: the same request sent again is answered again and done once.
"""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Path, Query, Request
from fastapi.responses import JSONResponse
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from domain.order import Side
from gateways.http.body import form, form_body
from gateways.http.doors import Doors
from gateways.http.principal import party_for
from identity.action import Action
from market.continuous.command import CommandKind
from services.order_book import Desk, OpenOrder
from services.order_desk import Instruction, book_of_slot, instruct

ROUTER = APIRouter(tags=["orders"])
WHOLE_MAX = 2**53
SLOT_MAX = 10**7 - 1  # a few centuries on, which every calendar holds
SIDES = {"buy": Side.BUY, "sell": Side.SELL}
Whole = Annotated[int, Field(ge=0, le=WHOLE_MAX)]
Key = Annotated[str, Header(alias="Idempotency-Key", min_length=1, max_length=200, pattern=r"^[\x21-\x7e]+$")]
Trader = Annotated[str, Depends(party_for(Action.PLACE_ORDER))]
Owner = Annotated[str, Depends(party_for(Action.SEE_HOME))]
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


@ROUTER.post("/orders", status_code=201, openapi_extra=form_body(OrderForm))
def post_order(
    request: Request, person: Trader, key: Key, said: Annotated[OrderForm, Depends(form(OrderForm))]
) -> JSONResponse:
    """Place an order: 201 with its name, what it traded at once and what rests. 422 with every reason against it."""
    wanted = Instruction(
        kind=CommandKind.SUBMIT,
        person=person,
        key=key,
        slot=said.slot,
        site_id=said.site,
        side=SIDES[said.side],
        limit_mjpy_per_kwh=said.limit_mjpy_per_kwh,
        energy_wh=said.energy_wh,
        until=said.until,
    )
    return JSONResponse(instruct(_desk(request), wanted), 201)


@ROUTER.patch("/orders/{order_id}", openapi_extra=form_body(AmendForm))
def patch_order(
    request: Request, order_id: str, person: Trader, key: Key, said: Annotated[AmendForm, Depends(form(AmendForm))]
) -> dict[str, Any]:
    """Amend an open order; less energy at the same limit keeps its turn."""
    wanted = Instruction(
        CommandKind.AMEND,
        person,
        key,
        order=order_id,
        limit_mjpy_per_kwh=said.limit_mjpy_per_kwh,
        energy_wh=said.energy_wh,
    )
    return instruct(_desk(request), wanted)


@ROUTER.delete("/orders/{order_id}")
def delete_order(request: Request, order_id: str, person: Trader, key: Key) -> dict[str, Any]:
    """Take the open rest of an order out; what it traded stays."""
    return instruct(_desk(request), Instruction(CommandKind.CANCEL, person, key, order=order_id))


@ROUTER.get("/orders")
def get_orders(request: Request, person: Owner, slot: SlotNumber) -> dict[str, Any]:
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
