"""Scripted experts at work: asked about each case as it opens, one person for each expertise that it asks for."""

from collections.abc import Callable, Sequence

from domain.account import AccountRole
from domain.case import Verdict
from gridpact.wiring import House
from identity.authorisation import Kind, Principal
from memory import cases
from memory.cases import CaseRow
from services.cases.cases import Ballot, decide
from simulation.expert import ScriptedExperts
from simulation.planted import Planted


def judge_by_script(house: House, planted: Sequence[Planted]) -> Callable[[CaseRow], None]:
    """Who is asked about an open case at once. A planted one that nobody shall answer is left to its deadline."""
    experts, unanswered = ScriptedExperts(planted), {each.id for each in planted if not each.answered}

    def judge(case: CaseRow) -> None:
        if case.planted in unanswered:
            return
        view = {"planted": case.planted, "roles": list(case.roles), "findings": case.findings}
        with house.database.begin("spoken") as tx:
            spoken = {each.person: each.verdict for each in cases.decisions(tx, case.id)}
        if Verdict.REJECT in spoken.values():  # a run was killed after it: nobody else is asked
            return
        for role in case.roles:
            decision = experts.decide(view, role)
            if decision.person in spoken:
                continue
            asker = Principal(Kind.PERSON, decision.person, decision.person, frozenset({AccountRole(role)}), fresh=True)
            with house.database.read() as tx:  # what was gathered since the case opened belongs to it
                shown = cases.get(tx, case.id).evidence_hash
            decide(house.steps, asker, Ballot(case.id, decision.verdict, decision.reason, shown))
            if decision.verdict is Verdict.REJECT:
                return

    return judge
