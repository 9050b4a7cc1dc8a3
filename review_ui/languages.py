"""The languages of the pages: English in the code, Japanese from a catalogue that is read as it stands.

English texts are the names of messages. A test fails on a message without Japanese, so nothing falls back unseen.
"""

from collections.abc import Callable
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from babel.support import NullTranslations

LANGUAGES = ("ja", "en")
OWN_NAMES = {"ja": "日本語", "en": "English"}
CATALOGUE = Path(__file__).parent / "catalogue"


@cache
def translations(language: str) -> "NullTranslations":
    """The messages of a language; English has none of its own. Raises FileNotFoundError on another language."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po
    from babel.support import NullTranslations, Translations

    if language == "en":
        return NullTranslations()
    compiled = BytesIO()
    with (CATALOGUE / f"{language}.po").open("rb") as file:
        write_mo(compiled, read_po(file, locale=language))
    compiled.seek(0)
    return Translations(compiled)


def speaker(language: str) -> Callable[[str], str]:
    """What says a message in a language."""
    return translations(language).gettext


def preferred(accepted: str) -> str:
    """The language of ours that a browser's ``Accept-Language`` likes best, Japanese when it likes none."""
    wishes = []
    for place, wish in enumerate(accepted[:200].lower().split(",")):
        name, _, weight = wish.strip().partition(";q=")
        if (language := name.partition("-")[0]) in LANGUAGES:
            wishes.append((-_weight(weight), place, language))
    return min(wishes)[2] if wishes else LANGUAGES[0]


def _weight(text: str) -> float:
    try:
        return float(text) if text else 1.0
    except ValueError:
        return 0.0
