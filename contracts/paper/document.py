"""A paper put together: template and values to what is printed, in one language, the same for the same input.

What a person typed, a name or a note, enters as text and stays text: nothing of it is looked at for fields or markup.
"""

from collections.abc import Iterator
from typing import Any

from contracts.paper.field import Values, fields, value_faults
from contracts.paper.free_text import FreeText, Origin, differences
from contracts.paper.paper_template import FIELD, FREE, INDIVIDUAL, MASTER, Template, fields_in
from contracts.paper.vocabulary import unfit
from domain.canonical import digest
from domain.errors import Fault, InputRefused

Page = dict[str, Any]
COVER = (
    *("number", "concluded_on", "seller_name", "buyer_name", "retailer_name", "starts_at", "ends_at", "energy_wh"),
    *("price_mjpy_per_kwh", "value_ujpy"),
)
LAYERS = ("price", "losses", "congestion", "wheeling", "levy", "capacity", "imbalance", "service", "fee", "delivered")
WORDS = {
    "ja": {
        "layers": "料金計算例（1kWhあたり、税込み）",
        "seller": "売り手",
        "buyer": "買い手",
        "signature": "同意は、この文書の指紋（SHA-256）に対する電子的な記録として保存されます。",
        "content": "内容の指紋",
        "template": "雛形",
        "model": "第3条の一部は言語モデルが書き、数値・日付・当事者を契約条件と照合しました。",
        "party": "第3条の一部は当事者が書いた文です。",
        "ends": "以上",
    },
    "en": {
        "layers": "Worked price example (per kWh, tax included)",
        "seller": "Seller",
        "buyer": "Buyer",
        "signature": "Consent is kept as an electronic record over the SHA-256 of this document.",
        "content": "Content",
        "template": "Template",
        "model": "A language model worded part of Article 3; numbers, dates and parties were held against the terms.",
        "party": "Part of Article 3 is a party's own text.",
        "ends": "End of document",
    },
}


def page(template: Template, values: Values, free: FreeText | None, language: str, label: str = "") -> Page:
    """What is printed. values: none for master terms. label: shown on every page, e.g. of a demonstration.

    Raises InputRefused with every fault of the values, and with every figure or party that the free text adds.
    """
    if template.name != MASTER and (faults := [*value_faults(values), *_free_faults(values, free)]):
        raise InputRefused(faults)
    numbered = template.name in (INDIVIDUAL, MASTER)
    content = digest([template.digest, dict(values), _free(free), label])
    return {
        "language": language,
        "title": template.title[language],
        "label": label,
        "words": WORDS[language],
        "number": values.get("number", ""),
        "content": content,
        "template": f"{template.name} {template.digest[:16]}",
        "cover": _rows(COVER, values, language),
        "layers": [] if not numbered else _rows([f"{each}_mjpy_per_kwh" for each in LAYERS], values, language),
        "articles": list(_articles(template, values, free, language, numbered=numbered)),
        "origin": "" if free is None or free.origin is Origin.TEMPLATE else WORDS[language][str(free.origin)],
        "signs": [values["seller_name"], values["buyer_name"]] if template.name == INDIVIDUAL else [],
    }


def _articles(
    template: Template, values: Values, free: FreeText | None, language: str, *, numbered: bool
) -> Iterator[Page]:
    said = {FREE: free.said(language)} if free else {}
    written = {key: fields()[key].written(value, language) for key, value in values.items()} | said
    for place, article in enumerate(template.articles, start=1):
        clauses = [each[language] for each in article.clauses if fields_in(each[language]) <= written.keys()]
        yield {
            "head": _heading(place, article.head[language], language, numbered=numbered),
            "clauses": [FIELD.sub(lambda found: written[found[1]], clause) for clause in clauses],
        }


def _heading(place: int, head: str, language: str, *, numbered: bool) -> str:
    if not numbered:
        return f"{place}. {head}"
    return f"第{place}条（{head}）" if language == "ja" else f"Article {place} – {head}"


def _rows(keys: "tuple[str, ...] | list[str]", values: Values, language: str) -> list[list[str]]:
    known = fields()
    return [[known[key].label[language], known[key].written(values[key], language)] for key in keys if key in values]


def _free(free: FreeText | None) -> list[str]:
    return [] if free is None else [free.ja, free.en, str(free.origin)]


def _free_faults(values: Values, free: FreeText | None) -> Iterator[Fault]:
    """A template's own words state the terms by their fields; anybody else's are checked."""
    if free is None or free.origin is Origin.TEMPLATE:
        return
    for language in ("ja", "en"):
        said = free.said(language)
        for difference in unfit(said, language, values) if free.origin is Origin.MODEL else differences(said, values):
            yield Fault(f"free text ({language})", "differs_from_terms", f"{difference} is not in the terms")
