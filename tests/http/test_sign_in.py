"""Signing in at the door: password and code, invitations, sessions, keys, and what hostile callers get."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from desk import AUTH, MEMBER, PASSWORD, Desk, open_desk
from sqlalchemy import text
from starlette.testclient import TestClient
from street import NOW, ORIGIN

from domain.account import AccountRole, AccountState
from domain.errors import PermissionDenied, RuleBroken
from identity import lockout, session_age
from identity.authorisation import Kind, Principal
from identity.one_time_code import STEP
from identity.passkey import Website
from memory.access import accounts
from memory.database import Database
from services.access.accounts import confirm_role, give_role, invite, move_account, take_role
from services.access.api_keys import make_key, revoke_key
from services.access.who_asks import of_key

SECOND = Principal(Kind.PERSON, "second", "party-second", frozenset({AccountRole.ADMIN}), fresh=True)


@pytest.fixture
def desk(database: Database, tmp_path: Path) -> Desk:
    return open_desk(database, tmp_path)


def test_a_session_says_who_one_is(desk: Desk) -> None:
    """Account, party and roles, and that the sign-in is fresh."""
    browser, _ = desk.signed_in()
    told = browser.get(f"{AUTH}/session").json()
    assert (told["account"], told["party"], told["roles"], told["fresh"]) == (MEMBER, "P1", ["member"], True)


@pytest.mark.parametrize("wrong", [{"login": "nobody"}, {"password": "x" * 14}, {"code": "000000"}])
def test_a_refused_sign_in_tells_nothing(desk: Desk, wrong: dict[str, str]) -> None:
    """Unknown account, wrong password and wrong code get one answer, word for word."""
    answer = desk.sign_in(desk.browser(), **wrong)
    assert (answer.status_code, answer.json()["detail"]) == (401, "login, password and code do not fit together")
    assert "set-cookie" not in answer.headers


def test_a_code_is_good_once(desk: Desk) -> None:
    """Whoever looked over a shoulder comes too late."""
    used = desk.code()
    assert desk.sign_in(desk.browser(), code=used).status_code == 200
    assert desk.sign_in(desk.browser(), code=used).status_code == 401


def test_a_recovery_code_is_good_once(desk: Desk) -> None:
    """It stands in for the authenticator, one time each."""
    first, second, *_ = desk.recovery_codes
    assert [desk.sign_in(desk.browser(), code=each).status_code for each in (first, first, second)] == [200, 401, 200]


@pytest.mark.parametrize("login", [MEMBER, "nobody@example.jp"])
def test_guessing_makes_waiting_whether_the_account_exists_or_not(desk: Desk, login: str) -> None:
    """Five guesses are free; then the right password waits too, and one success clears the count."""
    for _ in range(lockout.FREE_OF_ACCOUNT):
        assert desk.sign_in(desk.browser(), login=login, password="a guess of a password", code="0").status_code == 401
    answer = desk.sign_in(desk.browser(), login=login, code="1")
    assert answer.status_code in {401, 429}
    desk.clock.moment -= STEP  # the helper moved the clock past the first wait
    for _ in range(6):
        answer = desk.browser().post(f"{AUTH}/sign-in", json={"login": login, "password": "guess", "code": "0"})
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) >= 1
    desk.clock.moment += lockout.DELAY_MAX
    assert desk.sign_in(desk.browser(), login=login).status_code == (200 if login == MEMBER else 401)


def test_guesses_fill_no_table(desk: Desk) -> None:
    """Who has to wait is written down nowhere, and what failed is forgotten after a day."""

    def kept() -> int:
        with desk.street.database.read() as tx:
            return int(tx.execute(text("SELECT count(*) FROM attempt")).scalar_one())

    guess = {"password": "guess", "code": "0"}
    for place in range(lockout.FREE_OF_ADDRESS + 5):
        desk.browser().post(f"{AUTH}/sign-in", json=guess | {"login": f"nobody-{place}@example.jp"})
    assert kept() == lockout.FREE_OF_ADDRESS + 1
    desk.clock.moment += timedelta(days=2)
    desk.browser().post(f"{AUTH}/sign-in", json=guess | {"login": "last@example.jp"})
    assert kept() == 2


def test_a_session_token_that_came_along_is_never_kept(desk: Desk) -> None:
    """Fixation: whatever cookie a stranger planted, the session after sign-in is a new one, and the old one ends."""
    browser, _ = desk.signed_in()
    before = browser.cookies["gridpact"]
    assert desk.sign_in(browser).status_code == 200
    assert browser.cookies["gridpact"] != before
    stranger = desk.browser()
    stranger.cookies.set("gridpact", before)
    assert stranger.get(f"{AUTH}/session").status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-CSRF-Token": "guess"},
        {"own": "", "Origin": "https://evil.example"},
        {"own": "", "Origin": "null"},
        {"own": "", "Sec-Fetch-Site": "cross-site"},
        {"own": "", "Sec-Fetch-Site": "same-site"},
    ],
)
def test_another_site_changes_nothing_under_the_cookie(desk: Desk, headers: dict[str, str]) -> None:
    """Without the session's own token, or with a sign of another site, a change is refused and the session stays."""
    browser, own = desk.signed_in()
    sent = {name: value for name, value in headers.items() if name != "own"} | (own if "own" in headers else {})
    assert browser.post(f"{AUTH}/sign-out", headers=sent).status_code == 403
    assert browser.get(f"{AUTH}/session").status_code == 200
    assert browser.post(f"{AUTH}/sign-out", headers={**own, "Origin": ORIGIN}).status_code == 204
    assert browser.get(f"{AUTH}/session").status_code == 401


def test_nobody_is_signed_in_from_another_site(desk: Desk) -> None:
    """Nor into a stranger's account."""
    form = {"login": MEMBER, "password": PASSWORD, "code": desk.code()}
    evil = {"Origin": "https://evil.example"}
    assert desk.browser().post(f"{AUTH}/sign-in", json=form, headers=evil).status_code == 403
    assert desk.browser().post(f"{AUTH}/sign-in", data=form).status_code == 415


@pytest.mark.parametrize("away", [session_age.IDLE_MAX, session_age.AGE_MAX])
def test_a_session_ends_by_itself(desk: Desk, away: timedelta) -> None:
    """After a pause, and after a day's work however busy."""
    browser, _ = desk.signed_in()
    step = min(away, session_age.IDLE_MAX - timedelta(minutes=1))
    gone = timedelta()
    while away == session_age.AGE_MAX and gone + step < away:
        desk.clock.moment, gone = desk.clock.moment + step, gone + step
        assert browser.get(f"{AUTH}/session").status_code == 200
    desk.clock.moment += away - gone
    assert browser.get(f"{AUTH}/session").status_code == 401


def test_the_cookie_is_out_of_reach_of_scripts_and_other_hosts(desk: Desk) -> None:
    """HttpOnly and Lax everywhere; over https also Secure and bound to this host by its name."""
    plain = desk.sign_in(desk.browser()).headers["set-cookie"]
    assert "HttpOnly" in plain
    assert "SameSite=lax" in plain
    secure = desk.street.app(
        lambda doors: replace(doors, reception=replace(doors.reception, website=Website("https://testserver")))
    )
    browser = TestClient(secure, base_url="https://testserver")
    cookie = desk.sign_in(browser).headers["set-cookie"]
    assert cookie.startswith("__Host-gridpact=")
    assert all(word in cookie for word in ("HttpOnly", "Secure", "SameSite=lax", "Path=/"))
    assert "Domain" not in cookie


def test_one_sees_and_ends_ones_own_sessions_only(desk: Desk) -> None:
    """The other browser is signed out at once; an id of nobody is not found."""
    first, _ = desk.signed_in()
    second, own = desk.signed_in()
    listed = second.get(f"{AUTH}/sessions").json()["items"]
    other = next(each["id"] for each in listed if each["id"] == first.get(f"{AUTH}/session").json()["session"])
    assert second.delete(f"{AUTH}/sessions/{other}", headers=own).status_code == 204
    assert first.get(f"{AUTH}/session").status_code == 401
    assert second.delete(f"{AUTH}/sessions/{other}", headers=own).status_code == 404


def test_changing_how_one_signs_in_takes_a_fresh_sign_in(desk: Desk) -> None:
    """Whoever finds an open screen changes nothing."""
    browser, own = desk.signed_in()
    desk.clock.moment += session_age.FRESH_MAX
    answer = browser.post(f"{AUTH}/password", json={"password": "another turnip, twelve"}, headers=own)
    assert (answer.status_code, "fresh" in answer.json()["detail"]) == (403, True)
    browser, own = desk.signed_in()
    assert browser.post(f"{AUTH}/password", json={"password": "Passw0rd1234"}, headers=own).status_code == 422
    new = "another turnip, twelve"
    assert browser.post(f"{AUTH}/password", json={"password": new}, headers=own).status_code == 204
    assert browser.get(f"{AUTH}/session").status_code == 401
    assert desk.sign_in(desk.browser()).status_code == 401
    assert desk.sign_in(desk.browser(), password=new).status_code == 200


def test_a_locked_account_is_out_at_once_and_comes_back_unlocked(desk: Desk) -> None:
    """Its sessions and its keys too."""
    browser, _ = desk.signed_in()
    reception = desk.street.reception
    key = make_key(reception, "test", MEMBER, "k", ["home:read"])
    move_account(reception, "test", MEMBER, AccountState.LOCKED)
    assert browser.get(f"{AUTH}/session").status_code == 401
    assert of_key(reception, key) is None
    assert desk.sign_in(desk.browser()).status_code == 401
    move_account(reception, "test", MEMBER, AccountState.ACTIVE)
    assert desk.sign_in(desk.browser()).status_code == 200


def test_only_an_admin_invites_and_nobody_raises_oneself(desk: Desk) -> None:
    """A role counts from the next request on and ends with the next one."""
    browser, own = desk.signed_in()
    form = {"login": "x", "party": "E-legal", "roles": ["legal"]}
    reception = desk.street.reception
    assert browser.post(f"{AUTH}/invitations", json=form, headers=own).status_code == 403
    give_role(reception, "test", MEMBER, AccountRole.ADMIN)
    assert browser.post(f"{AUTH}/invitations", json=form, headers=own).status_code == 201
    assert browser.post(f"{AUTH}/invitations", json={**form, "party": "P1"}, headers=own).status_code == 403
    take_role(reception, "test", MEMBER, AccountRole.ADMIN)
    assert browser.post(f"{AUTH}/invitations", json=form, headers=own).status_code == 403


def test_a_role_of_weight_counts_once_a_second_admin_confirmed_it(desk: Desk) -> None:
    """Nobody makes or takes over the second person alone: not by inviting, not by inviting again, not by confirming
    what is one's own gift or one's own role."""
    browser, own = desk.signed_in()
    reception = desk.street.reception
    give_role(reception, "test", MEMBER, AccountRole.ADMIN)
    form = {"login": "x", "party": "E-legal", "roles": ["legal", "member"]}
    confirm = f"{AUTH}/accounts/x/roles/legal/confirmation"

    def held() -> frozenset[AccountRole]:
        with reception.steps.database.read() as tx:
            return accounts.roles(tx, "x")

    assert browser.post(f"{AUTH}/invitations", json=form, headers=own).status_code == 201
    assert held() == {AccountRole.MEMBER}
    assert browser.post(confirm, headers=own).status_code == 403
    confirm_role(reception, SECOND, "x", AccountRole.LEGAL)
    assert held() == {AccountRole.MEMBER, AccountRole.LEGAL}
    with pytest.raises(RuleBroken, match="no role legal of account x waits"):
        confirm_role(reception, SECOND, "x", AccountRole.LEGAL)
    assert browser.post(f"{AUTH}/invitations", json={**form, "roles": []}, headers=own).status_code == 201
    assert held() == {AccountRole.MEMBER}
    assert browser.post(confirm, headers=own).status_code == 403
    with pytest.raises(PermissionDenied):
        confirm_role(reception, replace(SECOND, account="x", party="E-legal"), "x", AccountRole.LEGAL)
    give_role(reception, "command line", "x", AccountRole.LEGAL)
    assert AccountRole.LEGAL in held()


@pytest.mark.parametrize("late", [timedelta(days=7), timedelta(days=8)])
def test_an_invitation_is_good_for_a_week_and_replaced_by_the_next(desk: Desk, late: timedelta) -> None:
    """One invitation an account, and none for ever."""
    reception = desk.street.reception
    first = invite(reception, "test", "new", "P1", [])
    second = invite(reception, "test", "new", "P1", [])
    see = f"{AUTH}/invitations/see"
    assert desk.browser().post(see, json={"invitation": first}).status_code == 401
    assert desk.browser().post(see, json={"invitation": second}).status_code == 200
    desk.clock.moment += late
    assert desk.browser().post(see, json={"invitation": second}).status_code == 401


def test_a_key_does_what_its_scopes_name_until_it_is_revoked(desk: Desk) -> None:
    """It never changes how its owner signs in, and is listed without what opens anything."""
    give_role(desk.street.reception, "test", MEMBER, AccountRole.AUDITOR)
    browser, own = desk.signed_in()
    form = {"name": "meter", "scopes": ["cases:read"], "days": 10}
    key = browser.post(f"{AUTH}/keys", json=form, headers=own).json()["key"]
    assert key.startswith("gpk_")
    bearer = {"Authorization": f"Bearer {key}"}
    program = desk.browser()
    assert program.get("/api/v1/cases", headers=bearer).status_code == 200
    assert program.get(f"{AUTH}/keys", headers=bearer).status_code == 401
    (listed,) = browser.get(f"{AUTH}/keys").json()["items"]
    assert key not in str(listed)
    assert browser.delete(f"{AUTH}/keys/{listed['id']}", headers=own).status_code == 204
    assert program.get("/api/v1/cases", headers=bearer).status_code == 401


@pytest.mark.parametrize("end", ["too old", "revoked"])
def test_a_key_ends(desk: Desk, end: str) -> None:
    """On its day, or when somebody says so."""
    reception = desk.street.reception
    key = make_key(reception, "test", MEMBER, "k", ["home:read"], 1)
    assert of_key(reception, key) is not None
    if end == "revoked":
        found = desk.signed_in()[0].get(f"{AUTH}/keys").json()["items"]
        revoke_key(reception, "test", found[0]["id"])
    else:
        desk.clock.moment += timedelta(days=1)
    assert of_key(reception, key) is None


def test_an_unknown_scope_or_field_makes_no_key(desk: Desk) -> None:
    """Every fault is named; a changed form is not half understood."""
    browser, own = desk.signed_in()
    for form in (
        {"name": "k", "scopes": ["all"]},
        {"name": "k", "scopes": []},
        {"name": "k", "scopes": ["home:read"], "x": 1},
    ):
        assert browser.post(f"{AUTH}/keys", json=form, headers=own).status_code == 422


def test_what_is_signed_in_the_log_names_who_and_when(desk: Desk) -> None:
    """The journal holds every change of an account, and no secret."""
    from memory.books import journal

    with desk.street.database.read() as tx:
        found = [entry for entry in journal.entries(tx) if entry.kind.startswith("account.")]
    kinds = [entry.kind for entry in found if entry.subject == MEMBER]
    assert kinds == [
        "account.made",
        "account.role_given",
        "account.invited",
        "account.invitation_accepted",
        "account.signed_in",
    ]
    assert PASSWORD not in str(found)
    assert all(entry.at >= datetime(2026, 5, 20, tzinfo=NOW.tzinfo) for entry in found)
