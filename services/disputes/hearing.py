"""Where people rule on a dispute: a case like any other, with the frozen pack as its evidence.

A mediator first; a review by other people after that, of more than one expertise. What they decide, and what silence
means, is the cases' own matter; here it is only read.
"""

from datetime import datetime

from sqlalchemy import Connection

from domain.canonical import digest
from domain.contract import ContractEvent
from domain.dispute import DisputeEvent, DisputeStep
from domain.quantity import UJPY_PER_JPY
from memory import cases
from memory.cases import CaseRow
from memory.casework.disputes import DisputeRow
from policies.dispute_rules import MEDIATED, REVIEWED, TRIGGER, DisputeRules
from services.cases.cases import outcome, thread_of

HEARD = {DisputeStep.MEDIATION: MEDIATED, DisputeStep.REVIEW: REVIEWED}
_RULED = {
    ContractEvent.APPROVE: DisputeEvent.UPHELD,
    ContractEvent.REJECT: DisputeEvent.DISMISSED,
    ContractEvent.EXPIRE: DisputeEvent.SILENT,
}


def open_hearing(tx: Connection, rules: DisputeRules, row: DisputeRow, step: DisputeStep, now: datetime) -> CaseRow:
    """Open the case in which people rule; the caller holds the dispute's lock. Asserts that the pack is frozen."""
    assert row.evidence_hash, "nobody rules on a dispute whose evidence is not frozen"
    roles = rules.roles(HEARD[step], row.disputed_ujpy)
    deadline = rules.due(HEARD[step], now)
    assert deadline is not None, "people rule within a time"
    evidence = dict(row.evidence) | {"pack_hash": row.evidence_hash, "parties": sorted(_barred(tx, row))}
    case_id = f"M-{digest({'dispute': row.id, 'step': str(step)})[:12]}"
    opened = CaseRow(
        id=case_id,
        contract_digest="",
        thread=thread_of(case_id),
        opened_at=now,
        deadline=deadline,
        roles=list(roles),
        approvals=len(roles),
        findings=[_finding(rules, row, roles)],
        evidence=evidence,
        evidence_hash=digest(evidence),
        on_timeout=str(rules.pack.triggers[TRIGGER].band(row.disputed_ujpy, ()).on_timeout),
        harm_ujpy=row.disputed_ujpy,
    )
    cases.open(tx, opened)
    return opened


def ruled(tx: Connection, row: DisputeRow, now: datetime) -> DisputeEvent | None:
    """What the dispute's case came to; None while it waits."""
    assert row.case_id is not None, "what is heard has a case"
    event = outcome(tx, cases.get(tx, row.case_id), now)
    return None if event is None else _RULED[event]


def _barred(tx: Connection, row: DisputeRow) -> set[str]:
    """Whose people may not rule: both sides, and whoever ruled before."""
    spoken = cases.decisions(tx, row.case_id) if row.case_id else []
    return set(row.parties) | {each.person for each in spoken}


def _finding(rules: DisputeRules, row: DisputeRow, roles: tuple[str, ...]) -> dict[str, object]:
    kind, jpy = rules.types[row.kind], row.disputed_ujpy // UJPY_PER_JPY
    return {
        "trigger": TRIGGER,
        "name": rules.pack.triggers[TRIGGER].name_en,
        "name_ja": rules.pack.triggers[TRIGGER].name_ja,
        "action": "escalate",
        "roles": list(roles),
        "text": f"dispute {row.id}: {kind.name_en}, JPY {jpy} held; approve pays it to {row.party_id}",
        "text_ja": f"紛争{row.id}：{kind.name_ja}、保留{jpy}円。承認すると{row.party_id}に支払われます。",
    }
