"""Mandates: what a member lets its agent do at a site. Its owner changes it, each time as a new version."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from domain.party import DayLimits, Mandate
from domain.wish import EnergySource, Wishes
from gateways.http.body import form, form_body
from gateways.http.doors import Doors
from gateways.http.look import Asker, look, unknown
from gateways.http.page import Answer, Name, Page, page, window_by
from gateways.http.problem import of_item, problems
from gateways.http.tag import IfMatch, required_tags, tag_of, tagged
from identity.authorisation import Principal
from memory import registry
from memory.devices import registered
from memory.window import Window
from services.members.mandates import NO_END, Wanted, give

ROUTER = APIRouter(prefix="/mandates", tags=["mandates"])
PRICE_MAX_MJPY_PER_KWH = 100_000
ENERGY_MAX_WH = 10**9
SPENDING_MAX_UJPY = 10**13
Price = Annotated[int, Field(ge=0, le=PRICE_MAX_MJPY_PER_KWH)]
Energy = Annotated[int, Field(ge=0, le=ENERGY_MAX_WH)]
Spending = Annotated[int, Field(ge=0, le=SPENDING_MAX_UJPY)]
Partner = Annotated[str, Field(max_length=200, pattern=r"^[^\x00]*$")]


class WishesForm(BaseModel):
    """From whom the member would rather buy, and what it pays above the price where a wish is met, mJPY/kWh."""

    model_config = ConfigDict(extra="forbid", strict=True)
    partner_site: Partner = ""
    source: Annotated[EnergySource | None, Field(strict=False)] = None
    local_first: bool = False
    premium_max_mjpy_per_kwh: Price = 0


class MandateForm(BaseModel):
    """A mandate in full. Prices in mJPY/kWh at the seller's meter, energy in Wh. active: false pauses trading.

    valid_until: the last delivery day; null for no end, as for the limits of a day. A stop word stays as it is.
    """

    model_config = ConfigDict(extra="forbid", strict=True)
    sell_min_mjpy_per_kwh: Price
    buy_max_mjpy_per_kwh: Price
    reserve_wh: Energy
    order_max_wh: Energy
    active: bool
    wishes: WishesForm = WishesForm()
    spend_max_ujpy_per_day: Spending | None = None
    trade_max_wh_per_day: Energy | None = None
    valid_until: Annotated[date | None, Field(strict=False)] = None


class WishesItem(Answer):
    """Whom the member would rather buy from; partner_site is empty and source null without such a wish."""

    partner_site: str
    source: EnergySource | None
    local_first: bool
    premium_max_mjpy_per_kwh: int


class MandateItem(Answer):
    """A version of a site's mandate."""

    site_id: str
    version: int
    sell_min_mjpy_per_kwh: int
    buy_max_mjpy_per_kwh: int
    reserve_wh: int
    order_max_wh: int
    active: bool
    wishes: WishesItem
    spend_max_ujpy_per_day: int | None
    trade_max_wh_per_day: int | None
    valid_until: date | None


class Versions(Answer):
    """Every version of a site's mandate, the first one first."""

    items: list[MandateItem]


@ROUTER.get("", summary="List mandates in force")
def get_mandates(
    request: Request, asker: Asker, window: Annotated[Window, Depends(window_by(str))]
) -> Page[MandateItem]:
    """The mandates in force that one may see, by site."""
    with look(request, asker) as (tx, sight):
        found = registered.mandates(tx, sight.sites, window)
    return page(window, found, lambda mandate: (mandate.site_id,), _item)


@ROUTER.get("/{site_id}", summary="Read a site's mandate", response_model=MandateItem, responses=of_item())
def get_mandate(request: Request, site_id: Name, asker: Asker) -> Response:
    """The mandate in force; its ETag is what a change asks for."""
    return tagged(request, _item(_in_force(request, site_id, asker)))


@ROUTER.get("/{site_id}/versions", summary="List a mandate's versions", responses=problems(404))
def get_versions(request: Request, site_id: Name, asker: Asker) -> Versions:
    """Every version; orders of the past were bound by the one then in force."""
    with look(request, asker) as (tx, sight):
        found = registry.mandate_versions(tx, site_id) if sight.has(site_id) else []
    return Versions(items=[_item(each) for each in found or unknown("mandate", site_id)])


@ROUTER.put(
    "/{site_id}",
    summary="Change a site's mandate",
    response_model=MandateItem,
    responses=problems(404, 412, 428),
    openapi_extra=form_body(MandateForm),
)
def put_mandate(
    request: Request,
    site_id: Name,
    asker: Asker,
    given: Annotated[MandateForm, Depends(form(MandateForm))],
    if_match: IfMatch = None,
) -> Response:
    """Put another mandate into force. ``If-Match`` names the ETag of the one that was read; 412 when another is in
    force by now. Takes a key with the scope mandate:write, or a fresh sign-in."""
    doors: Doors = request.app.state.doors
    _in_force(request, site_id, asker)
    tags = required_tags(if_match)
    wanted = Wanted(
        given.sell_min_mjpy_per_kwh,
        given.buy_max_mjpy_per_kwh,
        given.order_max_wh,
        given.reserve_wh,
        given.active,
        DayLimits(given.spend_max_ujpy_per_day, given.trade_max_wh_per_day),
        given.valid_until or NO_END,
        wishes=Wishes(**given.wishes.model_dump()),
    )
    written = give(doors.steps, asker, site_id, wanted, lambda known: "*" in tags or _tag(known) in tags)
    return tagged(request, _item(written))


def _item(mandate: Mandate) -> MandateItem:
    day = {
        "spend_max_ujpy_per_day": mandate.day.spend_max_ujpy_per_day,
        "trade_max_wh_per_day": mandate.day.trade_max_wh_per_day,
    }
    own = {name: getattr(mandate, name) for name in MandateItem.model_fields if name not in day}
    return MandateItem.model_validate(own | day)


def _in_force(request: Request, site_id: str, asker: Principal) -> Mandate:
    with look(request, asker) as (tx, sight):
        return (registered.mandate(tx, site_id) if sight.has(site_id) else None) or unknown("mandate", site_id)


def _tag(mandate: Mandate) -> str:
    return tag_of(_item(mandate))
