"""The writer that needs no model: fixed sentences around given facts, and the text says so itself."""

from typing import Any

from contracts.paper.special_terms import special_terms
from gateways.llm.facts import clean
from gateways.llm.sentences import sentences

LABEL = {"ja": "【定型文】", "en": "[template]"}
CASE_HEAD = {"ja": "人の確認が必要な理由:", "en": "Why a person is asked:"}
CASE_NONE = {"ja": "理由の記載がありません。", "en": "No reason was given."}
TRADE_HEAD = {"ja": "なぜこの価格か:", "en": "Why this price:"}


class TemplateWriter:
    """Writes from templates. Never fails, never calls anybody, the same words for the same facts."""

    name = "template"

    def summarise_case(self, case: dict[str, Any], language: str) -> str:
        """One numbered line a finding. ``findings``: objects with ``trigger`` and a text in both languages."""
        findings = [finding_text(finding, language) for finding in case.get("findings", ())]
        lines = [f"{place}. {text}" for place, text in enumerate(findings, start=1)]
        return "\n".join([f"{LABEL[language]} {CASE_HEAD[language]}", *(lines or [CASE_NONE[language]])])

    def explain_trade(self, facts: dict[str, Any], language: str) -> str:
        """One line a sentence that the facts can fill; see ``gateways.llm.sentences``."""
        return "\n".join([f"{LABEL[language]} {TRADE_HEAD[language]}", *sentences(facts, language)])

    def word_clause(self, facts: dict[str, Any], language: str) -> str:
        """The free clause of a contract from its fields alone."""
        return special_terms(facts).said(language)


def finding_text(finding: Any, language: str) -> str:
    """A finding's text and trigger: ``Value above the limit [E01]``.

    The text is ``text_ja``/``text_en``, ``ja``/``en``, or ``text`` as plain text or an object by language.
    """
    if not isinstance(finding, dict):
        return clean(str(finding), 300)
    text = finding.get(f"text_{language}") or finding.get(language) or finding.get("text") or ""
    if isinstance(text, dict):
        text = text.get(language, "")
    trigger = str(finding.get("trigger", ""))
    return clean(f"{text} [{trigger}]" if trigger else str(text), 300)
