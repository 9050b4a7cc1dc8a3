"""Passkeys through the door, what is good once under two hands at a time, and the experts that settings name."""

import hashlib
from base64 import urlsafe_b64decode
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from authenticator import Authenticator
from desk import AUTH, Desk, open_desk
from starlette.testclient import TestClient
from street import NOW

from domain.account import AccountRole
from domain.party import Expertise, Party, Role
from gridpact.clock import HandClock
from gridpact.people import admit_people
from gridpact.places import Places
from gridpact.settings import Settings
from gridpact.wiring import open_house, open_reception
from identity.passkey import Website
from memory import registry
from memory.access import accounts
from memory.database import Database
from services.access.who_asks import of_key

HTTPS = "https://market.example"


@pytest.fixture
def desk(database: Database, tmp_path: Path) -> Desk:
    return open_desk(database, tmp_path)


def test_a_passkey_signs_in_once_a_challenge(desk: Desk) -> None:
    """Made by a signed-in person, it opens a session; the same answer again, or its challenge, opens none."""
    app = desk.street.app(lambda doors: replace(doors, reception=replace(doors.reception, website=Website(HTTPS))))
    browser, device = TestClient(app, base_url=HTTPS), Authenticator()
    own = {"X-CSRF-Token": desk.sign_in(browser).json()["csrf"]}
    asked = browser.post(f"{AUTH}/passkeys/options", headers=own).json()
    made = {"name": "phone", "credential": device.make(urlsafe_b64decode(asked["challenge"] + "=="))}
    assert browser.post(f"{AUTH}/passkeys", json=made, headers=own).status_code == 201
    assert browser.post(f"{AUTH}/passkeys", json=made, headers=own).status_code == 401
    other, device.count = TestClient(app, base_url=HTTPS), 1
    asked = other.post(f"{AUTH}/passkeys/sign-in/options").json()
    answer = {"credential": device.sign(urlsafe_b64decode(asked["challenge"] + "=="))}
    assert other.post(f"{AUTH}/passkeys/sign-in", json=answer).status_code == 200
    assert other.get(f"{AUTH}/session").json()["fresh"] is True
    assert other.post(f"{AUTH}/passkeys/sign-in", json=answer).status_code == 401
    assert other.post(f"{AUTH}/passkeys/sign-in", json={"credential": {}}).status_code == 401


@pytest.mark.parametrize("means", ["one-time code", "recovery code"])
def test_what_is_good_once_opens_one_session_for_many_hands(desk: Desk, means: str) -> None:
    """Four requests at the same moment: the database lets one of them through."""
    good = desk.code() if means == "one-time code" else desk.recovery_codes[0]
    with ThreadPoolExecutor(4) as hands:
        answers = list(hands.map(lambda _: desk.sign_in(desk.browser(), code=good).status_code, range(4)))
    assert sorted(answers) == [200, 401, 401, 401]


def test_experts_of_the_settings_have_accounts_with_their_keys(database: Database, tmp_path: Path) -> None:
    """Each start finds them; the key decides in the expert's name and does nothing else."""
    with database.begin() as tx:
        registry.save_party(tx, Party("expert-legal", "Sato", Role.EXPERT, Expertise.LEGAL))
    named = {"expert-legal": hashlib.sha256(b"a configured key").hexdigest()}
    settings = Settings.model_validate({"database_url": database.url, "people": named})
    with open_house(settings, Places.of(tmp_path), HandClock(NOW), 1) as house:
        for _ in range(2):
            admit_people(house)
        asker = of_key(open_reception(house), "a configured key")
        with house.database.read() as tx:
            held = accounts.roles(tx, "expert-legal")
    assert asker is not None
    assert (asker.party, asker.roles) == ("expert-legal", frozenset({AccountRole.LEGAL}))
    assert asker.scopes == frozenset({"cases:decide", "cases:read", "market:read"})
    assert held == {AccountRole.LEGAL}
