"""A member's bills as a page: its own month with links to the files, in both languages, and nobody else's."""

from base64 import b32decode
from pathlib import Path

import pytest
from april import settle
from office import PASSWORD, Office, open_office
from starlette.testclient import TestClient

from domain.account import AccountRole
from identity.one_time_code import STEP, code, step_at
from memory.database import Database
from services.access.accounts import invite
from services.access.invitations import accept_invitation, see_invitation

LOGIN = "aoki@example.jp"


@pytest.fixture
def office(database: Database, tmp_path: Path) -> Office:
    """The office, and a settled April day of the second home."""
    made = open_office(database, tmp_path)
    with database.begin() as tx:
        settle(tx, 48)
    return made


def signed_in(office: Office) -> TestClient:
    """A browser of the member who holds the second home."""
    street = office.street
    invitation = invite(street.reception, "test", LOGIN, "P2", [AccountRole.MEMBER])
    secret = b32decode(see_invitation(street.reception, invitation)["secret"])

    def next_code() -> str:
        office.clock.moment += STEP * 2
        return code(secret, step_at(office.clock.moment))

    accept_invitation(street.reception, invitation, PASSWORD, next_code(), "test")
    browser = office.browser()
    answer = browser.post("/ja/sign-in", data={"login": LOGIN, "password": PASSWORD, "code": next_code()})
    assert answer.status_code == 303, answer.text
    return browser


def test_a_member_reads_its_bill_and_finds_the_files(office: Office) -> None:
    """Number, sum and label in both languages; the links lead to PDF and table of the same bill."""
    browser = signed_in(office)
    for language, said in (("ja", "請求には使用できません"), ("en", "not for billing")):
        page = browser.get(f"/{language}/me/bills?month=2026-04").text
        assert said in page
        assert "2026-04-P2-" in page
        assert f"/api/v1/bills/P2/2026-04/document.pdf?language={language}" in page
    assert browser.get("/api/v1/bills/P2/2026-04/lines.csv").status_code == 200


def test_a_month_without_settlement_says_so(office: Office) -> None:
    """So does the month in which the visitor comes; what is no month is refused."""
    browser = signed_in(office)
    for path in ("/en/me/bills?month=2026-03", "/en/me/bills"):
        assert "Nothing was settled in this month." in browser.get(path).text
    assert browser.get("/en/me/bills?month=2026-13").status_code == 422


def test_bills_are_for_members_who_signed_in(office: Office) -> None:
    """A stranger is led to the sign-in page; an expert, who sees no home, is refused."""
    assert office.browser().get("/ja/me/bills").status_code == 303
    assert office.signed_in().get("/ja/me/bills").status_code == 403
