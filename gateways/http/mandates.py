"""Mandates: what a member lets its agent do at a site. Its owner changes it, each time as a new version."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from domain.party import Mandate
from domain.wish import EnergySource, Wishes
from gateways.http.body import form, form_body
from gateways.http.doors import Doors
from gateways.http.look import Asker, look, unknown
from gateways.http.page import Answer, Name, Page, page, window_by
from gateways.http.principal import require
from gateways.http.problem import of_item, problems
from gateways.http.tag import required_tags, tag_of, tagged
from identity.action import Action
from identity.authorisation import Principal, Record
from memory import registered, registry
from memory.window import Window
from services.mandates import give

ROUTER = APIRouter(prefix="/mandates", tags=["mandates"])
PRICE_MAX_MJPY_PER_KWH = 100_000
ENERGY_MAX_WH = 10**9
Price = Annotated[int, Field(ge=0, le=PRICE_MAX_MJPY_PER_KWH)]
Energy = Annotated[int, Field(ge=0, le=ENERGY_MAX_WH)]
Partner = Annotated[str, Field(max_length=200, pattern=r"^[^\x00]*$")]


class WishesForm(BaseModel):
    """From whom the member would rather buy, and what it pays above the price where a wish is met, mJPY/kWh."""

    model_config = ConfigDict(extra="forbid", strict=True)
    partner_site: Partner = ""
    source: Annotated[EnergySource | None, Field(strict=False)] = None
    local_first: bool = False
    premium_max_mjpy_per_kwh: Price = 0


class MandateForm(BaseModel):
    """A mandate in full. Prices in mJPY/kWh at the seller's meter, energy in Wh. active: false pauses trading."""

    model_config = ConfigDict(extra="forbid", strict=True)
    sell_min_mjpy_per_kwh: Price
    buy_max_mjpy_per_kwh: Price
    reserve_wh: Energy
    order_max_wh: Energy
    active: bool
    wishes: WishesForm = WishesForm()


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
    return page(window, found, lambda mandate: (mandate.site_id,), MandateItem.model_validate)


@ROUTER.get("/{site_id}", summary="Read a site's mandate", response_model=MandateItem, responses=of_item())
def get_mandate(request: Request, site_id: Name, asker: Asker) -> Response:
    """The mandate in force; its ETag is what a change asks for."""
    return tagged(request, MandateItem.model_validate(_in_force(request, site_id, asker)))


@ROUTER.get("/{site_id}/versions", summary="List a mandate's versions", responses=problems(404))
def get_versions(request: Request, site_id: Name, asker: Asker) -> Versions:
    """Every version; orders of the past were bound by the one then in force."""
    with look(request, asker) as (tx, sight):
        found = registry.mandate_versions(tx, site_id) if sight.has(site_id) else []
    return Versions(items=[MandateItem.model_validate(each) for each in found or unknown("mandate", site_id)])


@ROUTER.put(
    "/{site_id}",
    summary="Change a site's mandate",
    response_model=MandateItem,
    responses=problems(404, 412, 428),
    openapi_extra=form_body(MandateForm),
)
def put_mandate(
    request: Request, site_id: Name, asker: Asker, given: Annotated[MandateForm, Depends(form(MandateForm))]
) -> Response:
    """Put another mandate into force. ``If-Match`` names the ETag of the one that was read; 412 when another is in
    force by now. Takes a key with the scope mandate:write, or a fresh sign-in."""
    doors: Doors = request.app.state.doors
    _in_force(request, site_id, asker)
    require(asker, Action.GIVE_MANDATE, Record(frozenset({_owner(request, site_id)})))
    tags = required_tags(request)
    wishes = Wishes(**given.wishes.model_dump())
    wanted = Mandate(site_id, 0, **given.model_dump(exclude={"wishes"}), wishes=wishes)
    written = give(doors.steps, wanted, asker.account, lambda known: "*" in tags or _tag(known) in tags)
    return tagged(request, MandateItem.model_validate(written))


def _in_force(request: Request, site_id: str, asker: Principal) -> Mandate:
    with look(request, asker) as (tx, sight):
        return (registered.mandate(tx, site_id) if sight.has(site_id) else None) or unknown("mandate", site_id)


def _owner(request: Request, site_id: str) -> str:
    doors: Doors = request.app.state.doors
    with doors.steps.database.read() as tx:
        site = registered.site(tx, site_id)
    assert site is not None, "a site with a mandate is registered"
    return site.party_id


def _tag(mandate: Mandate) -> str:
    return tag_of(MandateItem.model_validate(mandate))
