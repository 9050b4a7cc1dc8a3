"""Both languages say everything: no message without Japanese, no placeholder lost on the way."""

import re

from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from hypothesis import given
from hypothesis import strategies as st

from review_ui.languages import CATALOGUE, LANGUAGES, preferred

PAGES = CATALOGUE.parent


def messages() -> set[str]:
    """Everything that code and templates say."""
    methods = [("**.py", "python"), ("templates/**.html", "jinja2")]
    return {str(found[2]) for found in extract_from_dir(str(PAGES), methods) if found[2]}


def test_every_message_has_japanese_with_the_same_placeholders_and_none_is_left_over() -> None:
    """The catalogue and what code and templates say are the same set."""
    with (CATALOGUE / "ja.po").open("rb") as file:
        said = {str(each.id): each for each in read_po(file, locale="ja") if each.id}
    assert set(said) == messages()
    for english, each in said.items():
        assert each.string, english
        assert not each.fuzzy, english
        assert sorted(re.findall(r"\{\w*\}", english)) == sorted(re.findall(r"\{\w*\}", str(each.string)))


@given(st.text(max_size=60))
def test_whatever_a_browser_asks_for_gets_a_language_of_ours(accepted: str) -> None:
    """Any header at all."""
    assert preferred(accepted) in LANGUAGES


def test_the_best_liked_language_wins() -> None:
    """By weight, then by place; Japanese when it likes none."""
    assert preferred("fr, en;q=0.5, ja;q=0.8") == "ja"
    assert preferred("en-GB, ja;q=0.9") == "en"
    assert preferred("fr") == "ja"
