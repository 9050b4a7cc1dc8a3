"""The report of a trading day: one HTML page that opens anywhere, offline, in Japanese and English.

Whoever ran the day fills a `DayReport`; this module only writes it down. Nothing is computed here that a bill or a
decision could rest on, and whatever was simulated, planted or scripted is shown as such.
"""

from pathlib import Path

from review_ui import benefit, drawings, figures, formats, surveillance
from review_ui.day import DayReport
from review_ui.feeder_panel import panel
from review_ui.words import DEMONSTRATION, PAGE

LONG_REASON = 160
"""From so many characters on a case's reason is folded: only its beginning shows until it is opened."""

__all__ = ["DayReport", "render_report"]


def render_report(report: DayReport, language: str = "ja") -> str:
    """The whole page as HTML. Both languages are inside; ``language`` is the one it opens in.

    The same report gives the same bytes. Raises KeyError on a language other than ja and en.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    folder = Path(__file__).parent / "templates"
    pages = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    views = [_view(report, spoken) for spoken in formats.LANGUAGES]
    template = pages.get_template("report.html")
    return template.render(
        r=report, views=views, language=language, long_reason=LONG_REASON, title=PAGE["title"].say(language)
    )


def _view(report: DayReport, language: str) -> dict[str, object]:
    """What the template needs in one language: texts, lines of tables and drawings."""
    savings = sorted(report.savings, key=lambda saving: (-saving.saving_ujpy, saving.site_id))
    return {
        "language": language,
        "t": {key: words.say(language) for key, words in PAGE.items()},
        "demonstration": DEMONSTRATION.say(language),
        "f": formats,
        "figures": {line.key: line for line in figures.lines(report.kpi, language)},
        "traded": formats.energy(sum(report.slots.traded_wh)),
        "any_trade": any(report.slots.traded_wh),
        "savings": savings,
        "median_ujpy": savings[len(savings) // 2].saving_ujpy if savings else 0,
        "flows": drawings.flows(report.slots, language) if report.slots.labels else None,
        "prices": drawings.prices(report.slots, language) if report.slots.labels else None,
        "saved": drawings.savings(savings, language) if savings else None,
        "feeder": panel(report.feeder, language) if report.feeder else None,
        "stages": drawings.stages(report.stages_s),
        "watch": surveillance.view(report.findings, language),
        "benefit": benefit.view(report.benefit, language) if report.benefit else None,
    }
