"""One request for a page: in which language, by whom, and what a form of it must carry.

A visitor is known by the session's cookie alone. What changes something takes the session's token from the form as
well, so no other site can send it; whoever is not signed in is led to the sign-in page and back.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import Depends, Request

from gateways.http.doors import Doors
from gateways.http.principal import SAFE_METHODS, require_own_site, session_token
from gateways.http.problem import Refused
from identity.authorisation import Principal
from identity.token import csrf_token
from services.access.who_asks import of_session

THEMES = ("light", "dark")
BYTES_MAX = 64 * 1024
FIELDS_MAX = 60
Form = Mapping[str, str]


class SignInNeeded(Refused):
    """Nobody is signed in. after: where the visitor wanted to go."""

    def __init__(self, after: str) -> None:
        super().__init__(401, "sign_in_needed", "sign in first")
        self.after = after


@dataclass(frozen=True, slots=True)
class Visit:
    """person: who is signed in. session_id: of the session. csrf: what its forms carry. theme: empty for as the device
    has it. path: without the language, for the same page in the other one."""

    language: str
    theme: str
    path: str
    query: str
    now: datetime
    person: Principal | None = None
    session_id: str = ""
    csrf: str = ""


def visit_of(request: Request) -> Visit:
    """Whoever comes, signed in or not."""
    doors: Doors = request.app.state.doors
    token = session_token(request)
    known = of_session(doors.reception, token) if token else None
    theme = request.cookies.get("theme", "")
    language = request.scope["root_path"].rpartition("/")[2]
    return Visit(
        language,
        theme if theme in THEMES else "",
        request.url.path.removeprefix(f"/{language}"),
        request.url.query,
        doors.steps.clock(),
        known.principal if known else None,
        known.session_id if known else "",
        csrf_token(token) if known else "",
    )


def signed_in_visit(request: Request, visit: Annotated[Visit, Depends(visit_of)]) -> Visit:
    """Somebody who is signed in. Raises SignInNeeded, and Refused 429 when one asks too often."""
    if visit.person is None:
        asked = visit.path + (f"?{visit.query}" if visit.query else "") if request.method in SAFE_METHODS else "/"
        raise SignInNeeded(asked)
    doors: Doors = request.app.state.doors
    if doors.limits and (wait_s := doors.limits.of_account(request, visit.person.account)):
        raise Refused(429, "too_many_requests", "wait a moment, then try again", {"Retry-After": str(wait_s)})
    return visit


async def read_form(request: Request) -> Form:
    """The fields of a form, each once. Raises Refused 400 on anything that no page of ours sends."""
    raw = b""
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > BYTES_MAX:
            raise Refused(413, "too_long", f"a form has at most {BYTES_MAX} bytes")
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    try:
        found = parse_qsl(raw.decode("ascii"), keep_blank_values=True, max_num_fields=FIELDS_MAX, errors="strict")
    except ValueError:
        found = []
    if kind != "application/x-www-form-urlencoded" or not found or len(dict(found)) < len(found):
        raise Refused(400, "not_a_form", "send a form of one of our pages")
    if any("\x00" in value for field in found for value in field):
        raise Refused(400, "not_a_form", "a form holds no zero bytes")
    return dict(found)


def own_form(request: Request, form: Annotated[Form, Depends(read_form)]) -> Form:
    """The same, made by a page of ours. Raises Refused 403 when another site sent it."""
    require_own_site(request)
    return form


def signed_form(visit: Annotated[Visit, Depends(signed_in_visit)], form: Annotated[Form, Depends(own_form)]) -> Form:
    """The same, made for this very session. Raises Refused 403 and SignInNeeded."""
    if form.get("csrf") != visit.csrf:
        raise Refused(403, "forged", "this form is of another session: open the page again")
    return form


Anybody = Annotated[Visit, Depends(visit_of)]
SignedInVisit = Annotated[Visit, Depends(signed_in_visit)]
OwnForm = Annotated[Form, Depends(own_form)]
SignedForm = Annotated[Form, Depends(signed_form)]
