"""The page of a trading day: complete, offline, in both languages, and honest about what it shows."""

import re
import shutil
import subprocess
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from sample_day import columns, sample

from review_ui.day import ContractCounts, SlotColumns
from review_ui.figures import FIGURES
from review_ui.report import render_report
from review_ui.words import DEMONSTRATION, PAGE, Words

VOID = {"meta", "input", "br", "path", "rect", "circle"}
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


class Outline(HTMLParser):
    """Open tags, ids and the targets of labels; fails on a tag that closes another."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.targets: list[str] = []
        self.tags: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self.tags.add(tag)
        self.ids += [named["id"]] if named.get("id") else []  # type: ignore[list-item]
        self.targets += [value for name, value in attrs if name in ("for", "aria-labelledby") and value]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag, f"</{tag}> closes something else"


def test_the_page_needs_nothing_from_outside() -> None:
    """It opens offline: no address, no script, no picture, no style sheet but its own."""
    page = render_report(sample())
    outline = Outline(page)
    assert not {"script", "img", "link", "iframe", "object", "base", "form"} & outline.tags
    assert re.findall(r"""(?:src|href|action)\s*=|url\(|@import""", page) == []


def test_the_page_is_well_formed_and_every_name_is_unique() -> None:
    """Both languages live in one page; labels and headings point at things that exist."""
    outline = Outline(render_report(sample()))
    assert outline.open == []
    assert len(outline.ids) == len(set(outline.ids))
    assert set(outline.targets) <= set(outline.ids)


def test_the_same_day_gives_the_same_bytes() -> None:
    """Two runs with one seed compare as files."""
    assert render_report(sample()) == render_report(sample())


@pytest.mark.parametrize("language", ["ja", "en"])
def test_every_figure_stands_beside_its_definition(language: str) -> None:
    """A number without its definition invites the wrong one. Definitions are shown in both languages."""
    page = render_report(sample(), language)
    main = page[page.index(f'<main lang="{language}">') :]
    missing = [figure.key for figure in FIGURES if figure.meaning.say(language).replace("'", "&#39;") not in main]
    assert missing == []
    assert f'<html lang="{language}">' in page


def test_a_demonstration_says_so_and_planted_cases_and_scripted_experts_are_shown_as_such() -> None:
    """Nothing simulated passes for real; the label stands at the top of both languages."""
    page = render_report(sample())
    assert page.count(DEMONSTRATION.ja) == page.count(DEMONSTRATION.en) == 1
    assert page.count(f"◆ {PAGE['planted'].en}") == page.count(f"◆ {PAGE['scripted'].en}") == 2
    real = render_report(replace(sample(), demonstration=False))
    assert DEMONSTRATION.ja not in real
    assert PAGE["wholesale"].en not in real


def test_text_of_strangers_stays_text() -> None:
    """A case's words are shown, never run."""
    page = render_report(sample())
    assert "<b>V2G" not in page
    assert "&lt;b&gt;V2G" in page


def test_example_trades_are_explained_in_both_languages() -> None:
    """Each example stands in both languages with who wrote it, line by line, and shown as text."""
    page = render_report(sample())
    assert page.count("<p>価格は15.25円/kWhです。</p>") == page.count("<p>The price is &lt;15.25&gt;.</p>") == 1
    assert PAGE["written_by"].ja.format(author="template") in page
    assert PAGE["explained"].en not in render_report(replace(sample(), explained=[]))


def test_a_long_reason_is_folded_and_kept_whole() -> None:
    """A case that names every value of a rule pack does not push the others off the page, and loses no word."""
    reason = "a rule value does not hold; " * 30
    long = replace(sample().cases[0], reason=Words(reason, reason))
    page = render_report(replace(sample(), cases=[long]))
    assert page.count('<summary class="why">') == 2
    assert page.count(f'<p class="sm">{reason}</p>') == 2
    assert '<summary class="why">' not in render_report(sample())


def test_an_open_day_says_why_no_savings_are_shown() -> None:
    """No empty chart, no zero that looks like a result."""
    page = render_report(replace(sample(), savings=[]))
    assert PAGE["not_closed"].ja in page
    assert page.count('role="img"') == 4


def test_every_chart_has_its_table() -> None:
    """Who cannot see a chart reads the same numbers: 48 slots twice, every site once."""
    page = render_report(sample())
    main = page[page.index('<main lang="en">') :]
    assert main.count('<th scope="row">2026-05-20 ') == 96
    assert len(re.findall(r'<th scope="row">S\d{3}<', main)) == 118
    assert main.count('role="img"') == 3
    assert len(re.findall(r'role="img" aria-label="[^"]+"', main)) == 3


def test_a_day_without_any_trade_is_still_a_report() -> None:
    """Nothing traded, nobody saved, no case, no figure measured: the page says so instead of failing."""
    nothing = SlotColumns([], [], [], [], [], [], [], [], [], [])
    page = render_report(
        replace(
            sample(),
            kpi={},
            slots=nothing,
            savings=[],
            cases=[],
            memory=[],
            labels=[],
            stages_s={},
            contracts=ContractCounts(0, 0, 0, 0, 0, 0, 0, 0),
        )
    )
    assert PAGE["headline_none"].ja in page
    assert PAGE["no_cases"].en in page


def test_a_week_fits_on_the_page() -> None:
    """Seven days are 336 slots; the axis then counts days."""
    page = render_report(sample(days=7))
    assert ">05-26<" in page
    assert ">06:00<" not in page


def test_columns_of_different_length_are_refused() -> None:
    """A column that lost a slot would shift the rest of the day."""
    with pytest.raises(ValueError, match="differ in length"):
        replace(columns(), load_wh=[1, 2])


def test_a_language_nobody_wrote_is_refused() -> None:
    """There is no silent fall-back to another language."""
    with pytest.raises(KeyError):
        render_report(sample(), "fr")


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium on PATH: the page is not opened in a browser")
@pytest.mark.parametrize(("language", "shown"), [("ja", PAGE["figures"].ja), ("en", PAGE["figures"].en)])
def test_a_browser_shows_one_language_at_a_time(language: str, shown: str, tmp_path: Path) -> None:
    """The switch works without a script: of the two texts only the chosen one has a size on the screen."""
    probe = (
        "<script>document.title=[...document.querySelectorAll('main')].map(m=>m.lang+m.offsetHeight).join(' ')"
        "+' wide'+(document.documentElement.scrollWidth-innerWidth)</script></body>"
    )
    page = tmp_path / "report.html"
    page.write_text(render_report(sample(), language).replace("</body>", probe), encoding="utf-8")
    options = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--window-size=500,900",
    ]
    command = [
        str(CHROMIUM),
        *options,
        "--window-size=500,900",
        f"--user-data-dir={tmp_path / 'profile'}",
        "--dump-dom",
        page.as_uri(),
    ]
    dom = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout
    title = re.search(r"<title>(.*?)</title>", dom)
    assert title is not None
    heights = dict(re.findall(r"(ja|en)(\d+)", title[1]))
    other = "en" if language == "ja" else "ja"
    assert int(heights[language]) > 1_000
    assert heights[other] == "0"
    assert int(re.findall(r"wide(-?\d+)", title[1])[0]) <= 0, "the page is wider than a phone"
    assert shown in dom
