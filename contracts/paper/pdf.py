"""Papers as PDF, set by Typst in memory: equal input gives equal bytes, on every machine.

No clock, no system font and no file of the machine enters: fonts come out of the packages, the date stands in the
text. What parties typed is handed over as data; Typst shows it and reads nothing in it.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

from contracts.paper.document import Page

LAYOUT = Path(__file__).with_name("paper.typ")
STATEMENT = Path(__file__).with_name("statement.typ")


def pdf(page: Page, layout: Path = LAYOUT) -> bytes:
    """The paper as PDF. layout: of ours, for pages of its form."""
    return bytes(_compiled(page, "pdf", layout))


def pictures(page: Page, ppi: int = 110) -> list[bytes]:
    """The pages as PNG pictures, in their order."""
    found = _compiled(page, "png", LAYOUT, ppi=ppi)
    return [found] if isinstance(found, bytes) else list(found)


def _compiled(page: Page, form: str, layout: Path, **more: Any) -> Any:
    import typst

    told = {"page": json.dumps(page, ensure_ascii=False, sort_keys=True)}
    compiler: Any = typst.compile  # its types know four overloads by the form, and no form that is given
    return compiler(layout.read_bytes(), font_paths=_fonts(), sys_inputs=told, format=form, **more)


@cache
def _fonts() -> Any:
    import typst
    from pylopdf_fonts_jp import sans_path

    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=[sans_path().parent])
