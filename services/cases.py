"""Cases: what people must decide, who decided what, and what follows.

The decision row is the truth, unique by case and stage and by person; waking the case's thread afterwards is only a
wake-up. A decision is signed with the person's key, which this house keeps for them, and bound to the hash of the
evidence it was made on. When the deadline passes, silence rejects. No agent, model or timeout ever approves.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection

from domain.canonical import canonical_bytes
from domain.case import CaseState, Verdict
from domain.contract import ContractEvent
from domain.errors import Fault, InputRefused, PermissionDenied, TransitionRefused
from domain.party import Role
from memory import cases, contracts, outbox, registry
from memory.cases import CaseRow, DecisionRow
from memory.episodes import EPISODE
from services.approvals import owe_approval
from services.context import TradeContext
from services.steps import Steps

REASON_CHARACTERS_MIN = 20
ENDED = "ended_s"  # of a remembered case: when, in seconds since 1970
CLOSES: dict[ContractEvent, CaseState] = {
    ContractEvent.APPROVE: CaseState.APPROVED,
    ContractEvent.REJECT: CaseState.REJECTED,
    ContractEvent.EXPIRE: CaseState.EXPIRED,
}


@dataclass(frozen=True, slots=True)
class Ballot:
    """What a person says of a case."""

    case_id: str
    person: str
    verdict: Verdict
    reason: str


def thread_of(case_id: str) -> str:
    """The name of a case's graph thread."""
    return f"case:{case_id}"


def decide(steps: Steps, ballot: Ballot) -> int:
    """Write one person's decision down; returns its stage, from 1.

    Raises InputRefused on a reason that says too little, PermissionDenied when the person's expertise is not asked
    for or has spoken already, TransitionRefused when the case is closed or its deadline has passed, Conflict when
    somebody else took this stage.
    """
    if len(ballot.reason.strip()) < REASON_CHARACTERS_MIN:
        raise InputRefused(
            [Fault("reason", "too_short", f"give a reason of {REASON_CHARACTERS_MIN} characters or more")]
        )
    with steps.database.begin("decide") as tx:
        case = cases.get(tx, ballot.case_id)
        _require_open(case, steps.clock())
        _require_expertise(tx, case, ballot.person)
        stage = len(cases.decisions(tx, case.id)) + 1
        said = DecisionRow(
            case.id, stage, ballot.person, ballot.verdict, ballot.reason, case.evidence_hash, steps.clock(), b""
        )
        cases.decide(tx, replace(said, signature=steps.keys.sign(ballot.person, signed_words(said))))
        steps.note(
            tx, "rules", "case.decision", case.id, {"stage": stage, "person": ballot.person, "verdict": ballot.verdict}
        )
    return stage


def signed_words(decision: DecisionRow) -> bytes:
    """What a person signs: everything the decision says, and the evidence it rests on."""
    said = {name: value for name, value in asdict(decision).items() if name != "signature"}
    return canonical_bytes(said | {"verdict": str(decision.verdict), "at": decision.at.astimezone(UTC).isoformat()})


def in_words(case: CaseRow) -> str:
    """How a case is described, when its outcome is learnt and when it is compared."""
    return "; ".join(f"{each['trigger']} {each['text']}" for each in case.findings)


def outcome(tx: Connection, case: CaseRow, now: datetime) -> ContractEvent | None:
    """What the decisions so far, or the deadline, make of a case; None while it must wait.

    One rejection rejects. An approval needs as many people as the rules ask for, and every expertise among them.
    """
    decisions = cases.decisions(tx, case.id)
    if any(each.verdict == Verdict.REJECT for each in decisions):
        return ContractEvent.REJECT
    if len(decisions) >= case.approvals and _expertise_missing(tx, case) == set():
        return ContractEvent.APPROVE
    return ContractEvent.EXPIRE if now >= case.deadline else None


def conclude(ctx: TradeContext, case_id: str) -> dict[str, Any]:
    """Do to the contract what the decisions say; an approval is owed to the chain."""

    def work(tx: Connection) -> dict[str, Any]:
        case = cases.get(tx, case_id)
        event = outcome(tx, case, ctx.now())
        assert event is not None, "a case that waits is not concluded"
        contracts.move(tx, [case.contract_digest], event)
        cases.close(tx, case_id, CLOSES[event])
        if event is ContractEvent.APPROVE and not contracts.get(tx, case.contract_digest).trade_id:
            owe_approval(tx, ctx, case.contract_digest)
        _owe_episode(tx, ctx, case, CLOSES[event])
        return {"event": str(event), "findings": [each["trigger"] for each in case.findings]}

    return ctx.steps.run(thread_of(case_id), "conclude", "rules", "conclude", work)


def _owe_episode(tx: Connection, ctx: TradeContext, case: CaseRow, ended: CaseState) -> None:
    """Memory shall know how the case ended when the next one like it comes."""
    decisions = cases.decisions(tx, case.id)
    reason = decisions[-1].reason if decisions else "nobody decided in time"
    facts = {"outcome": str(ended), "reason": reason, "planted": case.planted or "", ENDED: _seconds(ctx.now())}
    body = {"kind": "case", "id": case.id, "text": in_words(case), "facts": facts}
    outbox.owe(tx, f"episode:case:{case.id}", EPISODE, body, ctx.now())


def ended_before(facts: Mapping[str, int | str], moment: datetime) -> bool:
    """Whether a remembered case had ended by an earlier moment. What ends at the same one may not be remembered yet."""
    return int(facts.get(ENDED, 0)) < _seconds(moment)


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def _require_open(case: CaseRow, now: datetime) -> None:
    if case.state is not CaseState.OPEN:
        raise TransitionRefused(f"case {case.id} is {case.state}, nothing is left to decide")
    if now >= case.deadline:
        raise TransitionRefused(f"case {case.id} passed its deadline {case.deadline:%Y-%m-%d %H:%M}; silence rejects")


def _require_expertise(tx: Connection, case: CaseRow, person: str) -> None:
    known = {party.id: party for party in registry.parties(tx) if party.role is Role.EXPERT}
    if person not in known:
        raise PermissionDenied(f"{person} is no expert; experts: {', '.join(sorted(known))}")
    if known[person].expertise not in set(case.roles):
        raise PermissionDenied(f"case {case.id} asks for {', '.join(case.roles)}, not for {known[person].expertise}")


def _expertise_missing(tx: Connection, case: CaseRow) -> set[str]:
    expertise = {party.id: str(party.expertise) for party in registry.parties(tx)}
    return set(case.roles) - {expertise[each.person] for each in cases.decisions(tx, case.id)}
