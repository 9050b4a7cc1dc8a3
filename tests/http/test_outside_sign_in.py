"""Signing in through an outside OpenID Connect provider, a small real one on a socket of its own."""

import base64
import hashlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from time import sleep
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
import uvicorn
from desk import AUTH, MEMBER, Desk, open_desk
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, RedirectResponse
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey
from oauth_client import registered, request_of
from starlette.testclient import TestClient
from street import ORIGIN

from domain.account import AccountRole, AccountState
from gateways.http.outside_provider import OutsideProvider
from memory.database import Database
from services.access.accounts import invite, move_account

OUTSIDE = f"{AUTH}/outside"
KEY = RSAKey.generate_key(2048, {"kid": "k1", "alg": "RS256", "use": "sig"})
CLIENT, SECRET = "gridpact", "the secret there"


@dataclass
class Provider:
    """The provider: it sees one subject, and lies as a test asks it to."""

    desk: Desk
    issuer: str = ""
    subject: str = "sub-1"
    lies: dict[str, Any] = field(default_factory=dict)
    key: Any = field(default_factory=lambda: KEY)
    alg: str = "RS256"
    described: dict[str, Any] = field(default_factory=dict)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def app(self) -> FastAPI:
        app = FastAPI()

        @app.get("/.well-known/openid-configuration")
        def describe() -> dict[str, Any]:
            names = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys"}
            found = {name: f"{self.issuer}/{path}" for name, path in names.items()}
            return {"issuer": self.issuer, **found} | self.described

        @app.get("/keys")
        def keys() -> dict[str, Any]:
            return {"keys": [KEY.as_dict(private=False)]}

        @app.get("/authorize")
        def authorize(request: Request) -> RedirectResponse:
            said = dict(request.query_params)
            assert (said["client_id"], said["scope"], said["code_challenge_method"]) == (CLIENT, "openid", "S256")
            code = f"code-{len(self.codes)}"
            self.codes[code] = said
            return RedirectResponse(f"{said['redirect_uri']}?{urlencode({'code': code, 'state': said['state']})}", 303)

        @app.post("/token")
        async def token(request: Request) -> JSONResponse:
            said = dict(parse_qsl((await request.body()).decode()))
            asked = self.codes.pop(said["code"], None)
            basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
            digest = hashlib.sha256(said["code_verifier"].encode()).digest()
            challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
            if (
                asked is None
                or asked["code_challenge"] != challenge
                or request.headers["authorization"] != f"Basic {basic}"
            ):
                return JSONResponse({"error": "invalid_grant"}, 400)
            now = int(self.desk.clock.moment.timestamp())
            claims = {"iss": self.issuer, "aud": CLIENT, "sub": self.subject, "nonce": asked["nonce"], "email": MEMBER}
            moments = {"iat": now, "exp": now + 300, "auth_time": now}
            signed = {name: value for name, value in (claims | moments | self.lies).items() if value is not None}
            header = {"alg": self.alg, "kid": "k1"}
            return JSONResponse({"id_token": jwt.encode(header, signed, self.key, algorithms=[self.alg])})

        return app


@contextmanager
def running(provider: Provider) -> Iterator[None]:
    listener = socket.create_server(("127.0.0.1", 0))
    provider.issuer = f"http://127.0.0.1:{listener.getsockname()[1]}"
    server = uvicorn.Server(uvicorn.Config(provider.app(), log_level="warning"))
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    while not server.started:
        sleep(0.02)
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(10)


@pytest.fixture
def desk(database: Database, tmp_path: Path) -> Desk:
    return open_desk(database, tmp_path)


@pytest.fixture
def provider(desk: Desk) -> Iterator[Provider]:
    made = Provider(desk)
    with running(made):
        yield made


@pytest.fixture
def browser(desk: Desk, provider: Provider) -> TestClient:
    return a_browser(desk, provider)


def a_browser(desk: Desk, provider: Provider) -> TestClient:
    """A browser in front of a street that knows the provider."""
    known = OutsideProvider(provider.issuer, CLIENT, lambda work: work(SECRET), lambda: desk.clock.moment)
    app = desk.street.app(lambda doors: replace(doors, provider=known))
    return TestClient(app, raise_server_exceptions=False, follow_redirects=False)


def through(browser: TestClient, address: str, **change: str) -> Any:
    """Out to the provider and back, with what comes back changed."""
    import httpx2

    away = httpx2.get(address, follow_redirects=False)
    back = urlsplit(away.headers["location"])
    assert f"{back.scheme}://{back.netloc}" == ORIGIN
    said = dict(parse_qsl(back.query)) | change
    return browser.get(f"{back.path}?{urlencode(said)}")


def signs_in(browser: TestClient, **change: str) -> Any:
    """What a sign-in ends with."""
    out = browser.get(f"{OUTSIDE}/sign-in")
    assert out.status_code == 303, out.text
    return through(browser, out.headers["location"], **change)


def linked(desk: Desk, provider: Provider) -> TestClient:
    """A browser whose member, signed in by password, has linked the provider's subject."""
    browser = a_browser(desk, provider)
    csrf = desk.sign_in(browser).json()["csrf"]
    out = browser.post(f"{OUTSIDE}/link", headers={"X-CSRF-Token": csrf})
    assert out.status_code == 200, out.text
    assert through(browser, out.json()["address"]).status_code == 303
    return browser


def test_a_linked_identity_signs_in(desk: Desk, provider: Provider, browser: TestClient) -> None:
    """In another browser too, as its account, freshly."""
    linked(desk, provider)
    assert signs_in(browser).status_code == 303
    told = browser.get(f"{AUTH}/session").json()
    assert (told["account"], told["fresh"]) == (MEMBER, True)


def test_an_e_mail_address_finds_no_account(provider: Provider, browser: TestClient) -> None:
    """The provider says the member's own address of a stranger: nobody is signed in."""
    answer = signs_in(browser)
    assert (answer.status_code, "link it first" in answer.text) == (401, True)
    assert "gridpact=" not in answer.headers.get("set-cookie", "")


@pytest.mark.parametrize(
    "lies",
    [
        {"iss": "https://elsewhere.example"},
        {"aud": "another"},
        {"aud": [CLIENT, "another"]},
        {"nonce": "replayed"},
        {"nonce": None},
        {"exp": 1},
        {"exp": None},
        {"iat": 10**11},
        {"auth_time": None},
        {"auth_time": 1},
        {"auth_time": True},
        {"sub": None},
        {"sub": ""},
        {"sub": 5},
    ],
)
def test_an_id_token_that_does_not_hold_signs_nobody_in(
    desk: Desk, provider: Provider, browser: TestClient, lies: dict[str, Any]
) -> None:
    """Another issuer, audience, sign-in or moment; a person whom the provider has not seen lately; no subject."""
    linked(desk, provider)
    provider.lies = lies
    assert signs_in(browser).status_code == 401


@pytest.mark.parametrize(
    ("key", "alg"),
    [(RSAKey.generate_key(2048), "RS256"), (ECKey.generate_key("P-256"), "ES256"), (OctKey.generate_key(256), "HS256")],
)
def test_another_key_signs_nobody_in(desk: Desk, provider: Provider, browser: TestClient, key: Any, alg: str) -> None:
    """Only what the provider's own published keys have signed counts."""
    linked(desk, provider)
    provider.key, provider.alg = key, alg
    assert signs_in(browser).status_code == 401


def test_only_the_browser_that_began_ends_it(desk: Desk, provider: Provider, browser: TestClient) -> None:
    """Another browser, another state, a second time, or too late: refused."""
    linked(desk, provider)
    out = browser.get(f"{OUTSIDE}/sign-in").headers["location"]
    assert through(a_browser(desk, provider), out).status_code == 401
    assert signs_in(browser, state="guess").status_code == 401
    assert signs_in(browser, code="guess").status_code == 401
    late = browser.get(f"{OUTSIDE}/sign-in").headers["location"]
    desk.clock.moment += timedelta(minutes=11)
    assert through(browser, late).status_code == 401
    assert signs_in(browser).status_code == 303


def test_an_invitation_is_taken_up_with_an_outside_identity(
    desk: Desk, provider: Provider, browser: TestClient
) -> None:
    """Once; from then on it signs in, until the account is locked."""
    provider.subject = "sub-2"
    invitation = invite(desk.street.reception, "test", "sato@example.jp", "P2", [AccountRole.MEMBER])
    out = browser.post(f"{OUTSIDE}/invitation", json={"invitation": invitation})
    assert through(browser, out.json()["address"]).status_code == 303
    assert browser.get(f"{AUTH}/session").json()["account"] == "sato@example.jp"
    again = browser.post(f"{OUTSIDE}/invitation", json={"invitation": invitation})
    assert through(browser, again.json()["address"]).status_code == 401
    assert signs_in(browser).status_code == 303
    move_account(desk.street.reception, "test", "sato@example.jp", AccountState.LOCKED)
    assert signs_in(browser).status_code == 401


def test_an_identity_is_of_one_account(desk: Desk, provider: Provider, browser: TestClient) -> None:
    """Whoever links one that is another's is refused."""
    linked(desk, provider)
    invitation = invite(desk.street.reception, "test", "sato@example.jp", "P2", [])
    out = browser.post(f"{OUTSIDE}/invitation", json={"invitation": invitation})
    assert through(browser, out.json()["address"]).status_code == 409


def test_the_consent_page_offers_it_and_goes_on(desk: Desk, provider: Provider, browser: TestClient) -> None:
    """Back from the provider, the person sees what the program asks for."""
    linked(desk, provider)
    query = request_of(registered(browser))
    page = browser.get(f"/oauth/authorize?{query}")
    assert provider.issuer in page.text
    out = browser.get(f"{OUTSIDE}/sign-in", params={"after": query})
    answer = through(browser, out.headers["location"])
    assert answer.headers["location"] == f"/oauth/authorize?{query}"
    assert MEMBER in browser.get(answer.headers["location"]).text


@pytest.mark.parametrize(
    "described",
    [{"issuer": "https://elsewhere.example"}, {"token_endpoint": "http://elsewhere.example/token"}, {"jwks_uri": 5}],
)
def test_a_provider_that_describes_another_is_not_asked(
    provider: Provider, browser: TestClient, described: dict[str, Any]
) -> None:
    """Its own name, and addresses that nobody on the way can change: else nobody goes out."""
    provider.described = described
    assert browser.get(f"{OUTSIDE}/sign-in").status_code == 503


def test_without_a_setting_there_is_none(desk: Desk) -> None:
    """Off by default."""
    browser = desk.browser()
    assert browser.get(f"{OUTSIDE}/sign-in").status_code == 404
    assert browser.post(f"{OUTSIDE}/invitation", json={"invitation": "x"}).status_code == 404
