"""Signing in through an outside provider, under ``/api/v1/auth/outside``: there while settings name one."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from gateways.http.auth import OWN_SITE, InvitationForm, Session, address_of, own
from gateways.http.body import form, form_body
from gateways.http.doors import Doors
from gateways.http.page import Answer
from gateways.http.principal import set_session
from gateways.http.problem import Refused, problems
from identity.action import Action
from identity.authorisation import require
from services.access.outside_sign_in import LASTS, Begun, begin, end
from services.ports import IdentityProvider

ROUTER = APIRouter(prefix="/auth/outside", tags=["browser"])
PATH = "/api/v1/auth/outside"
COOKIE = "gridpact-outside"
AFTER = "/api/v1/auth/session"
CONSENT = "/oauth/authorize?"
Said = Annotated[str, Query(max_length=4_000)]


class AddressItem(Answer):
    """Where the browser goes."""

    address: str


@ROUTER.get(
    "/sign-in",
    summary="Sign in with the outside provider",
    status_code=303,
    response_class=RedirectResponse,
    responses=problems(404),
)
def get_sign_in(request: Request, after: Annotated[str, Query(max_length=8_000)] = "") -> Response:
    """Go out to sign in. after: what a program asked for on the consent page, if one did. 404 without a provider."""
    doors: Doors = request.app.state.doors
    onward = f"{CONSENT}{after}" if after.isascii() and after.isprintable() and after else AFTER
    begun = begin(doors.reception, _provider(doors), _redirect(doors), onward)
    return _sent_out(doors, begun, RedirectResponse(begun.address, 303))


@ROUTER.post("/link", summary="Link an outside identity", responses=problems(404))
def post_outside_link(request: Request, response: Response, asker: Session) -> AddressItem:
    """Link an outside identity to one's own account: the browser goes to the address. Takes a fresh sign-in."""
    doors: Doors = request.app.state.doors
    require(asker.principal, Action.CHANGE_SIGN_IN, own(asker.principal))
    account = asker.principal.account
    begun = begin(doors.reception, _provider(doors), _redirect(doors), AFTER, account_id=account)
    _sent_out(doors, begun, response)
    return AddressItem(address=begun.address)


@ROUTER.post(
    "/invitation",
    summary="Accept an invitation with an outside identity",
    dependencies=OWN_SITE,
    responses=problems(403, 404),
    openapi_extra=form_body(InvitationForm),
)
def post_outside_invitation(
    request: Request, response: Response, given: Annotated[InvitationForm, Depends(form(InvitationForm))]
) -> AddressItem:
    """Take an invitation up with an outside identity instead of a password: the browser goes to the address."""
    doors: Doors = request.app.state.doors
    begun = begin(doors.reception, _provider(doors), _redirect(doors), AFTER, invitation=given.invitation)
    _sent_out(doors, begun, response)
    return AddressItem(address=begun.address)


@ROUTER.get(
    "/callback",
    summary="Come back from the outside provider",
    status_code=303,
    response_class=RedirectResponse,
    responses=problems(401, 404),
)
def get_callback(request: Request, state: Said = "", code: Said = "") -> Response:
    """Come back in. 401 when what came back does not hold, in this browser, now."""
    doors: Doors = request.app.state.doors
    cookie = request.cookies.get(COOKIE, "")
    provider, where = _provider(doors), address_of(request)
    ended = end(doors.reception, provider, _redirect(doors), state, cookie, code, where)
    response = RedirectResponse(ended.after, 303)
    set_session(response, doors.reception.website, ended.session.token)
    response.delete_cookie(COOKIE, PATH)
    return response


def _provider(doors: Doors) -> IdentityProvider:
    if doors.provider is None:
        raise Refused(404, "no_provider", "this market has no outside provider: sign in here")
    return doors.provider


def _redirect(doors: Doors) -> str:
    return f"{doors.reception.website.origin}{PATH}/callback"


def _sent_out(doors: Doors, begun: Begun, response: Response) -> Response:
    """The browser that goes out keeps the cookie by which it is known again."""
    response.set_cookie(
        COOKIE,
        begun.cookie,
        max_age=int(LASTS.total_seconds()),
        path=PATH,
        secure=doors.reception.website.is_secure,
        httponly=True,
        samesite="lax",
    )
    return response
