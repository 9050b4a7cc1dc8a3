"""The pages on which a person signs in and grants a program access: ``/oauth/authorize``, without any script.

The answer goes back only to an address that the client registered. A request that names none gets a page and goes
nowhere, so that nobody can use this server to send people elsewhere. Anybody registers a client, so nobody is sent to
its address before signing in either, not even with an error.
"""

from base64 import b64encode
from collections.abc import Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.responses import Response

from domain.errors import GrantRefused, SignInRefused
from gateways.http.auth import address_of, own
from gateways.http.consent_words import WORDS, jpy_text, language_of
from gateways.http.doors import Doors
from gateways.http.oauth_form import once_each, read_fields, read_form
from gateways.http.principal import require_own_site, session_token, set_session
from gateways.http.problem import Refused
from identity.action import Action
from identity.authorisation import require
from identity.redirect import origin_of
from identity.token import csrf_token
from memory import registry
from services.access.authorising import Asked, Return, asked_in, grant, return_of
from services.access.signing_in import sign_in
from services.access.who_asks import SignedIn, of_session

if TYPE_CHECKING:
    from jinja2 import Template

ROUTER = APIRouter(tags=["oauth"], include_in_schema=False)
STYLE = """
body{margin:0;font:1rem/1.6 system-ui,sans-serif;color:#1c2430;background:#f4f6f8}
main{max-width:36rem;margin:2rem auto;padding:1.5rem;background:#fff;border-radius:.5rem}
h1{font-size:1.3rem}label{display:block;margin:.6rem 0}fieldset{border:1px solid #c3ccd6;border-radius:.3rem}
input:not([type=checkbox]){display:block;width:100%;box-sizing:border-box;padding:.5rem;font:inherit}
button{font:inherit;padding:.5rem 1.2rem;margin:.5rem .5rem 0 0}.other{text-align:right;margin:0}
[role=alert]{color:#a3201c}strong{overflow-wrap:anywhere}
"""
STYLE_HASH = b64encode(sha256(STYLE.encode()).digest()).decode()
Fields = Annotated[list[tuple[str, str]], Depends(read_form)]


@ROUTER.get("/oauth/authorize")
def get_authorize(request: Request) -> Response:
    """What a program asks for: the page to sign in, or the one to grant it."""
    return _page(request, request.url.query)


@ROUTER.post("/oauth/sign-in")
def post_sign_in(request: Request, fields: Fields) -> Response:
    """Sign in on the page, then see what is asked for."""
    require_own_site(request)
    doors: Doors = request.app.state.doors
    said = once_each(fields)
    query = said.get("request", "")
    try:
        session = sign_in(
            doors.reception, said.get("login", ""), said.get("password", ""), said.get("code", ""), address_of(request)
        )
    except SignInRefused as refused:
        status = 429 if refused.wait_s else 401
        return _shown(request, query, status, "sign_in", fault=str(refused))
    response = RedirectResponse(f"/oauth/authorize?{quote(query, safe='=&+%')}", 303)
    set_session(response, doors.reception.website, session.token)
    return response


@ROUTER.post("/oauth/authorize")
def post_authorize(request: Request, fields: Fields) -> Response:
    """What the person decided goes back to the program. 403 when another page sent it."""
    require_own_site(request)
    scopes = [value for name, value in fields if name == "scope"]
    said = once_each([(name, value) for name, value in fields if name != "scope"])
    query = said.get("request", "")
    asker = _asker(request)
    if asker is None:
        return _page(request, query)
    if said.get("csrf") != csrf_token(session_token(request)):
        raise Refused(403, "forged", "this form is of another session: start again from the program")
    doors: Doors = request.app.state.doors
    try:
        back = _back(doors, query)
    except GrantRefused as refused:
        return _shown(request, query, 400, "refused", fault=str(refused))
    try:
        asked = asked_in(back, once_each(read_fields(query)), doors.reception.website.origin)
        require(asker.principal, Action.MANAGE_KEYS, own(asker.principal))
        code = grant(doors.reception, asker.principal.account, asked, scopes if said.get("decision") == "allow" else ())
    except GrantRefused as refused:
        return _sent_back(request, back, error=refused.code, error_description=str(refused))
    return _sent_back(request, back, code=code)


def _page(request: Request, query: str) -> Response:
    doors: Doors = request.app.state.doors
    try:
        back = _back(doors, query)
    except GrantRefused as refused:
        return _shown(request, query, 400, "refused", fault=str(refused))
    asker = _asker(request)
    try:
        asked = asked_in(back, once_each(read_fields(query)), doors.reception.website.origin)
    except GrantRefused as refused:
        if asker is None:
            return _shown(request, query, 400, "refused", fault=str(refused))
        return _sent_back(request, back, error=refused.code, error_description=str(refused))
    return _shown(request, query, 200, "sign_in") if asker is None else _consent(request, query, asker, asked)


def _back(doors: Doors, query: str) -> Return:
    with doors.steps.database.read() as tx:
        return return_of(tx, once_each(read_fields(query)))


def _asker(request: Request) -> SignedIn | None:
    """Who has signed in a moment ago: a grant binds, as a signature does."""
    doors: Doors = request.app.state.doors
    token = session_token(request)
    found = of_session(doors.reception, token) if token else None
    return found if found is not None and found.principal.fresh else None


def _consent(request: Request, query: str, asker: SignedIn, asked: Asked) -> Response:
    back = asked.back
    return _shown(
        request,
        query,
        200,
        "consent",
        goes_on_to=origin_of(back.redirect),
        name=back.client.name,
        account=asker.principal.account,
        goes_to=urlsplit(back.redirect).netloc,
        csrf=csrf_token(session_token(request)),
        scopes=asked.scopes,
        limits=_limits(request, query, asker.principal.party),
    )


def _limits(request: Request, query: str, party: str) -> Sequence[str]:
    """What the mandates of the person's homes allow, in words."""
    doors: Doors = request.app.state.doors
    words = WORDS[_language(request, query)]
    with doors.steps.database.read() as tx:
        mandates, sites = registry.mandates(tx), registry.sites(tx)
    own_mandates = [mandates[site.id] for site in sites if site.party_id == party and site.id in mandates]
    return [
        words["limits" if each.active else "paused"].format(
            site=each.site_id,
            sell=jpy_text(each.sell_min_mjpy_per_kwh),
            buy=jpy_text(each.buy_max_mjpy_per_kwh),
            most=each.order_max_wh,
        )
        for each in own_mandates
    ]


def _language(request: Request, query: str) -> str:
    wanted = dict(read_fields(query)).get("ui_locales", "") if len(query) < 16_000 else ""
    return language_of(wanted, request.headers.get("accept-language", ""))


def _shown(
    request: Request, query: str, status: int, kind: str, goes_on_to: str = "", fault: str = "", **more: Any
) -> Response:
    """A page that loads nothing, runs nothing and cannot be framed. goes_on_to: whereto its form's answer may lead."""
    try:
        language = _language(request, query)
        others = [(name, value) for name, value in read_fields(query) if name != "ui_locales"]
    except GrantRefused:
        language, others = "en", []
    words, provider = WORDS[language], request.app.state.doors.provider
    other_request = urlencode([*others, ("ui_locales", words["other_code"])])
    page = _template().render(
        fault=fault,
        outside=provider.issuer if provider else None,
        language=language,
        words=words,
        style=STYLE,
        kind=kind,
        request=query,
        other_request=other_request,
        **more,
    )
    policy = (
        f"default-src 'none'; style-src 'sha256-{STYLE_HASH}'; base-uri 'none'; frame-ancestors 'none'; "
        f"form-action 'self' {goes_on_to}"
    )
    # Without a referrer browsers send no origin along with a form, which is how its sender is told.
    headers = {"Content-Security-Policy": policy.strip(), "Referrer-Policy": "same-origin", "Vary": "Accept-Language"}
    return HTMLResponse(page, status, headers=headers)


def _sent_back(request: Request, back: Return, **answer: str) -> Response:
    """The answer in the address of the client, with its state and who answers (RFC 9207)."""
    doors: Doors = request.app.state.doors
    more = answer | ({"state": back.state} if back.state else {}) | {"iss": doors.reception.website.origin}
    parts = urlsplit(back.redirect)
    query = "&".join(filter(None, (parts.query, urlencode(more))))
    return RedirectResponse(urlunsplit(parts._replace(query=query)), 303)


@cache
def _template() -> "Template":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    loader = FileSystemLoader(Path(__file__).parent)
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined).get_template("consent.html")
