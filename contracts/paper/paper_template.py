"""The templates of papers: articles and clauses in both languages, checked whole before they may be used.

A template is named by the SHA-256 of its file. A clause says the same in both languages: both have it, with the same
fields. What is missing or differs is a fault, and all faults come at once.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from contracts.paper.field import LANGUAGES, LOADER, fields, sections
from domain.errors import Fault, InputRefused

FOLDER = Path(__file__).with_name("templates")
INDIVIDUAL, MASTER, PRE_CONTRACT = "individual", "master", "pre_contract"
NAMES = (INDIVIDUAL, MASTER, PRE_CONTRACT)
FREE = "free.terms"
FIELD = re.compile(r"\{([a-z_.]+)\}")
Texts = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Article:
    """One article: its heading and clauses by language, in their order."""

    section: str
    head: Texts
    clauses: tuple[Texts, ...]


@dataclass(frozen=True, slots=True)
class Template:
    """One template. digest: SHA-256 of its file, 64 hex digits."""

    name: str
    digest: str
    title: Texts
    articles: tuple[Article, ...]


def file_digest(name: str) -> str:
    """The name that approvals and contracts know a template by, without reading what it says."""
    return hashlib.sha256((FOLDER / f"{name}.yaml").read_bytes()).hexdigest()


@cache
def template(name: str) -> Template:
    """One of the house's templates. Raises InputRefused with every fault."""
    return read_template(name, (FOLDER / f"{name}.yaml").read_bytes())


def read_template(name: str, content: bytes) -> Template:
    """A template from its file. Raises InputRefused with every fault in it: a translation missing, a field unknown."""
    told = yaml.load(content, LOADER)
    faults = list(_faults(name, told))
    if faults:
        raise InputRefused(faults)
    articles = tuple(Article(each["section"], each["head"], tuple(each["clauses"])) for each in told["articles"])
    return Template(name, hashlib.sha256(content).hexdigest(), told["title"], articles)


def fields_in(text: str) -> set[str]:
    """The fields that a clause states."""
    return set(FIELD.findall(text))


def _faults(name: str, told: Any) -> Iterator[Fault]:
    if not isinstance(told, dict) or not isinstance(told.get("articles"), list):
        yield Fault(name, "wrong_form", "a template has a title and articles")
        return
    yield from _untranslated(f"{name}:title", told.get("title"))
    found = [each.get("section") for each in told["articles"]]
    if name in (INDIVIDUAL, MASTER) and found != list(sections()):
        yield Fault(name, "wrong_articles", f"a contract has the articles {', '.join(sections())}, in this order")
    for place, article in enumerate(told["articles"], start=1):
        yield from _untranslated(f"{name}:{place}", article.get("head"))
        for line, clause in enumerate(article.get("clauses", ()), start=1):
            yield from _clause_faults(f"{name}:{place}.{line}", clause)


def _clause_faults(where: str, clause: Any) -> Iterator[Fault]:
    untranslated = list(_untranslated(where, clause))
    yield from untranslated
    if untranslated:
        return
    stated = {language: fields_in(clause[language]) for language in LANGUAGES}
    if stated["ja"] != stated["en"]:
        odd = ", ".join(sorted(stated["ja"] ^ stated["en"]))
        yield Fault(where, "translations_differ", f"one language states {odd}, the other does not")
    for unknown in sorted((stated["ja"] | stated["en"]) - fields().keys() - {FREE}):
        yield Fault(where, "unknown_field", f"no paper has a field {unknown}")


def _untranslated(where: str, texts: Any) -> Iterator[Fault]:
    for language in LANGUAGES:
        if not isinstance(texts, dict) or not str(texts.get(language) or "").strip():
            yield Fault(where, "missing_translation", f"there is no text in {language}")
