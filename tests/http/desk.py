"""A street whose clock moves, and a member who signs in there, for the tests of sign-in."""

from base64 import b32decode
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient
from street import NOW, Street, build

from domain.account import AccountRole
from gridpact.clock import HandClock
from identity.one_time_code import STEP, code, step_at
from memory.database import Database
from services.access.accounts import invite

AUTH = "/api/v1/auth"
PASSWORD = "eleven turnips under moonlight"
MEMBER = "aoki@example.jp"


@dataclass
class Desk:
    """A street whose clock moves, and a member who has taken its invitation up."""

    street: Street
    clock: HandClock
    secret: bytes = b""
    recovery_codes: tuple[str, ...] = ()

    def browser(self) -> TestClient:
        return TestClient(self.street.app(), raise_server_exceptions=False)

    def code(self) -> str:
        """The next code that was not used: the clock moves on for it."""
        self.clock.moment += STEP * 2
        return code(self.secret, step_at(self.clock.moment))

    def sign_in(self, browser: TestClient, **other: str) -> Any:
        form = {"login": MEMBER, "password": PASSWORD, "code": other.get("code") or self.code()}
        return browser.post(f"{AUTH}/sign-in", json=form | other)

    def signed_in(self) -> tuple[TestClient, dict[str, str]]:
        """A browser with a session, and the header that changes need."""
        browser = self.browser()
        answer = self.sign_in(browser)
        assert answer.status_code == 200, answer.text
        return browser, {"X-CSRF-Token": answer.json()["csrf"]}


def open_desk(database: Database, tmp_path: Path) -> Desk:
    street, clock = build(database, tmp_path), HandClock(NOW)
    street.steps = replace(street.steps, clock=clock)
    made = Desk(street, clock)
    invitation = invite(street.reception, "test", MEMBER, "P1", [AccountRole.MEMBER])
    browser = made.browser()
    shown = browser.post(f"{AUTH}/invitations/see", json={"invitation": invitation}).json()
    made.secret = b32decode(shown["secret"])
    form = {"invitation": invitation, "password": PASSWORD, "code": made.code()}
    taken = browser.post(f"{AUTH}/invitations/accept", json=form)
    assert taken.status_code == 201, taken.text
    made.recovery_codes = tuple(taken.json()["recovery_codes"])
    assert browser.post(f"{AUTH}/invitations/accept", json=form).status_code == 401
    return made
