"""Pages on paper: a template, filled in for a visit, with the headers that keep strangers' scripts and frames out."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastapi.responses import HTMLResponse

from domain.account import AccountRole
from review_ui import formats
from review_ui.languages import LANGUAGES, OWN_NAMES, speaker
from review_ui.moments import left, milliseconds, moment
from review_ui.visit import Visit

if TYPE_CHECKING:
    from jinja2 import Environment

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    # Without a referrer browsers send no origin along with a form, which is how its sender is told.
    "Referrer-Policy": "same-origin",
    "Vary": "Cookie, Accept-Language",
}
EXPERTS = frozenset({AccountRole.LEGAL, AccountRole.GRID, AccountRole.FINANCE, AccountRole.MEDIATOR})
DESK = EXPERTS | {AccountRole.AUDITOR, AccountRole.OPERATOR, AccountRole.ADMIN}


def show(visit: Visit, name: str, status: int = 200, **more: Any) -> HTMLResponse:
    """A page. name: of its template. more: what it shows; text in it stays text."""
    page = _pages(visit.language).get_template(f"{name}.html")
    return HTMLResponse(page.render(visit=visit, status=status, f=formats, nav=_nav(visit), **more), status, HEADERS)


def _nav(visit: Visit) -> list[tuple[str, str]]:
    """The pages that a visitor's roles open: path and message."""
    if visit.person is None:
        return []
    _ = speaker(visit.language)
    shown = [("/review", _("Review desk")), ("/review/done", _("Done")), ("/review/team", _("Team"))]
    return [*(shown if visit.person.roles & DESK else ()), ("/me", _("You"))]


@cache
def _pages(language: str) -> "Environment":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    pages = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.globals.update(_=speaker(language), language=language, languages=LANGUAGES, own_names=OWN_NAMES)
    pages.globals.update(moment=moment, left=left, milliseconds=milliseconds)
    return pages
