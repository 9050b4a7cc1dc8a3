"""Scripted experts: they stand in for people in a demonstration, and every name says so.

Of a planted proposal they say what its script says. Of a case that arose by itself they judge by a rule for each
trigger, stated below, and refuse what they have no rule for. They decide nothing outside a demonstration.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from domain.case import Verdict
from domain.party import Expertise, Party, Role
from simulation.planted import Planted

LABEL = "scripted"

EXPERTS = {
    Expertise.LEGAL: Party("expert-legal", "法務の台本（scripted）", Role.EXPERT, Expertise.LEGAL),
    Expertise.GRID: Party("expert-grid", "系統の台本（scripted）", Role.EXPERT, Expertise.GRID),
    Expertise.FINANCE: Party("expert-finance", "財務の台本（scripted）", Role.EXPERT, Expertise.FINANCE),
    Expertise.MEDIATOR: Party("expert-mediator", "調停の台本（scripted）", Role.EXPERT, Expertise.MEDIATOR),
}

_RULES: dict[str, tuple[Verdict, str]] = {
    "E01": (Verdict.APPROVE, "scripted rule: a value above the line is approved when it settles as metered"),
    "E02": (Verdict.APPROVE, "scripted rule: much energy is approved when it settles as metered"),
    "E05": (Verdict.APPROVE, "scripted rule: a price inside the corridor serves both sides better than the utility"),
}
_NO_RULE = "scripted rule: nothing is approved that the script does not know; a person must look at it"


class Decision(NamedTuple):
    """What an expert says: the party's id, the verdict and its reason."""

    person: str
    verdict: Verdict
    reason: str


class ScriptedExperts:
    """One expert for each expertise. planted: the proposals whose cases they know."""

    def __init__(self, planted: Sequence[Planted]) -> None:
        self._script = {each.id: each for each in planted}

    @property
    def parties(self) -> tuple[Party, ...]:
        """The experts as parties, to be registered."""
        return tuple(EXPERTS.values())

    def decide(self, case: Mapping[str, Any], role: str | None = None) -> Decision:
        """What the expert of ``role`` (of the case's first role when not said) says of a case.

        Reads ``planted`` (the label or None), ``roles`` and ``findings`` (each with its ``trigger``).
        """
        person = EXPERTS[Expertise(role or case["roles"][0])].id
        scripted = self._script.get(case.get("planted") or "")
        if scripted is not None:
            return Decision(person, scripted.verdict, f"{LABEL}: {scripted.reason}")
        return Decision(person, *_judge([finding["trigger"] for finding in case["findings"]]))


def _judge(triggers: Sequence[str]) -> tuple[Verdict, str]:
    """The first refusal, else the first approval; a case without findings is refused."""
    judged = [_RULES.get(trigger, (Verdict.REJECT, _NO_RULE)) for trigger in triggers] or [(Verdict.REJECT, _NO_RULE)]
    return next((each for each in judged if each[0] is Verdict.REJECT), judged[0])
