"""The vault over the API: an admin who has just signed in, and never a secret in an answer."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from desk import MEMBER, Desk, open_desk
from starlette.testclient import TestClient

from domain.account import AccountRole
from identity.session_age import FRESH_MAX
from identity.vault import MasterKeys
from memory.access import accounts
from memory.access.accounts import RoleRow
from memory.database import Database
from services.access.vault import Vault

URL = "/api/v1/vault"
SECRET = "s3cr3t-of-the-bank"
NEW = {"If-None-Match": "*"}


@pytest.fixture
def desk(database: Database, tmp_path: Path) -> Desk:
    """A desk whose member is an admin too."""
    made = open_desk(database, tmp_path)
    with database.begin() as tx:
        accounts.give_role(tx, RoleRow(MEMBER, AccountRole.ADMIN, made.clock(), "test"))
    return made


def opened(desk: Desk, tmp_path: Path) -> tuple[TestClient, dict[str, str], Vault]:
    """A signed-in browser before an application with a vault."""
    vault = Vault(desk.street.steps, MasterKeys(tmp_path / "vault.key", os.urandom))
    app = desk.street.app(lambda doors: replace(doors, vault=lambda: vault))
    browser = TestClient(app, raise_server_exceptions=False)
    csrf = desk.sign_in(browser).json()["csrf"]
    return browser, {"X-CSRF-Token": csrf}, vault


def test_a_secret_is_set_by_its_tag_and_never_told(desk: Desk, tmp_path: Path) -> None:
    """New with If-None-Match, changed with the tag that was read; 428 and 412 otherwise, and no answer holds it."""
    browser, csrf, vault = opened(desk, tmp_path)

    def put(secret: str, **headers: str) -> Any:
        return browser.put(f"{URL}/bank", json={"secret": secret}, headers=csrf | headers)

    assert put(SECRET).status_code == 428
    answers = [put(SECRET, **NEW)]
    assert (answers[0].status_code, answers[0].json()["version"]) == (200, 1)
    assert put("other", **NEW).status_code == 412
    tag = answers[0].headers["etag"]
    answers += [put(SECRET + "2", **{"If-Match": tag}), put(SECRET + "3", **{"If-Match": tag})]
    assert [each.status_code for each in answers] == [200, 200, 412]
    assert vault.use("bank", len) == len(SECRET) + 1
    answers += [browser.get(URL), browser.get(f"{URL}/bank"), browser.post(f"{URL}/rotation", headers=csrf)]
    assert answers[-2].json()["used_at"] is not None
    assert answers[-1].json() == {"secrets": 1}
    assert vault.use("bank", len) == len(SECRET) + 1
    assert not [each.text for each in answers if SECRET in each.text]


def test_only_a_fresh_admin_keeps_the_vault(desk: Desk, tmp_path: Path) -> None:
    """Neither nobody, nor a key of an admin, nor an old sign-in, not even to list names."""
    browser, csrf, _ = opened(desk, tmp_path)
    assert browser.get(URL).status_code == 200
    key = browser.post("/api/v1/auth/keys", json={"name": "k", "scopes": ["accounts:write"]}, headers=csrf).json()[
        "key"
    ]
    stranger = TestClient(browser.app, raise_server_exceptions=False)
    assert stranger.get(URL).status_code == 401
    assert stranger.get(URL, headers={"Authorization": f"Bearer {key}"}).status_code == 401
    desk.clock.moment += FRESH_MAX
    assert [browser.get(URL).status_code, browser.post(f"{URL}/rotation", headers=csrf).status_code] == [403, 403]
