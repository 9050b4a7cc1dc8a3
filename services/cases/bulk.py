"""Several small cases of one kind decided in one go, each with its own decision, signature and evidence.

Only cases that ask for one person, for the same rules, each below the bulk limit. One case outside that refuses all of
them: nobody approves in bulk above the limit, whatever the surge.
"""

from collections.abc import Sequence

from domain.errors import Fault, InputRefused
from identity.authorisation import Principal
from memory import cases
from memory.cases import CaseRow
from services.cases.cases import Ballot, decide
from services.steps import Steps

BULK_VALUE_UJPY_MAX = 300_000_000_000  # the standard class's own limit: JPY 300,000
BULK_CASES_MAX = 50


def decide_alike(steps: Steps, asker: Principal, ballots: Sequence[Ballot]) -> list[str]:
    """Decide each; the ids decided, in order. Raises InputRefused with every reason why these cannot go together, then
    nothing is decided; else as ``decide``, at the first that is refused, and those before it stand."""
    with steps.database.read() as tx:
        asked = [cases.get(tx, each.case_id) for each in ballots]
    if faults := [*_faults(asked)]:
        raise InputRefused(faults)
    for each in ballots:
        decide(steps, asker, each)
    return [each.case_id for each in ballots]


def _faults(asked: Sequence[CaseRow]) -> list[Fault]:
    kinds = {tuple(finding["trigger"] for finding in case.findings) for case in asked}
    faults = [Fault("cases", "different_rules", "cases decided together rest on the same rules")] * (len(kinds) > 1)
    if not 0 < len(asked) <= BULK_CASES_MAX:
        faults.append(Fault("cases", "too_many", f"1 to {BULK_CASES_MAX} cases go together"))
    for case in asked:
        if case.harm_ujpy > BULK_VALUE_UJPY_MAX:
            faults.append(
                Fault(case.id, "above_limit", f"is worth more than {BULK_VALUE_UJPY_MAX} uJPY: decide it alone")
            )
        if case.approvals > 1 or len(case.roles) > 1:
            faults.append(Fault(case.id, "two_people", "asks for more than one person: decide it alone"))
    return faults
