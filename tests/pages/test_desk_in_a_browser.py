"""The desk in a real browser: by keyboard, on a phone, in both languages and themes, with no fault for axe."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from loopback import served
from office import EXPERT, PASSWORD, REASON, Office, open_office

from domain.case import CaseState
from memory.database import Database

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, ViewportSize

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DESKTOP: "ViewportSize" = {"width": 1440, "height": 900}
PHONE: "ViewportSize" = {"width": 390, "height": 844}
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")


@pytest.fixture(scope="module")
def chromium() -> Iterator["Browser"]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def office(database: Database, tmp_path: Path) -> Office:
    return open_office(database, tmp_path)


@contextmanager
def at_the_desk(office: Office, chromium: "Browser", language: str = "ja", **how: Any) -> Iterator["Page"]:
    """A signed-in page; it fails on an error of a script and on a request to anybody else."""
    with served(_late(office)) as origin:
        _APP[0] = office.app(origin)
        context = chromium.new_context(**{"viewport": DESKTOP, "locale": "ja-JP", "timezone_id": "Asia/Tokyo"} | how)
        faults: list[str] = []
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
        page.on("request", lambda asked: None if asked.url.startswith(origin) else faults.append(asked.url))
        page.goto(f"{origin}/{language}/review")
        page.fill("#login", EXPERT)
        page.fill("#password", PASSWORD)
        page.fill("#code", office.code())
        page.click("main button.primary")
        page.wait_for_url("**/review")
        yield page
        context.close()
        assert faults == []


_APP: list[Any] = [None]


def _late(office: Office) -> Any:
    """The application, which knows its own address only once it listens."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await (_APP[0] or office.app())(scope, receive, send)

    return app


def test_a_case_is_decided_by_keyboard_alone(office: Office, chromium: "Browser") -> None:
    """j twice, a, a reason, Tab and Enter."""
    with at_the_desk(office, chromium) as page:
        page.keyboard.press("j")
        page.wait_for_url(f"**/cases/{office.cases[0]}")
        page.keyboard.press("j")
        page.wait_for_url(f"**/cases/{office.cases[1]}")
        page.keyboard.press("a")
        page.keyboard.type(REASON)
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.wait_for_selector("#side form", state="detached")
    assert office.verdicts(office.cases[1]) == ["approve"]


def test_the_chains_answer_is_shown_without_event_or_reload(office: Office, chromium: "Browser") -> None:
    """It comes some seconds after the decision, and the stream tells of it at settlement only."""
    with at_the_desk(office, chromium, "en") as page:
        page.goto(f"{page.url}/cases/{office.cases[1]}")
        page.check("#v-approve")
        page.fill("#reason", REASON)
        page.click("#side form.stack .primary >> nth=0")
        page.locator("#outcome", has_text="waits for people").wait_for()
        office.answered_by_chain(office.cases[1], block=4)
        page.locator("#outcome", has_text="the trade goes on").wait_for()
        assert "block 4" in page.inner_text("#outcome")
        assert page.locator("#outcome [data-moving]").count() == 0


def test_a_case_is_decided_without_script_on_a_phone(office: Office, chromium: "Browser") -> None:
    """Links and forms do all of it."""
    with at_the_desk(office, chromium, "en", viewport=PHONE, java_script_enabled=False) as page:
        page.click(f"a[href*='{office.cases[2]}']")
        page.click(".mbar .primary")
        page.check("#v-reject")
        page.fill("#reason", REASON)
        page.click("#side form .primary")
        page.wait_for_selector("#side form", state="detached")
    assert office.verdicts(office.cases[2]) == ["reject"]
    assert office.states()[office.cases[0]] is CaseState.OPEN


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", ["ja", "en"])
def test_axe_finds_nothing(office: Office, chromium: "Browser", language: str, theme: str) -> None:
    """WCAG 2.2 A and AA and best practice, on every page, at desktop and phone width."""
    from axe_playwright_python.sync_playwright import Axe

    found: dict[tuple[str, int, str], str] = {}
    with at_the_desk(office, chromium, language, color_scheme=theme, bypass_csp=True) as page:
        base = page.url.removesuffix("/review")
        for path in (
            "/review",
            f"/review/cases/{office.cases[0]}",
            "/review/done",
            "/me",
            "/sign-in",
            "/invitation",
            "/x",
        ):
            for size in (DESKTOP, PHONE):
                page.set_viewport_size(size)
                if path != "/x":
                    page.goto(base + path)
                found |= {
                    (path, size["width"], each["id"]): each["nodes"][0]["html"][:200]
                    for each in Axe().run(page).response["violations"]
                }
    assert found == {}


@pytest.mark.parametrize("width", [320, 390, 768, 1440])
def test_no_page_scrolls_sideways(office: Office, chromium: "Browser", width: int) -> None:
    """From the narrowest phone to a desktop."""
    with at_the_desk(office, chromium, viewport={"width": width, "height": 800}) as page:
        for path in ("", f"/cases/{office.cases[0]}", "/done"):
            page.goto(f"{page.url.partition('/review')[0]}/review{path}")
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path
