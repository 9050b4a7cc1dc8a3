"""Which contracts need people: every trigger is evaluated, the strictest action wins, all roles asked for must agree.

Nothing is approved by silence, an AI never counts as an approver, and a block cannot be lifted by one person. A
standard contract (same area, low voltage, at most a year and JPY 300,000, template, retailer's bill, certified
equipment, no support scheme) passes every trigger, so people are asked where their judgement is worth its price.
"""

from dataclasses import dataclass
from datetime import date

from domain.errors import RuleValueUnusable
from policies.bands import PATIENCE, SEVERITY, Action, Band, OnTimeout, Trigger
from policies.facts import MEASURES, Facts, Measure
from policies.pack import RulePack

__all__ = ["Action", "Facts", "Finding", "Judgement", "OnTimeout", "evaluate"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What one trigger found that is not automatic. text: what was measured, in words."""

    trigger: str
    name_en: str
    name_ja: str
    text_en: str
    text_ja: str
    action: Action
    roles: tuple[str, ...]
    approvals: int
    sla: str
    deadline_min: int
    on_timeout: OnTimeout


@dataclass(frozen=True, slots=True)
class Judgement:
    """What all triggers together ask for.

    findings: in the order of the triggers' ids, empty when automatic. roles: each must approve, sorted. approvals:
    people needed, the highest any finding asks for and at least one a role. deadline_min: the earliest deadline in
    minutes from filing, None when no people are asked. on_timeout: the strictest of those asked for.
    """

    action: Action
    findings: tuple[Finding, ...] = ()
    roles: tuple[str, ...] = ()
    approvals: int = 0
    deadline_min: int | None = None
    on_timeout: OnTimeout = OnTimeout.REJECT


def evaluate(facts: Facts, pack: RulePack, on: date) -> Judgement:
    """Judge one contract by the pack's triggers on the day it is made.

    Every trigger grows no milder with value, energy or tenor: if the largest of many contracts alike in all else is
    automatic, all of them are. Raises RuleValueUnusable when the pack lacks a trigger or does not know a class.
    """
    missing = sorted(set(MEASURES) - set(pack.triggers))
    if missing:
        raise RuleValueUnusable(f"pack {pack.id} has no bands for {', '.join(missing)}")
    found = (_find(pack.triggers[id_], measure(facts, pack, on), pack) for id_, measure in MEASURES.items())
    return _judge(tuple(finding for finding in found if finding is not None))


def _find(trigger: Trigger, measure: Measure, pack: RulePack) -> Finding | None:
    band = _band(trigger, measure, pack)
    if band.action is Action.AUTO:
        return None
    return Finding(
        trigger=trigger.id,
        name_en=trigger.name_en,
        name_ja=trigger.name_ja,
        text_en=measure.en,
        text_ja=measure.ja,
        action=band.action,
        roles=band.roles,
        approvals=band.approvals,
        sla=band.sla,
        deadline_min=pack.sla_min[band.sla] if band.sla else 0,
        on_timeout=band.on_timeout,
    )


def _band(trigger: Trigger, measure: Measure, pack: RulePack) -> Band:
    try:
        return trigger.band(measure.amount, measure.classes)
    except KeyError as unknown:
        raise RuleValueUnusable(f"pack {pack.id}: {trigger.id} knows no class {unknown}") from None


def _judge(findings: tuple[Finding, ...]) -> Judgement:
    if not findings:
        return Judgement(Action.AUTO)
    roles = tuple(sorted({role for finding in findings for role in finding.roles}))
    return Judgement(
        action=max((finding.action for finding in findings), key=SEVERITY.__getitem__),
        findings=findings,
        roles=roles,
        approvals=max(len(roles), *(finding.approvals for finding in findings)),
        deadline_min=min((finding.deadline_min for finding in findings if finding.roles), default=None),
        on_timeout=max((finding.on_timeout for finding in findings), key=PATIENCE.__getitem__),
    )
