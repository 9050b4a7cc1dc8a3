"""The panels of surveillance and of who brings the gain: in both languages, complete, and honest about nothing."""

from dataclasses import replace

from sample_day import sample

from market.surveillance.finding import Pattern
from review_ui import benefit, surveillance
from review_ui.benefit import BenefitLine, BenefitPanel, Evenness
from review_ui.report import render_report
from review_ui.surveillance import FindingLine
from review_ui.words import Words

FOUND = FindingLine(
    Pattern.EXPORT_IN_THE_DARK,
    "2026-05-20",
    ("S004",),
    3,
    1_240,
    20,
    Words("日照のないコマに 1240 Wh", "gave 1240 Wh in a dark slot <b>"),
)
GAIN = BenefitPanel(
    9_000_000,
    [
        BenefitLine("S001", 2_000_000, 4_500_000, 3_000_000, 10_001),
        BenefitLine("S002", 7_000_000, 4_500_000, 6_000_000, 10_000),
    ],
    [Evenness("got", 277_777, 764_150), Evenness("by_energy", 0, 1_000_000), Evenness("brought", 166_666, 900_000)],
    20_000,
)


def test_a_finding_is_shown_with_its_value_beside_the_line() -> None:
    """Pattern, words, value, line, sites, in both languages; words stay words."""
    page = render_report(replace(sample(), findings=[FOUND]))
    for name in surveillance.NAMES[Pattern.EXPORT_IN_THE_DARK]:
        assert f"◆ {name}" in page
    assert "日照のないコマに 1240 Wh" in page
    assert "in a dark slot &lt;b&gt;" in page
    assert page.count("<dd>1,240</dd>") == page.count("<dd>20</dd>") == page.count("<dd>S004</dd>") == 2
    assert surveillance.PANEL["nothing"].en not in page


def test_nothing_found_and_not_yet_looked_are_told_apart() -> None:
    """An empty list is an answer; a day that has not closed has none."""
    searched, open_day = render_report(replace(sample(), findings=[])), render_report(sample())
    for text, shown in ((surveillance.PANEL["nothing"], searched), (surveillance.PANEL["not_closed"], open_day)):
        other = open_day if shown is searched else searched
        assert all(words in shown and words not in other for words in text)


def test_every_pattern_has_a_name_and_is_counted() -> None:
    """What is looked for is all listed, found or not."""
    assert surveillance.NAMES.keys() == set(Pattern)
    for language in ("ja", "en"):
        rules = surveillance.view([FOUND, FOUND], language)["rules"]
        assert isinstance(rules, list)
        assert [rule.count for rule in rules if rule.count] == [2]
        assert len(rules) == len(Pattern)


def test_who_brings_the_gain_stands_beside_who_gets_it() -> None:
    """A bar and a row a site, the largest bringer first, the error stated, and both indices of each view."""
    page = render_report(replace(sample(), benefit=GAIN), "en")
    main = page[page.index('<main lang="en">') :]
    assert "¥9.0 in all" in main
    assert "is ¥0.02 at most" in main
    assert main.index('<th scope="row">S002</th><td>¥6.0</td>') < main.index('<th scope="row">S001</th><td>¥3.0</td>')
    assert "<td>¥0.02</td><td>¥2.0</td><td>¥4.5</td>" in main
    assert "<td>0.277</td><td>0.764</td>" in main
    chart = benefit.drawing(GAIN.lines, {"brought": "b", "got": "g"}, "en")
    assert [bar.series for bar in chart.bars] == ["brought", "brought", "got", "got"]
    assert len(chart.hints) == 2


def test_a_day_without_gain_has_no_such_panel() -> None:
    """No empty chart."""
    assert benefit.PANEL["title"].en not in render_report(sample())
