"""The doors of the pages: sign in with password and code or by passkey, take an invitation up, sign out."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from domain.errors import InputRefused, SignInRefused
from gateways.http.auth import address_of
from gateways.http.doors import Doors
from gateways.http.principal import clear_session, session_token, set_session
from review_ui.paper import DESK, show
from review_ui.visit import Anybody, OwnForm, SignedForm, SignedInVisit, Visit
from services.access.invitations import accept_invitation, see_invitation
from services.access.signing_in import Opened, sign_in, sign_out
from services.access.who_asks import of_session

ROUTER = APIRouter()
YEAR_S = 365 * 24 * 60 * 60


@ROUTER.get("/")
def get_front(visit: SignedInVisit) -> Response:
    """Where one's work is."""
    assert visit.person is not None
    return _go(visit, "/review" if visit.person.roles & DESK else "/me")


@ROUTER.get("/sign-in")
def get_sign_in(visit: Anybody, after: str = "") -> Response:
    """The form, also for whoever is signed in and shall prove it again."""
    return _sign_in_page(visit, _inside(after))


@ROUTER.post("/sign-in")
def post_sign_in(request: Request, visit: Anybody, form: OwnForm) -> Response:
    """Sign in by password and code, then go where one wanted to go."""
    doors: Doors = request.app.state.doors
    after = _inside(form.get("after", ""))
    said = (form.get("login", ""), form.get("password", ""), form.get("code", ""))
    try:
        opened = sign_in(doors.reception, *said, address_of(request))
    except SignInRefused as refused:
        return _sign_in_page(visit, after, refused.wait_s, refused=True)
    return _opened(request, opened, visit, after)


@ROUTER.post("/sign-out")
def post_sign_out(request: Request, visit: SignedInVisit, form: SignedForm) -> Response:
    """End this session."""
    assert visit.person is not None
    doors: Doors = request.app.state.doors
    sign_out(doors.reception, visit.person.account, visit.session_id)
    response = _go(visit, "/sign-in")
    clear_session(response, doors.reception.website)
    return response


@ROUTER.get("/invitation")
def get_invitation(visit: Anybody) -> Response:
    """Where an invitation is typed or pasted in."""
    return show(visit, "invitation", seen=None, faults=[], invitation="")


@ROUTER.post("/invitation")
def post_invitation(request: Request, visit: Anybody, form: OwnForm) -> Response:
    """Show the secret of an invitation; with a password and a code of that secret, take it up and sign in."""
    doors: Doors = request.app.state.doors
    invitation = form.get("invitation", "").strip()
    try:
        if "password" not in form:
            seen = see_invitation(doors.reception, invitation)
            return show(visit, "invitation", seen=seen, qr=_qr(seen["uri"]), faults=[], invitation=invitation)
        opened, codes = accept_invitation(
            doors.reception, invitation, form["password"], form.get("code", ""), address_of(request)
        )
    except (SignInRefused, InputRefused) as refused:
        faults = refused.faults if isinstance(refused, InputRefused) else [refused]
        return show(visit, "invitation", 422, seen=None, faults=faults, invitation=invitation)
    response = show(visit, "recovery", codes=codes)
    set_session(response, doors.reception.website, opened.token)
    return response


@ROUTER.post("/theme")
def post_theme(visit: Anybody, form: OwnForm) -> Response:
    """Light, dark, or as the device has it; then back to the page."""
    response = _go(visit, _inside(form.get("after", "")))
    response.set_cookie("theme", form.get("theme", "")[:8], max_age=YEAR_S, path="/", samesite="lax")
    return response


def _qr(uri: str) -> str:
    """An address as a picture: SVG that a phone's camera reads."""
    import segno

    return str(segno.make(uri, error="m").svg_inline(omitsize=True))


def _sign_in_page(visit: Visit, after: str, wait_s: int = 0, *, refused: bool = False) -> Response:
    status = (429 if wait_s else 401) if refused else 200
    return show(visit, "sign_in", status, after=after, refused=refused, wait_s=wait_s)


def _opened(request: Request, opened: Opened, visit: Visit, after: str) -> Response:
    """The new session's cookie, and on. The session before it ends."""
    doors: Doors = request.app.state.doors
    if (before := session_token(request)) and (old := of_session(doors.reception, before)):
        sign_out(doors.reception, old.principal.account, old.session_id)
    response = _go(visit, after)
    set_session(response, doors.reception.website, opened.token)
    return response


def _go(visit: Visit, path: str) -> Response:
    return RedirectResponse(f"/{visit.language}{path}", 303)


def _inside(path: Any) -> str:
    """A path of our own pages; anything else leads to the front."""
    text = str(path)[:500]
    plain = text.startswith("/") and not text.startswith("//") and "\\" not in text and text.isprintable()
    return text if plain else "/"
