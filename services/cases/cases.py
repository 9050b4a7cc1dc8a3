"""Cases: what people must decide, who decided what, and what follows.

The decision row is the truth, unique by case and stage and by person; waking the case's thread afterwards is only a
wake-up. Who may decide is asked of the one page of policies. A decision counts once a party, for every asked expertise
that its account holds; it is signed with the party's key, which this house keeps for them, and bound to the hash of
the evidence it was made on. When the deadline passes, silence rejects. No agent, model or timeout ever approves.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection

from domain.canonical import canonical_bytes
from domain.case import CaseState, Verdict
from domain.contract import ContractEvent
from domain.errors import Fault, InputRefused, TransitionRefused
from identity.action import Action
from identity.authorisation import Principal, require
from memory import cases, registry
from memory.books import outbox
from memory.cases import CaseRow, DecisionRow
from memory.learning.episodes import EPISODE
from memory.trading import contracts
from services.cases.case_records import records_of
from services.cases.safe_mode import go_safe, means_safe_mode
from services.context import TradeContext
from services.deals.approvals import owe_approval
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
    verdict: Verdict
    reason: str


def thread_of(case_id: str) -> str:
    """The name of a case's graph thread."""
    return f"case:{case_id}"


def decide(steps: Steps, asker: Principal, ballot: Ballot) -> int:
    """Write one person's decision down; returns its stage, from 1.

    Raises InputRefused on a reason that says too little, PermissionDenied when the page does not permit it,
    TransitionRefused when the case is closed or its deadline has passed, Conflict when the party has spoken already or
    somebody else took this stage.
    """
    if len(ballot.reason.strip()) < REASON_CHARACTERS_MIN:
        raise InputRefused(
            [Fault("reason", "too_short", f"give a reason of {REASON_CHARACTERS_MIN} characters or more")]
        )
    with steps.database.begin("decide") as tx:
        case = cases.get(tx, ballot.case_id)
        require(asker, Action.DECIDE_CASE, records_of(tx, [case])[0])
        _require_open(case, steps.clock())
        stage = len(cases.decisions(tx, case.id)) + 1
        said = _unsigned(case, stage, asker, ballot, steps.clock())
        cases.decide(tx, replace(said, signature=steps.keys.sign(asker.party, signed_words(said))))
        body = {"stage": stage, "person": asker.party, "account": asker.account, "verdict": ballot.verdict}
        steps.note(tx, "rules", "case.decision", case.id, body)
    return stage


def _unsigned(case: CaseRow, stage: int, asker: Principal, ballot: Ballot, at: datetime) -> DecisionRow:
    spoken_for = sorted(set(case.roles) & set(map(str, asker.roles)))
    return DecisionRow(
        case.id, stage, asker.party, ballot.verdict, ballot.reason, case.evidence_hash, at, b"", spoken_for
    )


def signed_words(decision: DecisionRow) -> bytes:
    """What a person signs: everything the decision says, and the evidence it rests on."""
    said = {name: value for name, value in asdict(decision).items() if name != "signature" and value is not None}
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
    """Do to the contract what the decisions say; an approval is owed to the chain, and silence may mean safe mode."""

    def work(tx: Connection) -> dict[str, Any]:
        case = cases.get(tx, case_id)
        event = outcome(tx, case, ctx.now())
        assert event is not None, "a case that waits is not concluded"
        cases.close(tx, case_id, CLOSES[event])
        if case.contract_digest:  # a case about a stopped key has none: what follows from it people do
            _carry_out(tx, ctx, case.contract_digest, event)
        _owe_episode(tx, ctx, case, CLOSES[event])
        safe = means_safe_mode(event, case.findings)
        return {"event": str(event), "findings": [each["trigger"] for each in case.findings], "safe_mode": safe}

    output = ctx.steps.run(thread_of(case_id), "conclude", "rules", "conclude", work)
    if output.get("safe_mode"):  # cases concluded by earlier programs do not say
        go_safe(ctx, case_id)
    return output


def _carry_out(tx: Connection, ctx: TradeContext, digest: str, event: ContractEvent) -> None:
    contracts.move(tx, [digest], event)
    if event is ContractEvent.APPROVE and not contracts.get(tx, digest).trade_id:
        owe_approval(tx, ctx, digest)


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


def _expertise_missing(tx: Connection, case: CaseRow) -> set[str]:
    of_party = {party.id: str(party.expertise) for party in registry.parties(tx)}
    spoken = [
        [of_party[each.person]] if each.expertise is None else each.expertise for each in cases.decisions(tx, case.id)
    ]
    return set(case.roles) - {expertise for each in spoken for expertise in each}
