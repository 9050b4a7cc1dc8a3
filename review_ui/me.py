"""Oneself: who one is here, one's open sessions, passkeys, and leaving everywhere."""

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from gateways.http.auth import own
from gateways.http.doors import Doors
from gateways.http.principal import clear_session
from identity.action import Action
from identity.authorisation import require
from memory.access import accounts, sessions, sign_in_means
from review_ui.paper import show
from review_ui.visit import SignedForm, SignedInVisit
from services.access.signing_in import sign_out

ROUTER = APIRouter()


@ROUTER.get("/me")
def get_me(request: Request, visit: SignedInVisit) -> Response:
    """The account, its sessions and its passkeys."""
    assert visit.person is not None
    doors: Doors = request.app.state.doors
    require(visit.person, Action.SEE_SIGN_IN, own(visit.person))
    with doors.steps.database.read() as tx:
        account = accounts.get(tx, visit.person.account)
        opened = sessions.of_account(tx, account.id)
        keys = sign_in_means.passkeys(tx, account.id)
    return show(visit, "me", account=account, sessions=opened, passkeys=len(keys))


@ROUTER.post("/me/leave")
def post_leave(request: Request, visit: SignedInVisit, form: SignedForm) -> Response:
    """End one session of one's own, or all of them."""
    assert visit.person is not None
    doors: Doors = request.app.state.doors
    require(visit.person, Action.SEE_SIGN_IN, own(visit.person))
    ended = form.get("session") or None
    sign_out(doors.reception, visit.person.account, ended)
    stays = ended is not None and ended != visit.session_id
    response = RedirectResponse(f"/{visit.language}/{'me' if stays else 'sign-in'}", 303)
    if not stays:
        clear_session(response, doors.reception.website)
    return response
