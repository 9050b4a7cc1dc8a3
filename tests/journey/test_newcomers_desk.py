"""A newcomer's first evening: ``gridpact up``, the desk in a real browser, cases decided, contracts on the chain."""

import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from brokers import free_port
from processes import ENDS_S_MAX, ONE_THREAD, ROOT
from test_demand_response_live import environment

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
REASON = "the register shows the renewal, and both sides were asked"
OPENS_S_MAX = 300
DESKTOP: dict[str, Any] = {"viewport": {"width": 1440, "height": 900}, "timezone_id": "Asia/Tokyo"}
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


class Market:
    """``gridpact up`` as its newcomer sees it. told: what it printed so far."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.origin = folder, f"http://localhost:{port}"
        self.environment = environment() | {"GRIDPACT_HTTP_PORT": str(port)}

    def run(self, *words: str) -> str:
        """A command beside the market, in a terminal of its own."""
        command = [sys.executable, "-m", "gridpact", *words, "--data", "d"]
        done = subprocess.run(
            command, cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    @property
    def told(self) -> str:
        return (self.folder / "told").read_text(errors="replace")

    def password(self, login: str) -> str:
        found = re.search(rf"{login}\s+password (\S+)", self.told)
        assert found is not None, self.told
        return found[1]


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Market]:
    """A fresh one, open and waiting for people, stopped at the end as a service is."""
    made = Market(tmp_path_factory.mktemp("newcomer"), free_port())
    cache = ROOT / ".gridpact/demo/cache"
    made.environment |= {"GRIDPACT_CACHE": str(cache)} if cache.exists() else {}
    with (made.folder / "told").open("wb") as told:
        words = [sys.executable, "-m", "gridpact", "up", "--data", "d"]
        running = subprocess.Popen(words, cwd=made.folder, env=made.environment | ONE_THREAD, stdout=told, stderr=told)
        try:
            deadline = time.monotonic() + OPENS_S_MAX
            while "a one-time code:" not in made.told:
                assert running.poll() is None, made.told
                assert time.monotonic() < deadline, made.told
                time.sleep(0.2)
            yield made
        finally:
            running.terminate()
            running.wait(ENDS_S_MAX)


@pytest.fixture(scope="module")
def chromium() -> Iterator["Browser"]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@contextmanager
def signed_in(market: Market, chromium: "Browser", login: str, language: str, **how: Any) -> Iterator["Page"]:
    """At the desk, as the one that the market named; it fails on an error of a script or a request to anybody else."""
    context = chromium.new_context(**how)
    faults: list[str] = []
    page = context.new_page()
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("request", lambda asked: None if asked.url.startswith(market.origin) else faults.append(asked.url))
    page.goto(f"{market.origin}/{language}/review")
    page.fill("#login", login)
    page.fill("#password", market.password(login))
    page.fill("#code", market.run("accounts", "code", login))
    page.click("main button.primary")
    page.wait_for_url("**/review")
    yield page
    context.close()
    assert faults == []


def see_it_through(page: "Page", market: Market, word: str) -> None:
    """The case that was just decided: its contract as PDF, its record on the chain, the trade going on, without a
    reload."""
    page.locator("#outcome", has_text=word).wait_for(timeout=60_000)
    assert re.search(r"0x[0-9a-f]{64}", page.inner_text("#outcome"))
    answer = page.context.request.get(f"{page.url}/document.pdf")
    assert (answer.status, answer.body()[:5]) == (200, b"%PDF-")
    page.screenshot(path=market.folder / f"{word}.png", full_page=True)


def test_the_legal_expert_decides_by_keyboard_and_sees_the_trade_resume(market: Market, chromium: "Browser") -> None:
    """In Japanese: j to the cases that ask a lawyer, a, a reason, Tab and Enter; the two that ask nobody else."""
    decided = 0
    with signed_in(market, chromium, "legal@demonstration", "ja", locale="ja-JP", **DESKTOP) as page:
        for _ in page.locator("[data-queue] a").all():
            here = page.url
            page.keyboard.press("j")
            page.wait_for_url(re.compile(f"^(?!{re.escape(here)}$)"))
            if "許認可欠落" not in page.inner_text(".chead"):
                continue
            page.keyboard.press("a")
            page.keyboard.type(REASON)
            page.keyboard.press("Tab")
            page.keyboard.press("Enter")
            see_it_through(page, market, "取引を再開しました")
            decided += 1
            page.goto(here)
            if decided == 2:
                break
    assert decided == 2


def test_the_finance_expert_does_the_same_on_a_phone(market: Market, chromium: "Browser") -> None:
    """In English, by touch alone; what asks others is shown without a form."""
    with signed_in(market, chromium, "finance@demonstration", "en", locale="en-GB", **PHONE) as page:
        page.locator("[data-queue] a", has_text="Price deviation").first.tap()
        page.wait_for_url("**/cases/*")
        page.locator(".mbar .primary").tap()
        page.locator("label[for=v-approve]").tap()
        page.fill("#reason", REASON)
        page.locator("#side form.stack button.primary").first.tap()
        see_it_through(page, market, "the trade goes on")
        page.goto(f"{market.origin}/en/review")
        page.locator("[data-queue] a", has_text="equipment").first.tap()
        page.wait_for_url("**/cases/*")
        assert page.locator("#v-approve").count() == 0


def test_a_code_is_told_of_demonstrations_experts_alone(market: Market) -> None:
    """Of nobody who was invited: that code is in its owner's authenticator."""
    refused = subprocess.run(
        [sys.executable, "-m", "gridpact", "accounts", "code", "sato@example.jp", "--data", "d"],
        cwd=market.folder,
        env=market.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert refused.returncode != 0
    assert "no expert of a demonstration" in refused.stderr
    assert (market.folder / "d/experts.json").stat().st_mode & 0o077 == 0
