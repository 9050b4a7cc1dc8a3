"""Members' door: orders of their own for a slot, before its call; and the book that everybody may see, without names.

Whoever asks orders for the sites of its own party, and for no other. Every change carries an ``Idempotency-Key`` of
the sender's: the same request sent again is answered again and done once.
"""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from domain.order import Side
from gateways.http.body import form, form_body
from gateways.http.doors import Doors
from gateways.http.idempotency import Key
from gateways.http.page import Answer, Name
from gateways.http.principal import party_for
from gateways.http.problem import problems
from gateways.http.span import Slot
from identity.action import Action
from market.continuous.command import CommandKind
from services.orders.order_book import Desk, OpenOrder
from services.orders.order_desk import Instruction, book_of_slot, instruct

ROUTER = APIRouter(tags=["orders"])
WHOLE_MAX = 2**53
SIDES = {"buy": Side.BUY, "sell": Side.SELL}
Whole = Annotated[int, Field(ge=0, le=WHOLE_MAX)]
Trader = Annotated[str, Depends(party_for(Action.PLACE_ORDER))]
Owner = Annotated[str, Depends(party_for(Action.SEE_HOME))]


class AmendForm(BaseModel):
    """What an order shall be from now on; energy is that of the whole order, traded energy included."""

    model_config = ConfigDict(extra="forbid", strict=True)
    limit_mjpy_per_kwh: Whole
    energy_wh: Whole


class OrderForm(AmendForm):
    """A new order. until: when it ends, with its time zone; without it, it rests until the call, and is in it."""

    slot: Slot
    site: Annotated[str, Field(min_length=1, max_length=200)]
    side: Annotated[str, Field(pattern="^(buy|sell)$")]
    until: Annotated[AwareDatetime | None, Field(strict=False)] = None


class DealItem(Answer):
    """What traded at once."""

    energy_wh: int
    price_mjpy_per_kwh: int


class PlacedItem(Answer):
    """What became of an order. left: what rests. prevented: what would have met the member's own orders."""

    order: str
    left_wh: int
    prevented_wh: int
    trades: list[DealItem]


class OpenItem(Answer):
    """An open order. until: when it ends."""

    order: str
    site: str
    side: str
    limit_mjpy_per_kwh: int
    left_wh: int
    traded_wh: int
    until: AwareDatetime


class OpenOrders(Answer):
    """Open orders of a slot, by priority."""

    items: list[OpenItem]


class LevelItem(Answer):
    """What rests at one limit."""

    limit_mjpy_per_kwh: int
    energy_wh: int


class BookItem(Answer):
    """A slot's book and from when to when it takes orders; the best limits first."""

    slot: int
    opens: AwareDatetime
    closes: AwareDatetime
    bids: list[LevelItem]
    asks: list[LevelItem]


@ROUTER.post(
    "/orders",
    summary="Place an order",
    status_code=201,
    response_model=PlacedItem,
    responses=problems(409),
    openapi_extra=form_body(OrderForm),
)
def post_order(
    request: Request, person: Trader, key: Key, said: Annotated[OrderForm, Depends(form(OrderForm))]
) -> dict[str, Any]:
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
    return instruct(_desk(request), wanted)


@ROUTER.patch(
    "/orders/{order_id}",
    summary="Amend an order",
    response_model=PlacedItem,
    responses=problems(409),
    openapi_extra=form_body(AmendForm),
)
def patch_order(
    request: Request, order_id: Name, person: Trader, key: Key, said: Annotated[AmendForm, Depends(form(AmendForm))]
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


@ROUTER.delete("/orders/{order_id}", summary="Cancel an order", response_model=PlacedItem, responses=problems(409))
def delete_order(request: Request, order_id: Name, person: Trader, key: Key) -> dict[str, Any]:
    """Take the open rest of an order out; what it traded stays."""
    return instruct(_desk(request), Instruction(CommandKind.CANCEL, person, key, order=order_id))


@ROUTER.get("/orders", summary="List one's open orders of a slot")
def get_orders(request: Request, person: Owner, slot: Slot) -> OpenOrders:
    """The asking member's own open orders of a slot."""
    desk = _desk(request)
    own = {site.id for site in desk.roster.sites if site.party_id == person}
    with desk.steps.database.read() as tx:
        found = [OpenItem(**order_record(each)) for each in book_of_slot(tx, desk, slot) if each.site_id in own]
    return OpenOrders(items=found)


@ROUTER.get("/slots/{slot}/book", summary="Read a slot's book")
def get_book(request: Request, slot: Slot) -> BookItem:
    """What rests in a slot's book: energy by limit on each side, the best first. Nobody is named."""
    desk = _desk(request)
    with desk.steps.database.read() as tx:
        resting = book_of_slot(tx, desk, slot)
    opens, closes = desk.window(slot)
    sides = {name: [LevelItem(**each) for each in found] for name, found in levels(resting).items()}
    return BookItem(slot=slot, opens=_local(desk, opens), closes=_local(desk, closes), **sides)


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


def _local(desk: Desk, moment: datetime) -> datetime:
    return moment.astimezone(desk.time.zone)


def _desk(request: Request) -> Desk:
    doors: Doors = request.app.state.doors
    return doors.desk()
