"""A program in front of a market's door: it keeps a verifier and a key, and reads what the pages say."""

import base64
import hashlib
import re
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx2
from desk import MEMBER, PASSWORD, Desk
from joserfc import jwt
from joserfc.jwk import ECKey
from street import ORIGIN

from domain.account import AccountRole
from identity.dpop_nonce import nonce_at
from services.access.accounts import give_role, register
from services.access.oauth_clients import register_service

REDIRECT = "http://127.0.0.1:7777/back"
VERIFIER = "a-verifier-of-forty-three-characters-or-more"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
TOKEN, AUTHORIZE = "/oauth/token", "/oauth/authorize"
NUMBERS = iter(range(10**9))


def registered(browser: httpx2.Client, redirect: str = REDIRECT, name: str = "Helpful") -> str:
    """The id of a client that has just registered itself."""
    answer = browser.post("/oauth/register", json={"client_name": name, "redirect_uris": [redirect]})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["client_id"])


def request_of(client: str, **more: str) -> str:
    """The query of a good request, changed."""
    said = {
        "response_type": "code",
        "client_id": client,
        "redirect_uri": REDIRECT,
        "state": "st&te",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        "scope": "market:read home:read orders:write",
    }
    return urlencode({name: value for name, value in (said | more).items() if value})


def signed_in(desk: Desk, browser: httpx2.Client, query: str) -> Any:
    """The consent page after signing in on the page before it."""
    form = {"request": query, "login": MEMBER, "password": PASSWORD, "code": desk.code()}
    answer = browser.post("/oauth/sign-in", data=form)
    assert answer.status_code == 200, answer.text
    return answer


def decided(
    browser: httpx2.Client, page: Any, decision: str = "allow", scopes: list[str] | None = None
) -> dict[str, str]:
    """What goes back to the client after a decision on the page."""
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.text))
    form = {name: value.replace("&amp;", "&") for name, value in hidden.items()}
    ticked = re.findall(r'name="scope" value="([^"]+)"', page.text) if scopes is None else scopes
    sent = form | {"decision": decision, "scope": ticked}
    answer = browser.post(AUTHORIZE, data=sent, follow_redirects=False)
    assert answer.status_code == 303, answer.text
    return dict(parse_qsl(urlsplit(answer.headers["location"]).query))


def code_for(desk: Desk, browser: httpx2.Client, client_id: str, **more: str) -> str:
    """A fresh code."""
    return decided(browser, signed_in(desk, browser, request_of(client_id, **more)))["code"]


def code_form(client_id: str, code: str, **more: str) -> dict[str, str]:
    """The form that exchanges a code."""
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT, "client_id": client_id}
    return form | {"code_verifier": VERIFIER} | more


def service(desk: Desk, *scopes: str) -> dict[str, str]:
    """The form of a service that was registered for an account of P1."""
    reception = desk.street.reception
    with desk.street.database.begin() as tx:
        register(tx, reception, "test", "feed", "P1")
    give_role(reception, "test", "feed", AccountRole.CLIENT)
    client, secret = register_service(reception, "test", "meter feed", "feed", scopes)
    return {"grant_type": "client_credentials", "client_id": client.id, "client_secret": secret}


class Key:
    """A client's key, and the proofs that it makes."""

    def __init__(self) -> None:
        self.pair = ECKey.generate_key("P-256")

    def proof(self, desk: Desk, method: str, path: str, token: str = "", **more: Any) -> dict[str, str]:
        """The header of one proof."""
        claims = {"htm": method, "htu": ORIGIN + path, "jti": f"p{next(NUMBERS)}"}
        moment = {"iat": int(desk.clock.moment.timestamp())}
        ath = base64.urlsafe_b64encode(hashlib.sha256(token.encode()).digest()).rstrip(b"=").decode()
        nonce = {"nonce": nonce_at(desk.street.steps.keys, desk.clock.moment)} if path == TOKEN else {}
        named = claims | nonce | moment | ({"ath": ath} if token else {}) | more
        header = {"typ": "dpop+jwt", "alg": "ES256", "jwk": self.pair.as_dict(private=False)}
        return {"DPoP": jwt.encode(header, named, self.pair, algorithms=["ES256"])}
