"""OAuth at the door: a person grants a program access, within bounds; and what thieves and forgers get."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from desk import AUTH, Desk, open_desk
from loopback import served
from oauth_client import (
    AUTHORIZE,
    CHALLENGE,
    REDIRECT,
    TOKEN,
    Key,
    code_for,
    code_form,
    decided,
    registered,
    request_of,
    service,
    signed_in,
)
from starlette.testclient import TestClient
from street import ORIGIN

from domain.account import AccountState
from gateways.http import events
from gateways.http.events import SSE_BEGIN
from identity.dpop import SKEW
from identity.token_life import GRANT_LASTS, LASTS, TokenKind
from memory.database import Database
from services.access.accounts import move_account
from services.access.oauth_clients import OF_ADDRESS_MAX, UNUSED_LASTS, revoke_client

HOME = "/api/v1/orders?slot=1"
WEEK = timedelta(days=7)


@pytest.fixture
def desk(database: Database, tmp_path: Path) -> Desk:
    return open_desk(database, tmp_path)


@pytest.fixture
def browser(desk: Desk) -> TestClient:
    return desk.browser()


def tokens_for(desk: Desk, browser: TestClient, client: str, **more: str) -> dict[str, Any]:
    """What a client gets that asked a person."""
    answer = browser.post(TOKEN, data=code_form(client, code_for(desk, browser, client, **more)))
    assert answer.status_code == 200, answer.text
    made: dict[str, Any] = answer.json()
    return made


def seen(desk: Desk, token: str, path: str = HOME) -> int:
    """The status of a look at one's home under a token."""
    return desk.browser().get(path, headers={"Authorization": f"Bearer {token}"}).status_code


def test_a_program_gets_what_its_person_granted(desk: Desk, browser: TestClient) -> None:
    """Sign in, consent, code, token; state and issuer come back; a scope that was unticked is not in the token."""
    client = registered(browser)
    page = signed_in(desk, browser, request_of(client))
    answer = decided(browser, page, scopes=["home:read"])
    assert (answer["state"], answer["iss"]) == ("st&te", ORIGIN)
    made = browser.post(TOKEN, data=code_form(client, answer["code"])).json()
    assert (made["token_type"], made["scope"]) == ("Bearer", "home:read")
    assert seen(desk, made["access_token"]) == 200
    order = desk.browser().post(
        "/api/v1/orders", json={}, headers={"Authorization": f"Bearer {made['access_token']}", "Idempotency-Key": "a"}
    )
    assert (order.status_code, "keys-do-what-their-scopes-name" in order.text) == (403, True)


def test_an_access_token_is_good_for_minutes(desk: Desk, browser: TestClient) -> None:
    """After that the refresh token makes another, for at most thirty days."""
    client = registered(browser)
    made = tokens_for(desk, browser, client)
    desk.clock.moment += LASTS[TokenKind.ACCESS]
    assert seen(desk, made["access_token"]) == 401
    statuses = []
    for _ in range(GRANT_LASTS // WEEK + 2):
        form = {"grant_type": "refresh_token", "refresh_token": made["refresh_token"], "client_id": client}
        again = browser.post(TOKEN, data=form)
        made = made | again.json()
        statuses.append((again.status_code, seen(desk, made["access_token"])))
        desk.clock.moment += WEEK
    assert statuses == [(200, 200)] * 5 + [(400, 401)]


@pytest.mark.parametrize("stolen", ["code", "refresh"])
def test_what_is_good_once_ends_the_grant_when_it_comes_twice(desk: Desk, browser: TestClient, stolen: str) -> None:
    """Whoever stole it, or was robbed, came too late: every token of the grant is dead."""
    client = registered(browser)
    code = code_for(desk, browser, client)
    first = browser.post(TOKEN, data=code_form(client, code)).json()
    rotate = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"], "client_id": client}
    second = browser.post(TOKEN, data=rotate).json()
    assert seen(desk, second["access_token"]) == 200
    again = browser.post(TOKEN, data=code_form(client, code) if stolen == "code" else rotate)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    assert [seen(desk, each["access_token"]) for each in (first, second)] == [401, 401]
    rotate["refresh_token"] = second["refresh_token"]
    assert browser.post(TOKEN, data=rotate).status_code == 400


@pytest.mark.parametrize(
    "wrong",
    [
        {"code_verifier": "b" * 43},
        {"code_verifier": ""},
        {"code_verifier": CHALLENGE},
        {"redirect_uri": "http://127.0.0.1:7778/back"},
        {"code": "gpc_guess"},
        {"resource": f"{ORIGIN}/mcp"},
    ],
)
def test_a_code_is_worth_nothing_without_what_belongs_to_it(
    desk: Desk, browser: TestClient, wrong: dict[str, str]
) -> None:
    """Verifier, address and resource must be those of the request; the honest client then still gets its token."""
    client = registered(browser)
    code = code_for(desk, browser, client)
    refused = browser.post(TOKEN, data=code_form(client, code) | wrong)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")
    assert browser.post(TOKEN, data=code_form(client, code)).status_code == 200


def test_a_code_is_for_the_client_that_asked_and_for_a_minute(desk: Desk, browser: TestClient) -> None:
    """Another client's exchange and a late one are refused."""
    client, other = registered(browser), registered(browser)
    code = code_for(desk, browser, client)
    assert browser.post(TOKEN, data=code_form(other, code)).status_code == 400
    desk.clock.moment += LASTS[TokenKind.CODE]
    assert browser.post(TOKEN, data=code_form(client, code)).status_code == 400


def test_a_token_of_one_resource_opens_no_other(desk: Desk, browser: TestClient) -> None:
    """A token for the MCP server is unknown at the API."""
    made = tokens_for(desk, browser, registered(browser), resource=f"{ORIGIN}/mcp")
    assert seen(desk, made["access_token"]) == 401


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": ""}, "invalid_request"),
        ({"scope": "cases:decide"}, "invalid_scope"),
        ({"scope": "market:read payments:write"}, "invalid_scope"),
        ({"scope": "mandate:write"}, "invalid_scope"),
        ({"resource": "https://elsewhere.example/mcp"}, "invalid_target"),
    ],
)
def test_a_wrong_request_goes_back_with_the_word_for_it(
    desk: Desk, browser: TestClient, change: dict[str, str], error: str
) -> None:
    """To the client's own address, once somebody is signed in: anybody registers an address, and strangers are not
    sent there. What approves, pays or changes mandates can be granted to nobody."""
    client = registered(browser)
    query = request_of(client, **change)
    unknown = browser.get(f"{AUTHORIZE}?{query}", follow_redirects=False)
    assert (unknown.status_code, unknown.headers.get("location")) == (400, None)
    signed_in(desk, browser, request_of(client))
    answer = browser.get(f"{AUTHORIZE}?{query}", follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith(REDIRECT)
    assert f"error={error}" in answer.headers["location"]


@pytest.mark.parametrize(
    "change",
    [
        {"client_id": "nobody"},
        {"redirect_uri": "https://evil.example/back"},
        {"redirect_uri": "http://127.0.0.1:7777/back/../evil"},
        {"redirect_uri": "http://127.0.0.1:7777@evil.example/back"},
        {"redirect_uri": "http://localhost:7777/back"},
        {"redirect_uri": "javascript:alert(1)"},
        {"redirect_uri": ""},
    ],
)
def test_a_stranger_s_address_gets_no_answer(browser: TestClient, change: dict[str, str]) -> None:
    """The person sees a page; nobody is sent anywhere."""
    answer = browser.get(f"{AUTHORIZE}?{request_of(registered(browser), **change)}", follow_redirects=False)
    assert (answer.status_code, "location" in answer.headers) == (400, False)
    assert "Nothing was granted" in answer.text


def test_the_own_machine_s_port_may_differ(desk: Desk, browser: TestClient) -> None:
    """A program without a server listens on whichever port is free."""
    other = "http://127.0.0.1:50123/back"
    client = registered(browser)
    code = code_for(desk, browser, client, redirect_uri=other)
    assert browser.post(TOKEN, data=code_form(client, code, redirect_uri=other)).status_code == 200


@pytest.mark.parametrize(
    "redirect",
    [
        "http://market.example/back",
        "https://a.example/#fragment",
        "https://user@a.example/",
        "ftp://a.example/",
        "/back",
        "https://a.example/ b",
        "https://a.example/" + "x" * 600,
        "https://a.example:99999/",
    ],
)
def test_a_client_registers_safe_addresses_only(browser: TestClient, redirect: str) -> None:
    """Https, or the person's own machine."""
    answer = browser.post("/oauth/register", json={"redirect_uris": [redirect]})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_redirect_uri")


def test_registrations_are_bounded_and_forgotten(desk: Desk, browser: TestClient) -> None:
    """So many from one address; those that nobody granted anything are gone after a day."""
    used, *_ = [registered(browser) for _ in range(OF_ADDRESS_MAX)]
    tokens_for(desk, browser, used)
    full = browser.post("/oauth/register", json={"redirect_uris": [REDIRECT]})
    assert (full.status_code, full.json()["error"]) == (429, "temporarily_unavailable")
    desk.clock.moment += UNUSED_LASTS
    assert tokens_for(desk, browser, registered(browser))["scope"]
    assert tokens_for(desk, browser, used)["scope"]


def test_the_page_says_who_asks_for_what_and_within_which_limits(desk: Desk, browser: TestClient) -> None:
    """In both languages, without script, safe against a hostile name, framed by nobody."""
    query = request_of(registered(browser, name="<script>alert(1)</script>"))
    page = signed_in(desk, browser, query)
    assert "&lt;script&gt;alert(1)" in page.text
    assert "<script" not in page.text
    assert "127.0.0.1:7777" in page.text
    assert "inside your mandate" in page.text
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "script-src" not in policy
    japanese = browser.get(f"{AUTHORIZE}?{query}&ui_locales=ja")
    assert ('lang="ja"' in japanese.text, "許可する" in japanese.text) == (True, True)


@pytest.mark.parametrize(
    ("change", "headers"),
    [
        ({"csrf": "guess"}, {}),
        ({}, {"Origin": "https://evil.example"}),
        ({}, {"Origin": "null"}),
        ({}, {"Sec-Fetch-Site": "cross-site"}),
    ],
)
def test_another_site_grants_nothing(
    desk: Desk, browser: TestClient, change: dict[str, str], headers: dict[str, str]
) -> None:
    """Only the page itself, in the session that it was shown to."""
    query = request_of(registered(browser))
    csrf = signed_in(desk, browser, query).text.split('name="csrf" value="')[1].split('"')[0]
    form = {"request": query, "csrf": csrf, "decision": "allow", "scope": "home:read"} | change
    assert browser.post(AUTHORIZE, data=form, headers=headers, follow_redirects=False).status_code == 403
    again = browser.post(AUTHORIZE, data=form | {"csrf": csrf}, follow_redirects=False)
    assert "code=" in again.headers["location"]


def test_refusing_goes_back_as_a_refusal(desk: Desk, browser: TestClient) -> None:
    """The program learns that it got nothing."""
    page = signed_in(desk, browser, request_of(registered(browser)))
    assert decided(browser, page, "deny")["error"] == "access_denied"


def test_granting_takes_a_fresh_sign_in(desk: Desk, browser: TestClient) -> None:
    """Somebody who finds an open browser grants nothing."""
    query = request_of(registered(browser))
    page = signed_in(desk, browser, query)
    desk.clock.moment += timedelta(minutes=6)
    assert 'name="password"' in browser.get(f"{AUTHORIZE}?{query}").text
    csrf = page.text.split('name="csrf" value="')[1].split('"')[0]
    form = {"request": query, "csrf": csrf, "decision": "allow", "scope": "home:read"}
    late = browser.post(AUTHORIZE, data=form, follow_redirects=False)
    assert ('name="password"' in late.text, "location" in late.headers) == (True, False)


def test_a_wrong_password_shows_the_page_again(desk: Desk, browser: TestClient) -> None:
    """With the words of the API, and no session."""
    form = {"request": request_of(registered(browser)), "login": "nobody", "password": "x", "code": "0"}
    answer = browser.post("/oauth/sign-in", data=form)
    assert (answer.status_code, "do not fit together" in answer.text) == (401, True)
    assert "set-cookie" not in answer.headers


def test_a_person_takes_a_grant_back(desk: Desk, browser: TestClient) -> None:
    """It is listed, ended, and opens nothing; nobody ends another's."""
    made = tokens_for(desk, browser, registered(browser))
    own, header = desk.signed_in()
    (listed,) = own.get(f"{AUTH}/grants").json()["items"]
    assert (listed["name"], listed["scopes"]) == ("Helpful", ["market:read", "home:read", "orders:write"])
    assert own.delete(f"{AUTH}/grants/guess", headers=header).status_code == 422
    assert own.delete(f"{AUTH}/grants/{listed['id']}", headers=header).status_code == 204
    assert seen(desk, made["access_token"]) == 401
    assert own.get(f"{AUTH}/grants").json()["items"] == []


@pytest.mark.parametrize("which", ["access_token", "refresh_token"])
def test_a_client_gives_a_token_back(desk: Desk, browser: TestClient, which: str) -> None:
    """The answer is the same for a known and an unknown token, and for another client's, which stays."""
    client, other = registered(browser), registered(browser)
    made = tokens_for(desk, browser, client)
    for who, expected in ((other, 200), (client, 401)):
        assert browser.post("/oauth/revoke", data={"client_id": who, "token": made[which]}).status_code == 200
        assert seen(desk, made["access_token"]) == expected


def test_a_locked_account_s_tokens_open_nothing(desk: Desk, browser: TestClient) -> None:
    """Account and roles are read with each request."""
    made = tokens_for(desk, browser, registered(browser))
    move_account(desk.street.reception, "test", "aoki@example.jp", AccountState.LOCKED)
    assert seen(desk, made["access_token"]) == 401


def test_a_service_s_token_is_bound_to_its_key(desk: Desk, browser: TestClient) -> None:
    """Without a proof there is none; with the token alone, another key, address, method or moment nothing opens."""
    form, key = service(desk, "home:read", "orders:write"), Key()
    assert browser.post(TOKEN, data=form).json()["error"] == "invalid_dpop_proof"
    made = browser.post(TOKEN, data=form, headers=key.proof(desk, "POST", TOKEN)).json()
    assert (made["token_type"], made["scope"], "refresh_token" in made) == ("DPoP", "home:read", False)
    token, path = made["access_token"], "/api/v1/orders"
    bound = {"Authorization": f"DPoP {token}"}
    good = key.proof(desk, "GET", path, token)
    looked = [browser.get(HOME, headers=bound | good).status_code for _ in range(2)]
    assert looked == [200, 401]
    late = {"iat": int((desk.clock.moment - SKEW).timestamp()) - 2}
    for headers in (
        {"Authorization": f"Bearer {token}"},
        bound,
        bound | Key().proof(desk, "GET", path, token),
        bound | key.proof(desk, "POST", path, token),
        bound | key.proof(desk, "GET", "/api/v1/cases", token),
        bound | key.proof(desk, "GET", path),
        bound | key.proof(desk, "GET", path, token, **late),
        bound | {"DPoP": "no.proof.atall"},
        {"Authorization": f"Bearer {token}"} | key.proof(desk, "GET", path, token),
    ):
        refused = browser.get(HOME, headers=headers)
        assert (refused.status_code, "invalid_token" in refused.headers["www-authenticate"]) == (401, True)


def test_a_stream_under_a_bound_token_lasts_until_its_client_is_gone(
    desk: Desk, browser: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its one proof opened it; nobody asks for that proof again, but account, grant and scopes count at every look."""
    monkeypatch.setattr(events, "POLL_S", 0.01)
    form, key, path = service(desk, "market:read"), Key(), "/api/v1/events/stream"
    token = browser.post(TOKEN, data=form, headers=key.proof(desk, "POST", TOKEN)).json()["access_token"]
    headers = {"Authorization": f"DPoP {token}"} | key.proof(desk, "GET", path, token)
    with (
        served(desk.street.app()) as address,
        httpx2.Client(base_url=address, timeout=10) as client,
        client.stream("GET", path, headers=headers) as answer,
    ):
        lines = answer.iter_lines()
        assert [next(lines) for _ in range(2)] == SSE_BEGIN.split("\n")[:2]
        said = {"reason": "smoke in cellar 1", "contact": "the caretaker"}
        assert desk.street.client.post("/api/v1/grid/stop", json=said).status_code == 202
        assert "market.stopped" in [next(lines) for _ in range(3)][1]
        revoke_client(desk.street.reception, "test", form["client_id"])
        assert [each for each in lines if each] == []


def test_a_proof_buys_one_token(desk: Desk, browser: TestClient) -> None:
    """Whoever overhears a request repeats it in vain; a wrong secret buys none; more than registered is refused."""
    form, key = service(desk, "home:read"), Key()
    proof = key.proof(desk, "POST", TOKEN)
    assert [browser.post(TOKEN, data=form, headers=proof).status_code for _ in range(2)] == [200, 400]
    wrong = form | {"client_secret": "guess"}
    assert browser.post(TOKEN, data=wrong, headers=key.proof(desk, "POST", TOKEN)).status_code == 401
    more = form | {"scope": "home:read orders:write"}
    answer = browser.post(TOKEN, data=more, headers=key.proof(desk, "POST", TOKEN))
    assert answer.json()["error"] == "invalid_scope"


def test_a_person_s_program_may_bind_its_tokens(desk: Desk, browser: TestClient) -> None:
    """Then refreshing takes the same key too."""
    client, key = registered(browser), Key()
    form = code_form(client, code_for(desk, browser, client))
    made = browser.post(TOKEN, data=form, headers=key.proof(desk, "POST", TOKEN)).json()
    assert made["token_type"] == "DPoP"
    rotate = {"grant_type": "refresh_token", "refresh_token": made["refresh_token"], "client_id": client}
    assert browser.post(TOKEN, data=rotate).status_code == 400
    assert browser.post(TOKEN, data=rotate, headers=Key().proof(desk, "POST", TOKEN)).status_code == 400
    assert browser.post(TOKEN, data=rotate, headers=key.proof(desk, "POST", TOKEN)).status_code == 200


def test_a_revoked_client_is_nobody(desk: Desk, browser: TestClient) -> None:
    """Its tokens die with it."""
    client = registered(browser)
    made = tokens_for(desk, browser, client)
    revoke_client(desk.street.reception, "test", client)
    assert seen(desk, made["access_token"]) == 401
    again = {"grant_type": "refresh_token", "refresh_token": made["refresh_token"], "client_id": client}
    assert browser.post(TOKEN, data=again).status_code == 401


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({}, 400, "invalid_request"),
        ({"grant_type": ["refresh_token", "refresh_token"]}, 400, "invalid_request"),
        ({"grant_type": "refresh_token"}, 401, "invalid_client"),
        ({"grant_type": "x" * 20_000}, 400, "invalid_request"),
        ({"grant_type": "a\x00"}, 400, "invalid_request"),
    ],
)
def test_a_token_request_out_of_form_is_refused(
    browser: TestClient, form: dict[str, Any], status: int, error: str
) -> None:
    """In OAuth's own words."""
    answer = browser.post(TOKEN, data=form)
    assert (answer.status_code, answer.json()["error"]) == (status, error)


def test_what_the_server_says_of_itself_is_there(browser: TestClient) -> None:
    """Every address of the metadata answers, and both resources name this server."""
    told = browser.get("/.well-known/oauth-authorization-server").json()
    for name in ("authorization_endpoint", "token_endpoint", "registration_endpoint", "revocation_endpoint"):
        path = told[name].removeprefix(ORIGIN)
        assert browser.post(path).status_code not in {404, 405, 500}
    for path in ("/mcp", "/api/v1"):
        resource = browser.get(f"/.well-known/oauth-protected-resource{path}").json()
        assert (resource["resource"], resource["authorization_servers"]) == (ORIGIN + path, [ORIGIN])
    assert browser.get("/.well-known/oauth-protected-resource").status_code == 404
