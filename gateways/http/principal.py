"""Who is asking: a session's cookie or a key names an account, and nothing else does.

A browser sends a cookie along whoever made it ask. So a request that changes something counts under a cookie only when
it brings the session's token of its own (``X-CSRF-Token``) and no sign of another site.
"""

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import APIKeyCookie, HTTPBearer
from starlette.responses import Response

from gateways.http.doors import Doors
from gateways.http.problem import Refused
from identity import session_age
from identity.action import Action
from identity.authorisation import Principal, Record, require
from identity.dpop import ALGORITHMS, Proof, read_proof
from identity.passkey import Website
from identity.resource import Resource
from identity.token import csrf_token
from identity.token_life import PREFIX, TokenKind
from services.access.who_asks import Delegate, SignedIn, of_access, of_grant, of_key, of_session

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
OWN_SITE = frozenset({"same-origin", "none"})
TOKEN_CHARACTERS_MAX = 4_096
TOO_OFTEN = "wait as long as Retry-After says, then send the same again"
KEY = HTTPBearer(scheme_name="key", description="A key for programs: gpk_...", auto_error=False)
SESSION = APIKeyCookie(
    name="gridpact",
    scheme_name="session",
    description="The cookie of a sign-in; over https it is called __Host-gridpact. What changes something also sends "
    "X-CSRF-Token, which GET /api/v1/auth/session tells.",
    auto_error=False,
)


def described(key: Annotated[object, Depends(KEY)], session: Annotated[object, Depends(SESSION)]) -> None:
    """Tells the description of the API which credentials a route takes; whether they are good is asked below."""


def principal_of(request: Request, _: Annotated[None, Depends(described)] = None) -> Principal:
    """Who asks, by key, token or cookie. Raises Refused 401 when nobody known does, 403 when another site may have
    asked, 429 when it asks too often."""
    found = _known(request)
    _count(request, found)
    return found


def signed_in(request: Request, _: Annotated[object, Depends(SESSION)] = None) -> SignedIn:
    """Who asks, by cookie alone. Raises Refused as above."""
    found = _signed_in(request)
    _count(request, found.principal)
    return found


def _count(request: Request, asker: Principal) -> None:
    doors: Doors = request.app.state.doors
    if doors.limits and (wait_s := doors.limits.of_account(request, asker.account)):
        raise Refused(429, "too_many_requests", TOO_OFTEN, {"Retry-After": str(wait_s)})


def still_there(request: Request) -> Principal:
    """The same once more during one long answer, which counts as one request and needs no second proof. Raises
    Refused 401 and 403."""
    doors: Doors = request.app.state.doors
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "dpop":
        return _known(request)
    if (found := of_grant(doors.reception, token)) is None:
        raise Refused(401, "who_are_you", "this token opens nothing any more")
    return found


def _known(request: Request) -> Principal:
    doors: Doors = request.app.state.doors
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if not scheme:
        return _signed_in(request).principal
    if scheme.lower() == "dpop" or token.startswith(PREFIX[TokenKind.ACCESS]):
        return delegate_of(request, Resource.API).principal
    known = scheme.lower() == "bearer" and len(token) <= TOKEN_CHARACTERS_MAX
    found = of_key(doors.reception, token) if known else None
    if found is None:
        raise Refused(401, "who_are_you", "send a known key", {"WWW-Authenticate": "Bearer"})
    return found


def delegate_of(request: Request, resource: Resource) -> Delegate:
    """Which program asks for whom, by an access token for this resource. Raises Refused 401."""
    doors: Doors = request.app.state.doors
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    origin, found = doors.reception.website.origin, None
    bound = scheme.lower() == "dpop"
    if (bound or scheme.lower() == "bearer") and len(token) <= TOKEN_CHARACTERS_MAX and token.isascii():
        proof = proof_of(request, token) if bound else None
        if (proof is not None) == bound:
            found = of_access(doors.reception, token, resource.url(origin), proof)
    if found is None:
        raise Refused(401, "who_are_you", "ask for a token of this resource", _asks_for_token(origin, resource, scheme))
    return found


def proof_of(request: Request, token: str | None = None) -> Proof | None:
    """The DPoP proof that came with a request, None when none did or it does not hold. token: what it must name."""
    doors: Doors = request.app.state.doors
    sent = request.headers.getlist("dpop")
    if len(sent) != 1:
        return None
    url = f"{doors.reception.website.origin}{request.url.path}"
    return read_proof(sent[0], request.method, url, doors.reception.now(), token)


def _asks_for_token(origin: str, resource: Resource, scheme: str) -> dict[str, str]:
    """Where a token can be had (RFC 9728), and whether the one that came was wrong."""
    asked = f'resource_metadata="{origin}/.well-known/oauth-protected-resource{resource}"'
    if scheme:
        asked = f'error="invalid_token", {asked}'
    known = f'DPoP algs="{" ".join(ALGORITHMS)}", {asked}' if scheme.lower() == "dpop" else f"Bearer {asked}"
    return {"WWW-Authenticate": known}


def _signed_in(request: Request) -> SignedIn:
    doors: Doors = request.app.state.doors
    token = session_token(request)
    found = of_session(doors.reception, token) if token else None
    if found is None:
        raise Refused(401, "who_are_you", "sign in, or send a known key", {"WWW-Authenticate": "Bearer"})
    if request.method not in SAFE_METHODS:
        require_own_site(request)
        if request.headers.get("x-csrf-token") != csrf_token(token):
            raise Refused(403, "forged", "send the session's token in X-CSRF-Token; GET /auth/session tells it")
    return found


def require_own_site(request: Request) -> None:
    """Raises Refused 403 when the browser says that another site made the request."""
    doors: Doors = request.app.state.doors
    origin = request.headers.get("origin", doors.reception.website.origin)
    if origin != doors.reception.website.origin or request.headers.get("sec-fetch-site", "none") not in OWN_SITE:
        raise Refused(403, "forged", f"only pages of {doors.reception.website.origin} may do this")


def party_for(action: Action) -> Callable[[Principal], str]:
    """A dependency: the party of whoever asks and may do this to what is its own; it raises as both functions above."""

    def party(asker: Annotated[Principal, Depends(principal_of)]) -> str:
        require(asker, action, Record(frozenset({asker.party})))
        return asker.party

    return party


def session_token(request: Request) -> str:
    """What the session's cookie holds, empty without one."""
    doors: Doors = request.app.state.doors
    token = request.cookies.get(_cookie_name(doors.reception.website), "")
    return token if len(token) <= TOKEN_CHARACTERS_MAX else ""


def set_session(response: Response, website: Website, token: str) -> None:
    """Give the browser the session's cookie, which no script reads and no other site sends along with a change."""
    response.set_cookie(
        _cookie_name(website),
        token,
        max_age=int(session_age.AGE_MAX.total_seconds()),
        path="/",
        secure=website.is_secure,
        httponly=True,
        samesite="lax",
    )


def clear_session(response: Response, website: Website) -> None:
    """Take the cookie back."""
    response.delete_cookie(_cookie_name(website), "/", secure=website.is_secure, httponly=True, samesite="lax")


def _cookie_name(website: Website) -> str:
    """Over https browsers let nobody but this very host set a name that begins so."""
    return "__Host-gridpact" if website.is_secure else "gridpact"
