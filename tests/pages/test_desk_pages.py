"""The desk without a browser's help: what it shows, what it takes, and what it refuses."""

from datetime import timedelta
from html import escape
from pathlib import Path

import pytest
from office import EXPERT, HOSTILE, PASSWORD, REASON, Office, csrf_of, open_office, shown_in
from sqlalchemy import update

from memory.casework.case_tables import case_file
from memory.database import Database


@pytest.fixture
def office(database: Database, tmp_path: Path) -> Office:
    return open_office(database, tmp_path)


def test_whoever_is_not_signed_in_is_led_to_the_sign_in_and_back(office: Office) -> None:
    """To the page that was asked for, not to the front."""
    browser = office.browser()
    asked = f"/ja/review/cases/{office.cases[1]}"
    led = browser.get(asked)
    assert led.status_code == 303
    page = browser.get(led.headers["location"]).text
    assert f'name="after" value="{asked.removeprefix("/ja")}"' in page
    form = {"login": EXPERT, "password": PASSWORD, "code": office.code(), "after": asked.removeprefix("/ja")}
    back = browser.post("/ja/sign-in", data=form)
    assert back.headers["location"] == asked
    assert office.cases[1] in browser.get(asked).text


@pytest.mark.parametrize("after", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_nobody_is_led_away_from_our_pages(office: Office, after: str) -> None:
    """An address of others after the sign-in leads to our front."""
    form = {"login": EXPERT, "password": PASSWORD, "code": office.code(), "after": after}
    assert office.browser().post("/ja/sign-in", data=form).headers["location"] == "/ja/"


def test_the_queue_is_sorted_by_deadline_searched_and_filtered(office: Office) -> None:
    """What is due first stands first; number and risk narrow it down."""
    browser = office.signed_in()
    page = browser.get("/ja/review").text
    assert sorted(office.cases, key=page.index) == list(office.cases)
    one = browser.get("/ja/review", params={"q": office.cases[2].lower()}).text
    assert office.cases[2] in one
    assert office.cases[0] not in one
    assert "条件に合う案件はありません" in browser.get("/ja/review", params={"harm": "high"}).text


def test_a_decision_is_written_once_and_says_who_and_why(office: Office) -> None:
    """The second decision of the same person changes nothing."""
    browser, case = office.signed_in(), office.cases[1]
    page = browser.get(f"/en/review/cases/{case}").text
    form = {"csrf": csrf_of(page), "verdict": "approve", "reason": REASON, "shown": shown_in(page)}
    assert browser.post(f"/en/review/cases/{case}/decision", data=form).status_code == 303
    assert office.verdicts(case) == ["approve"]
    assert REASON in browser.get(f"/en/review/cases/{case}").text
    again = browser.post(f"/en/review/cases/{case}/decision", data=form | {"verdict": "reject"})
    assert again.status_code == 409
    assert office.verdicts(case) == ["approve"]


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"csrf": "0" * 64}, 403),
        ({"verdict": "transfer"}, 409),
        ({"verdict": ""}, 409),
        ({"reason": "fine"}, 409),
    ],
)
def test_a_forged_or_empty_decision_decides_nothing(office: Office, changed: dict[str, str], status: int) -> None:
    """Another session's token, an unknown verdict, a reason that says too little."""
    browser, case = office.signed_in(), office.cases[0]
    page = browser.get(f"/en/review/cases/{case}").text
    form = {"csrf": csrf_of(page), "verdict": "approve", "reason": REASON, "shown": shown_in(page)} | changed
    answer = browser.post(f"/en/review/cases/{case}/decision", data=form)
    assert answer.status_code == status
    assert office.verdicts(case) == []


def test_another_site_decides_nothing(office: Office) -> None:
    """Neither by origin nor by what the browser says of the sender."""
    browser, case = office.signed_in(), office.cases[0]
    page = browser.get(f"/en/review/cases/{case}").text
    form = {"csrf": csrf_of(page), "verdict": "approve", "reason": REASON, "shown": shown_in(page)}
    for fields in ({"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}):
        assert browser.post(f"/en/review/cases/{case}/decision", data=form, headers=fields).status_code == 403
    assert office.verdicts(case) == []


def test_a_stale_sign_in_decides_only_with_a_new_proof_and_keeps_what_was_typed(office: Office) -> None:
    """After five minutes a decision takes password and code with it."""
    browser, case = office.signed_in(), office.cases[0]
    office.clock.moment += timedelta(minutes=10)
    page = browser.get(f"/en/review/cases/{case}").text
    form = {"csrf": csrf_of(page), "verdict": "reject", "reason": REASON, "shown": shown_in(page)}
    refused = browser.post(f"/en/review/cases/{case}/decision", data=form)
    assert refused.status_code == 409
    assert REASON in refused.text
    assert office.verdicts(case) == []
    proved = form | {"password": PASSWORD, "code": office.code()}
    assert browser.post(f"/en/review/cases/{case}/decision", data=proved).status_code == 303
    assert office.verdicts(case) == ["reject"]


def test_text_of_strangers_stays_text(office: Office) -> None:
    """A party's name and a finding with markup and orders to us are shown, never run or obeyed."""
    page = office.signed_in().get(f"/en/review/cases/{office.cases[0]}").text
    assert HOSTILE not in page
    assert page.count(escape(HOSTILE)) >= 3


def test_a_member_sees_no_desk_of_others(office: Office) -> None:
    """Nobody without a role at the desk sees a case that is not its own."""
    browser = office.browser()
    assert browser.get("/en/review/cases/nothing").status_code == 303
    signed = office.signed_in()
    assert signed.get("/en/review/cases/nothing").status_code == 404
    assert signed.get("/en/nowhere").status_code == 404


def test_pages_take_no_foreign_script_and_no_frame(office: Office) -> None:
    """The policy names our own site and nothing unsafe."""
    policy = office.signed_in().get("/ja/review").headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy


def test_a_templates_summary_is_told_in_the_readers_language(office: Office) -> None:
    """The same claim with the same evidence, worded as its piece is; a model's words stay as they were written."""
    told, case = "price 18.00 JPY/kWh, 40 % off the reference", office.cases[1]
    claims = [{"text": told, "evidence": ["rule:E05"], "confidence_permille": 1000}]
    browser, pages = office.signed_in(), {}
    for author in ("template", "openai:other"):
        with office.street.database.begin("claims") as tx:
            tx.execute(update(case_file).where(case_file.c.id == case).values(claims=claims, summary_by=author))
        for language in ("ja", "en"):
            page = browser.get(f"/{language}/review/cases/{case}").text
            pages[author, language] = page.partition('<ol class="claims">')[2].partition("</ol>")[0]
    assert "基準との乖離 40" in pages["template", "ja"]
    assert told in pages["template", "en"]
    assert told in pages["openai:other", "ja"]
