"""A month's statement as a page: one file that opens anywhere, offline, in one language."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2 import Environment

FOLDER = Path(__file__).parent


def render_statement(page: dict[str, Any]) -> str:
    """The page of ``services.money.statement_page`` as HTML; text in it stays text. Equal pages, equal bytes."""
    css = (FOLDER / "static" / "statement.css").read_text(encoding="utf-8")
    return _pages().get_template("statement.html").render(d=page, css=css)


@cache
def _pages() -> "Environment":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
