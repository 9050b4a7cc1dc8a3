"""Which contracts need people: every trigger is evaluated, the strictest action wins, all roles asked for must agree.

Nothing is approved by silence, an AI never counts as an approver, and a block cannot be lifted by one person. A
standard contract (same area, low voltage, at most a year and JPY 300,000, template, retailer's bill, certified
equipment, no support scheme) passes every trigger, so people are asked where their judgement is worth its price.
What nobody knows is treated as the rule says of the unknown, and is named.
"""

from dataclasses import dataclass
from datetime import date

from domain.errors import RuleValueUnusable
from policies.amounts import amount_of
from policies.bands import PATIENCE, SEVERITY, Action, OnTimeout, Trigger
from policies.classes import classes_of
from policies.facts import Facts
from policies.pack import RulePack
from policies.words import measured, threshold, told

__all__ = ["TRIGGERS", "Action", "Facts", "Finding", "Judgement", "OnTimeout", "evaluate", "require_complete"]

TRIGGERS = tuple(f"E{number:02}" for number in range(1, 25))


@dataclass(frozen=True, slots=True)
class Finding:
    """What one trigger found that is not automatic. text: what was measured, in words. value, threshold: the same as
    figure or class, and the line it crossed. sources: who says so, ids of the register. unknown: nobody knows, and the
    rule's stated default holds.
    """

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
    value: str = ""
    threshold: str = ""
    sources: tuple[str, ...] = ()
    unknown: bool = False


@dataclass(frozen=True, slots=True)
class Judgement:
    """What all triggers together ask for.

    findings: in the order of the triggers' ids, empty when automatic. roles: each must approve, sorted. approvals:
    people needed, the highest any finding asks for and at least one a role. deadline_min: the earliest deadline in
    minutes from filing, None when no people are asked. on_timeout: the strictest of those asked for. unknown: the
    triggers whose facts nobody knows, automatic ones too.
    """

    action: Action
    findings: tuple[Finding, ...] = ()
    roles: tuple[str, ...] = ()
    approvals: int = 0
    deadline_min: int | None = None
    on_timeout: OnTimeout = OnTimeout.REJECT
    unknown: tuple[str, ...] = ()


def evaluate(facts: Facts, pack: RulePack, on: date) -> Judgement:
    """Judge one contract by the pack's triggers on the day it is made.

    Raises RuleValueUnusable when the pack lacks a trigger or does not know a class.
    """
    require_complete(pack)
    found = [_find(pack.triggers[id_], facts, pack, on) for id_ in TRIGGERS]
    judged = _judge(tuple(each for each in found if each.action is not Action.AUTO))
    return Judgement(*judged, tuple(each.trigger for each in found if each.unknown))


def require_complete(pack: RulePack) -> None:
    """Raises RuleValueUnusable when the pack has no bands for a trigger: one left out is not one that passes."""
    if missing := sorted(set(TRIGGERS) - set(pack.triggers)):
        raise RuleValueUnusable(f"pack {pack.id} has no bands for {', '.join(missing)}")


def _find(trigger: Trigger, facts: Facts, pack: RulePack, on: date) -> Finding:
    amount, classes = amount_of(trigger.id, facts, pack, on), classes_of(trigger.id, facts, pack, on)
    try:
        band = trigger.band(amount, classes)
    except KeyError as unknown:
        raise RuleValueUnusable(f"pack {pack.id}: {trigger.id} knows no class {unknown}") from None
    if band.action is Action.AUTO:
        return _automatic(trigger, unknown=band is trigger.unknown)
    text_en, text_ja = told(trigger, facts, amount, classes)
    return Finding(
        trigger=trigger.id,
        name_en=trigger.name_en,
        name_ja=trigger.name_ja,
        text_en=text_en,
        text_ja=text_ja,
        action=band.action,
        roles=band.roles,
        approvals=band.approvals,
        sla=band.sla,
        deadline_min=pack.sla_min[band.sla] if band.sla else 0,
        on_timeout=band.on_timeout,
        value=", ".join(filter(None, (measured(trigger, amount), *sorted(set(classes))))),
        threshold=threshold(trigger, band),
        sources=trigger.sources,
        unknown=band is trigger.unknown,
    )


def _automatic(trigger: Trigger, *, unknown: bool) -> Finding:
    """Nothing is told of what passes; words are for what somebody must read."""
    words = ("", "", "", "")
    return Finding(trigger.id, *words, Action.AUTO, (), 0, "", 0, OnTimeout.REJECT, unknown=unknown)


def _judge(
    findings: tuple[Finding, ...],
) -> tuple[Action, tuple[Finding, ...], tuple[str, ...], int, int | None, OnTimeout]:
    if not findings:
        return Action.AUTO, (), (), 0, None, OnTimeout.REJECT
    roles = tuple(sorted({role for finding in findings for role in finding.roles}))
    return (
        max((finding.action for finding in findings), key=SEVERITY.__getitem__),
        findings,
        roles,
        max(len(roles), *(finding.approvals for finding in findings)),
        min((finding.deadline_min for finding in findings if finding.roles), default=None),
        max((finding.on_timeout for finding in findings), key=PATIENCE.__getitem__),
    )
