"""Sites: where members are connected. A member sees its own."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from gateways.http.look import Asker, look, unknown
from gateways.http.page import Answer, Name, Page, page, window_by
from gateways.http.problem import of_item
from gateways.http.tag import tagged
from memory.devices import registered
from memory.window import Window

ROUTER = APIRouter(prefix="/sites", tags=["sites"])


class SiteItem(Answer):
    """A point of connection. bus: its node in the grid model, empty when none is known. profile, pv_profile: the public
    profiles that a demonstration's site stands on, empty for a real one."""

    id: str
    party_id: str
    area: str
    bus: str
    kind: str
    profile: str
    pv_profile: str


@ROUTER.get("", summary="List sites")
def get_sites(request: Request, asker: Asker, window: Annotated[Window, Depends(window_by(str))]) -> Page[SiteItem]:
    """The sites one may see, by id."""
    with look(request, asker) as (tx, sight):
        found = registered.sites(tx, sight.sites, window)
    return page(window, found, lambda site: (site.id,), SiteItem.model_validate)


@ROUTER.get("/{site_id}", summary="Read a site", response_model=SiteItem, responses=of_item())
def get_site(request: Request, site_id: Name, asker: Asker) -> Response:
    """One site, when it is among those that one may see."""
    with look(request, asker) as (tx, sight):
        found = registered.site(tx, site_id) if sight.has(site_id) else None
    return tagged(request, SiteItem.model_validate(found or unknown("site", site_id)))
