"""What the rules decided of a slot's contracts, kept with the facts and the version, so that anybody may judge again.

Of the facts everything is kept that a rule cannot say afresh: the corridor, and whether the rule values hold, follow
from a pack and a day.
"""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from sqlalchemy import Connection

from domain.grid_state import GridState
from domain.site import Certification
from domain.tariff import Corridor
from memory.trading import rule_decisions
from memory.trading.rule_decisions import RuleDecision
from policies.facts import Facts
from policies.licences import LicenceState
from policies.triggers import Finding, Judgement
from services.context import TradeContext

FROM_RULES = frozenset({"rule_faults", "rule_faults_later"})
_DEFAULTS = {each.name: each.default for each in fields(Facts)}


def keep_decisions(
    tx: Connection, ctx: TradeContext, slot: int, facts: Mapping[str, Facts], judged: Mapping[str, Judgement]
) -> None:
    """Write down what was judged, by contract digest."""
    day = ctx.day_of(slot)
    version, pack = ctx.rules.version_on(day), ctx.rules.on(day).digest
    rows = [
        RuleDecision(
            contract_digest=digest,
            slot=slot,
            version=version,
            pack=pack,
            action=str(judgement.action),
            findings=[finding_record(each) for each in judgement.findings],
            unknown=list(judgement.unknown),
            facts=facts_record(facts[digest]),
        )
        for digest, judgement in judged.items()
    ]
    rule_decisions.save(tx, rows)


def finding_record(finding: Finding) -> dict[str, Any]:
    """A finding as it is kept: rule, value, line and source, with the words for people."""
    return {
        "trigger": finding.trigger,
        "name": finding.name_en,
        "name_ja": finding.name_ja,
        "text": finding.text_en,
        "text_ja": finding.text_ja,
        "action": str(finding.action),
        "roles": list(finding.roles),
        "value": finding.value,
        "threshold": finding.threshold,
        "source": list(finding.sources),
        "on_timeout": str(finding.on_timeout),
        "unknown": finding.unknown,
    }


def facts_record(facts: Facts) -> dict[str, Any]:
    """Facts as plain JSON, what is as usual left out."""
    said = {name: value for name, value in _plain(facts).items() if name not in FROM_RULES}
    return {name: value for name, value in said.items() if value != _DEFAULTS[name]}


def facts_of(record: Mapping[str, Any]) -> Facts:
    """The facts of a record, as they were but for what rules say."""
    said = dict(record)
    said["corridor"] = Corridor(*said["corridor"])
    said["equipment"] = tuple(map(Certification, said.get("equipment", ())))
    said["licences"] = tuple(map(LicenceState, said.get("licences", ())))
    for name in ("licence_reasons", "surveillance"):
        said[name] = tuple(said.get(name, ()))
    said["grid_state"] = GridState(said["grid_state"]) if said.get("grid_state") else None
    return Facts(**said)


def _plain(facts: Facts) -> dict[str, Any]:
    said = {each.name: getattr(facts, each.name) for each in fields(Facts)}
    said["corridor"] = [facts.corridor.floor, facts.corridor.cap]
    return {name: list(value) if isinstance(value, tuple) and value else value for name, value in said.items()}
