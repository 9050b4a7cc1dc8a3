"""What the desk shows of cases: lines of the queue and the parts of one case, worded for a language."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.case import Harm, harm_of
from gateways.llm.template_writer import TemplateWriter
from memory.cases import CaseRow
from memory.trading.contracts import ContractRow
from review_ui import formats
from review_ui.messages import FACTS, KINDS, TRAIL
from services.cases.queue import File


@dataclass(frozen=True, slots=True)
class QueueLine:
    """One waiting case. harm: high, medium or low, by the money at stake and how many must agree."""

    id: str
    who: str
    why: str
    value_ujpy: int
    due: datetime
    harm: Harm
    planted: bool


@dataclass(frozen=True, slots=True)
class Evidence:
    """One piece of evidence. anchor: what claims point to, E1 and on. kind: a message. facts: names and values."""

    anchor: str
    id: str
    kind: str
    text: str
    facts: Sequence[tuple[str, str]]


def queue_line(case: CaseRow, contract: ContractRow | None, names: Mapping[str, str], language: str) -> QueueLine:
    """A case as the queue shows it. names: of parties by site."""
    value_ujpy = contract.terms["value_ujpy"] if contract else 0
    return QueueLine(
        case.id,
        _who(case, contract, names),
        _why(case, language),
        value_ujpy,
        case.deadline,
        harm_of(case.harm_ujpy, case.approvals, len(case.findings)),
        case.planted is not None,
    )


def evidence_of(case: CaseRow, language: str) -> list[Evidence]:
    """The pieces of evidence in their order; cases of earlier versions have their findings alone."""
    pieces = case.evidence.get("pieces") or [
        {"id": f"rule:{each['trigger']}", "kind": "rule", "body": {"text": each["text"], "text_ja": each["text_ja"]}}
        for each in case.findings
    ]
    return [_evidence(place, each, language) for place, each in enumerate(pieces, start=1)]


def claims_of(case: CaseRow, language: str) -> Sequence[Mapping[str, Any]]:
    """The summary's claims. What the template wrote is what each claim's first piece of evidence says, so it is told in
    the reader's language; what a model wrote stands as it was written."""
    if case.summary_by != TemplateWriter.name:
        return case.claims
    said = {each.id: each.text for each in evidence_of(case, language)}
    return [{**each, "text": said.get(next(iter(each["evidence"]), "")) or each["text"]} for each in case.claims]


def _evidence(place: int, piece: Mapping[str, Any], language: str) -> Evidence:
    body = dict(piece["body"])
    text, japanese = str(body.pop("text", "")), str(body.pop("text_ja", ""))
    said = japanese or text if language == "ja" else text
    facts = [(name, _value(value)) for name, value in body.items()]
    return Evidence(f"E{place}", piece["id"], KINDS.get(piece["kind"], piece["kind"]), said, facts)


def _value(value: Any) -> str:
    """A value as it is on record."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def facts_of(contract: ContractRow, language: str) -> Sequence[tuple[str, str]]:
    """Price, energy and worth of a contract as messages and values."""
    return [
        (FACTS["price"], formats.price(contract.price_mjpy_per_kwh, language)),
        (FACTS["energy"], formats.energy(contract.energy_wh)),
        (FACTS["value"], formats.money(contract.terms["value_ujpy"], language, 0)),
    ]


def trail_of(file: File) -> list[tuple[datetime, str, str, str]]:
    """What happened to a case, the latest first: when, who, what (a message), and in whose words."""
    reasons = {each.stage: each.reason for each in file.decisions}
    said = [
        (datetime.fromisoformat(each["at"]), _actor(each["body"]), TRAIL[each["kind"]], _words(each["body"], reasons))
        for each in file.trail
    ]
    return [*reversed(said), (file.case.opened_at, "", TRAIL["case.opened"], "")]


def _actor(body: Mapping[str, Any]) -> str:
    return str(body.get("account") or body.get("by") or body.get("person") or "")


def _words(body: Mapping[str, Any], reasons: Mapping[int, str]) -> str:
    """Of a decision its verdict and reason, of a hand-over to whom."""
    said = [str(body[name]) for name in ("verdict", "to") if body.get(name)]
    return ": ".join([*said, *filter(None, [reasons.get(body.get("stage", 0), "")])])


def _who(case: CaseRow, contract: ContractRow | None, names: Mapping[str, str]) -> str:
    if contract is None:
        site = str(case.evidence.get("site", ""))
        return names.get(site, site) or case.id
    return " → ".join(names.get(site, site) for site in (contract.seller_site, contract.buyer_site))


def _why(case: CaseRow, language: str) -> str:
    return _name(case.findings[0], language) if case.findings else ""


def _name(finding: Mapping[str, Any], language: str) -> str:
    return str(finding["name_ja" if language == "ja" else "name"])


def _text(finding: Mapping[str, Any], language: str) -> str:
    return str(finding["text_ja" if language == "ja" else "text"])
