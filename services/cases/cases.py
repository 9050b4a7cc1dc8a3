"""Cases: what people must decide, who decided what, and what follows.

The decision row is the truth, unique by case and stage and by person; waking the case's thread afterwards is only a
wake-up. Who may decide is asked of the one page of policies. A decision counts once a party, for every asked expertise
that its account holds; it is signed with the account's own key (``services.cases.approving``), bound to the hash of
the evidence that was shown, and counts until its expiry, while its account is there. When the deadline passes, silence
rejects. No agent, model or timeout ever approves.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from domain.account import AccountState
from domain.canonical import canonical_bytes
from domain.case import CaseState, ReasonCode, Verdict
from domain.contract import ContractEvent
from domain.errors import Conflict, Stale
from identity.action import Action
from identity.authorisation import Principal, require
from memory import cases, registry
from memory.access import accounts
from memory.books import outbox
from memory.cases import CaseRow, DecisionRow
from memory.casework import amendments
from memory.casework.amendments import AGREED
from memory.learning.episodes import EPISODE
from memory.trading import contracts
from services.cases.approving import signed_by_its_account
from services.cases.case_records import records_of, require_open, require_reason
from services.cases.claiming import require_not_in_other_hands
from services.cases.safe_mode import go_safe, means_safe_mode
from services.context import TradeContext
from services.deals.approvals import owe_approval
from services.steps import Steps

COUNTS_AFTER_DEADLINE = timedelta(hours=1)  # time to carry out what was decided at the last moment
GONE = frozenset({AccountState.LEFT, AccountState.LOCKED})
USUAL_REASON = {Verdict.APPROVE: ReasonCode.IN_ORDER, Verdict.REJECT: ReasonCode.OTHER}
ENDED = "ended_s"  # of a remembered case: when, in seconds since 1970
CLOSES: dict[ContractEvent, CaseState] = {
    ContractEvent.APPROVE: CaseState.APPROVED,
    ContractEvent.REJECT: CaseState.REJECTED,
    ContractEvent.EXPIRE: CaseState.EXPIRED,
    ContractEvent.AMEND: CaseState.AMENDED,
}


@dataclass(frozen=True, slots=True)
class Ballot:
    """What a person says of a case. shown: the hash of the evidence that it saw, 64 hex digits. reason_code: the usual
    one of the verdict when none is given."""

    case_id: str
    verdict: Verdict
    reason: str
    shown: str
    reason_code: ReasonCode | None = None


def thread_of(case_id: str) -> str:
    """The name of a case's graph thread."""
    return f"case:{case_id}"


def decide(steps: Steps, asker: Principal, ballot: Ballot) -> int:
    """Write one person's decision down; returns its stage, from 1.

    Raises InputRefused on a reason that says too little, PermissionDenied when the page does not permit it, Stale when
    other evidence was shown, TransitionRefused when the case is closed or its deadline has passed, Conflict when the
    party has spoken already, somebody else took this stage, or nothing is left to say.
    """
    require_reason(ballot.reason)
    with steps.database.begin("decide") as tx:
        case = cases.lock(tx, ballot.case_id)
        require(asker, Action.DECIDE_CASE, records_of(tx, [case])[0])
        require_open(case, steps.clock())
        _require_shown(case, ballot)
        _require_undecided(tx, case, steps.clock())
        require_not_in_other_hands(tx, steps, asker, case)
        stage = len(cases.decisions(tx, case.id)) + 1
        said = _unsigned(case, stage, asker, ballot, steps.clock())
        cases.decide(tx, signed_by_its_account(tx, steps, asker, said))
        body = {"stage": stage, "person": asker.party, "account": asker.account, "verdict": ballot.verdict}
        steps.note(tx, "rules", "case.decision", case.id, body)
    return stage


def _require_shown(case: CaseRow, ballot: Ballot) -> None:
    if ballot.shown != case.evidence_hash:
        raise Stale(
            f"case {case.id} rests on evidence {case.evidence_hash[:12]}, shown was {ballot.shown[:12] or 'none'}: "
            "look at it again"
        )


def _require_undecided(tx: Connection, case: CaseRow, now: datetime) -> None:
    if outcome(tx, case, now) is not None:
        said = [f"{each.person} decided: {each.verdict}" for each in cases.decisions(tx, case.id)]
        raise Conflict(f"case {case.id} has its outcome already; {'; '.join(said) or 'other terms were agreed'}")


def _unsigned(case: CaseRow, stage: int, asker: Principal, ballot: Ballot, at: datetime) -> DecisionRow:
    return DecisionRow(
        case.id,
        stage,
        asker.party,
        ballot.verdict,
        ballot.reason,
        case.evidence_hash,
        at,
        b"",
        sorted(set(case.roles) & set(map(str, asker.roles))),
        asker.account,
        ballot.reason_code or USUAL_REASON[ballot.verdict],
        case.deadline + COUNTS_AFTER_DEADLINE,
    )


def signed_words(decision: DecisionRow) -> bytes:
    """What a party's key signed on decisions of earlier versions: all they say, and the evidence they rest on."""
    said = {name: value for name, value in asdict(decision).items() if name != "signature" and value is not None}
    return canonical_bytes(said | {"verdict": str(decision.verdict), "at": decision.at.astimezone(UTC).isoformat()})


def in_words(case: CaseRow) -> str:
    """How a case is described, when its outcome is learnt and when it is compared."""
    return "; ".join(f"{each['trigger']} {each['text']}" for each in case.findings)


def outcome(tx: Connection, case: CaseRow, now: datetime) -> ContractEvent | None:
    """What the decisions so far, or the deadline, make of a case; None while it must wait.

    One rejection rejects. An approval needs as many people as the rules ask for, and every expertise among them. What
    was said of other evidence, has expired, or was approved by somebody who has left since does not count.
    """
    decisions = [each for each in cases.decisions(tx, case.id) if _counts(tx, case, each, now)]
    if any(each.verdict == Verdict.REJECT for each in decisions):
        return ContractEvent.REJECT
    if any(each.state == AGREED for each in amendments.of_case(tx, case.id)):
        return ContractEvent.AMEND
    if len(decisions) >= case.approvals and _expertise_missing(tx, case, decisions) == set():
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


def _counts(tx: Connection, case: CaseRow, said: DecisionRow, now: datetime) -> bool:
    if said.verdict == Verdict.REJECT:
        return True
    if said.evidence_hash != case.evidence_hash or (said.expires_at is not None and now >= said.expires_at):
        return False
    account = accounts.find(tx, said.account_id or said.person)
    return account is None or account.state not in GONE


def _expertise_missing(tx: Connection, case: CaseRow, decisions: Sequence[DecisionRow]) -> set[str]:
    of_party = {party.id: str(party.expertise) for party in registry.parties(tx)}
    spoken = [[of_party[each.person]] if each.expertise is None else each.expertise for each in decisions]
    return set(case.roles) - {expertise for each in spoken for expertise in each}
