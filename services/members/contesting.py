"""Contesting a score: a party says which part of its reputation is wrong and why, and a mediator looks at it.

The score itself is worked out from what is on record, so what may follow is a correction of the record, by people.
"""

from datetime import timedelta

from sqlalchemy import Connection

from domain.canonical import digest
from domain.errors import Fault, InputRefused
from domain.party import Expertise
from identity.reputation import Score
from memory import cases
from memory.cases import CaseRow
from services.cases.cases import thread_of
from services.members.reputation import reputation_of
from services.opening import RULES
from services.steps import Steps

CONTESTED = "reputation.contested"
REASON_CHARACTERS_MIN = 20
LOOKED_AT_WITHIN = timedelta(days=14)


def contest(steps: Steps, party_id: str, part: str, reason: str, by: str) -> str:
    """Open a case about a part of a party's score; its id. The same in the same words is the same case.

    Raises InputRefused on an unknown part or a reason that says too little, RuleBroken when the party has no score.
    """
    with steps.database.begin("contest-reputation") as tx:
        found = reputation_of(tx, party_id)
        faults = [] if part in {each.name for each in found.parts} else [_unknown(found)]
        if len(reason.strip()) < REASON_CHARACTERS_MIN:
            faults.append(Fault("reason", "too_short", f"say what is wrong, in {REASON_CHARACTERS_MIN} characters"))
        if faults:
            raise InputRefused(faults)
        case = _case(steps, party_id, part, reason, found)
        if not _is_known(tx, case.id):
            cases.open(tx, case)
            steps.note(tx, RULES, CONTESTED, party_id, {"case": case.id, "part": part, "by": by})
    return case.id


def _is_known(tx: Connection, case_id: str) -> bool:
    return case_id in {each.id for each in cases.list(tx)}


def _unknown(found: Score) -> Fault:
    return Fault("part", "unknown_part", f"a score has the parts {', '.join(each.name for each in found.parts)}")


def _case(steps: Steps, party_id: str, part: str, reason: str, found: Score) -> CaseRow:
    contested = next(each for each in found.parts if each.name == part)
    evidence = {
        "trade": None,
        "party": party_id,
        "part": part,
        "permille": contested.permille,
        "record": contested.reason,
        "reason": reason,
    }
    case_id = f"R-{digest(evidence)[:12]}"
    finding = {
        "trigger": CONTESTED,
        "name": "a score is contested",
        "name_ja": "評価への異議",
        "action": "escalate",
        "roles": [str(Expertise.MEDIATOR)],
        "text": f"{party_id} contests its score for {part} of {contested.permille} permille: case {case_id}",
        "text_ja": f"{party_id}が{part}の評価（{contested.permille}‰）に異議を申し立てました（案件{case_id}）。",
    }
    return CaseRow(
        id=case_id,
        contract_digest="",
        thread=thread_of(case_id),
        opened_at=steps.clock(),
        deadline=steps.clock() + LOOKED_AT_WITHIN,
        roles=[str(Expertise.MEDIATOR)],
        approvals=1,
        findings=[finding],
        evidence=evidence,
        evidence_hash=digest(evidence),
    )
