"""Clients with keys of their own: assertions instead of secrets, and proofs that answer a nonce of the server."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from desk import Desk, open_desk
from joserfc import jwt
from joserfc.jwk import ECKey
from oauth_client import NUMBERS, TOKEN, Key, service
from served import served
from starlette.testclient import TestClient
from street import ORIGIN

from domain.account import AccountRole
from domain.errors import InputRefused
from identity.client_assertion import TYPE, read_assertion
from identity.dpop_nonce import LASTS, nonce_at, nonce_holds
from memory.database import Database
from services.access.accounts import give_role, register
from services.access.oauth_clients import register_keyed_service

PAIR = ECKey.generate_key("P-256")
PUBLIC: dict[str, Any] = PAIR.as_dict(private=False)


@pytest.fixture
def desk(database: Database, tmp_path: Path) -> Desk:
    return open_desk(database, tmp_path)


@pytest.fixture
def browser(desk: Desk) -> TestClient:
    return desk.browser()


def keyed(desk: Desk) -> str:
    """The id of a service that was registered with its public key."""
    reception = desk.street.reception
    with desk.street.database.begin() as tx:
        register(tx, reception, "test", "feed", "P1")
    give_role(reception, "test", "feed", AccountRole.CLIENT)
    return register_keyed_service(reception, "test", "meter feed", "feed", ["home:read"], PUBLIC).id


def asserted(desk: Desk, client: str, signer: ECKey = PAIR, **more: Any) -> dict[str, str]:
    """The form of a service that asks with an assertion, changed."""
    until = int((desk.clock.moment + timedelta(minutes=2)).timestamp())
    said = {"iss": client, "sub": client, "aud": f"{ORIGIN}/oauth/token", "jti": f"a{next(NUMBERS)}", "exp": until}
    text = jwt.encode({"alg": "ES256"}, said | more, signer, algorithms=["ES256"])
    return {"grant_type": "client_credentials", "client_assertion_type": TYPE, "client_assertion": text}


def ask(desk: Desk, browser: TestClient, form: dict[str, str]) -> Any:
    return browser.post(TOKEN, data=form, headers=Key().proof(desk, "POST", TOKEN))


def test_an_assertion_buys_one_token(desk: Desk, browser: TestClient) -> None:
    """The client need not be named beside it; said again it is worth nothing; the server's own name is an audience."""
    client = keyed(desk)
    form = asserted(desk, client)
    assert [ask(desk, browser, form).status_code for _ in range(2)] == [200, 401]
    assert ask(desk, browser, asserted(desk, client, aud=[ORIGIN])).json()["scope"] == "home:read"
    assert ask(desk, browser, asserted(desk, client) | {"client_id": client}).status_code == 200


WRONG: dict[str, Callable[[Desk, str], dict[str, str]]] = {
    "another key": lambda desk, client: asserted(desk, client, ECKey.generate_key("P-256")),
    "another subject": lambda desk, client: asserted(desk, client, sub="other"),
    "another audience": lambda desk, client: asserted(desk, client, aud="https://other.example/token"),
    "two audiences": lambda desk, client: asserted(desk, client, aud=[ORIGIN, "https://other.example"]),
    "expired": lambda desk, client: asserted(desk, client, exp=int(desk.clock.moment.timestamp()) - 61),
    "good for an hour": lambda desk, client: asserted(desk, client, exp=int(desk.clock.moment.timestamp()) + 3_600),
    "no id": lambda desk, client: asserted(desk, client, jti=""),
    "no end": lambda desk, client: asserted(desk, client, exp="soon"),
    "rubbish": lambda desk, client: asserted(desk, client) | {"client_assertion": "a.b.c"},
    "another type": lambda desk, client: asserted(desk, client) | {"client_assertion_type": "saml"},
    "a secret beside": lambda desk, client: asserted(desk, client) | {"client_secret": "x"},
    "another's name": lambda desk, client: asserted(desk, client) | {"client_id": "other"},
    "no assertion": lambda desk, client: {"grant_type": "client_credentials", "client_id": client},
}


@pytest.mark.parametrize("why", WRONG)
def test_an_assertion_that_is_not_the_clients_own_buys_none(desk: Desk, browser: TestClient, why: str) -> None:
    """Whatever is wrong with it, the answer is the same word."""
    answer = ask(desk, browser, WRONG[why](desk, keyed(desk)))
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


def test_a_client_with_a_secret_is_not_proven_by_an_assertion(desk: Desk, browser: TestClient) -> None:
    """Nor does a private key serve where a public one belongs."""
    form = service(desk, "home:read")
    assert ask(desk, browser, asserted(desk, form["client_id"])).status_code == 401
    private: dict[str, Any] = PAIR.as_dict(private=True)
    with pytest.raises(InputRefused):
        register_keyed_service(desk.street.reception, "test", "n", "feed", ["home:read"], private)
    assert read_assertion("", "c", PUBLIC, {ORIGIN}, desk.clock.moment) is None


def test_a_proof_answers_a_nonce_of_the_server(desk: Desk, browser: TestClient) -> None:
    """Without it, with another's or an old one the right one is told; nothing was spent by asking."""
    form, key = service(desk, "home:read"), Key()
    for nonce in ("", "guess", nonce_at(desk.street.steps.keys, desk.clock.moment - 2 * LASTS)):
        refused = browser.post(TOKEN, data=form, headers=key.proof(desk, "POST", TOKEN, nonce=nonce))
        assert (refused.status_code, refused.json()["error"]) == (400, "use_dpop_nonce")
    told = refused.headers["dpop-nonce"]
    taken = browser.post(TOKEN, data=form, headers=key.proof(desk, "POST", TOKEN, nonce=told))
    assert (taken.status_code, taken.headers["dpop-nonce"]) == (200, told)


def test_a_nonce_is_good_for_its_stretch_and_the_next(desk: Desk) -> None:
    """Nothing is kept, and it is the house's alone."""
    keys, start = desk.street.steps.keys, desk.clock.moment
    given = nonce_at(keys, start)
    assert nonce_holds(keys, given, start + LASTS)
    assert not nonce_holds(keys, given, start + 2 * LASTS)
    assert not nonce_holds(keys, given, start - LASTS)


def test_authlib_proves_itself_with_its_key(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another author's understanding of RFC 7523, over a socket; it knows no DPoP, so the proof is handed to it."""
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")
    client = keyed(desk)
    with served(desk.street) as origin:
        endpoint = f"{origin}/oauth/token"
        until = int((desk.clock.moment + timedelta(minutes=2)).timestamp())
        method = PrivateKeyJWT(endpoint, claims={"exp": until}, alg="ES256")
        peer = OAuth2Session(client, PAIR, token_endpoint_auth_method=method)
        headers = Key().proof(desk, "POST", TOKEN, htu=endpoint)
        token = peer.fetch_token(endpoint, grant_type="client_credentials", headers=headers)
    assert token["token_type"] == "DPoP"
