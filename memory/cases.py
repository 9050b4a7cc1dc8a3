"""Cases that people decide, and their decisions.

The decision row is the truth: the database takes one per case and stage, and one per case and person, whatever two
experts do at the same moment. A decision names the hash of the evidence it was made on and counts for no other.
"""

import builtins
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, select, true, update
from sqlalchemy.dialects.postgresql import insert

from domain.case import CaseState, Verdict
from domain.errors import Conflict, RuleBroken, TransitionRefused
from memory import tables
from memory.rows import write_once

GROWS = ("summary", "summary_by", "claims", "precedents", "state", "roles", "approvals", "evidence", "evidence_hash")


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One case. roles: whose expertise is asked. approvals: how many people must agree. planted: its label, None if it
    arose by itself. evidence_hash: what decisions are bound to. on_timeout: what silence becomes beside a rejection.
    harm_ujpy: what is at stake, by which many cases at once are sorted. claims: the summary, claim by claim."""

    id: str
    contract_digest: str
    thread: str
    opened_at: datetime
    deadline: datetime
    roles: Sequence[str]
    approvals: int
    findings: Sequence[Mapping[str, Any]]
    evidence: Mapping[str, Any]
    evidence_hash: str
    planted: str | None = None
    summary: str = ""
    summary_by: str = ""
    precedents: Sequence[Mapping[str, Any]] = ()
    state: CaseState = CaseState.OPEN
    on_timeout: str = "reject"
    harm_ujpy: int = 0
    claims: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """What one person said of one case, signed. stage: 1 for the first approval asked for, and so on.

    expertise: for which of those asked it spoke; None on decisions of earlier versions, which spoke for their party's.
    account_id, reason_code, expires_at, address: who of the party, the kind of its reason, until when it counts and
    under which address it is signed; None on decisions of earlier versions, which the party's key signed.
    """

    case_id: str
    stage: int
    person: str
    verdict: Verdict
    reason: str
    evidence_hash: str
    at: datetime
    signature: bytes
    expertise: Sequence[str] | None = None
    account_id: str | None = None
    reason_code: str | None = None
    expires_at: datetime | None = None
    address: str | None = None


def open(tx: Connection, case: CaseRow) -> None:  # noqa: A001
    """Open a case. Raises Conflict when its id has other content."""
    write_once(tx, tables.case_file, [asdict(case) | {"state": str(case.state)}], grows=GROWS)


def get(tx: Connection, case_id: str) -> CaseRow:
    """One case. Raises RuleBroken when nobody knows it."""
    found = _found(tx, tables.case_file.c.id == case_id)
    if not found:
        raise RuleBroken(f"no case has the id {case_id}")
    return found[0]


def lock(tx: Connection, case_id: str) -> CaseRow:
    """One case, which nobody else changes or decides until this transaction ends. Raises RuleBroken when unknown."""
    tx.execute(select(tables.case_file.c.id).where(tables.case_file.c.id == case_id).with_for_update())
    return get(tx, case_id)


def all(tx: Connection) -> "builtins.list[CaseRow]":  # noqa: A001
    """Every case, by deadline, then id."""
    return _found(tx, true())


def list(tx: Connection, state: CaseState | None = None) -> "builtins.list[CaseRow]":  # noqa: A001
    """The cases in a state, or all, by deadline, then id."""
    return _found(tx, true() if state is None else tables.case_file.c.state == str(state))


def of_contract(tx: Connection, digest: str) -> "builtins.list[CaseRow]":
    """The cases of one contract, by deadline, then id."""
    return _found(tx, tables.case_file.c.contract_digest == digest)


def of_contracts(tx: Connection, digests: Sequence[str]) -> "builtins.list[CaseRow]":
    """The cases of several contracts, by deadline, then id."""
    return _found(tx, tables.case_file.c.contract_digest.in_(digests))


def attach_summary(
    tx: Connection, case_id: str, summary: str, summary_by: str, claims: Sequence[Mapping[str, Any]]
) -> None:
    """Add the words, who wrote them and their claims; the evidence stays as it is."""
    _change(tx, case_id, {"summary": summary, "summary_by": summary_by, "claims": [dict(each) for each in claims]})


def attach_precedents(tx: Connection, case_id: str, precedents: Sequence[Mapping[str, Any]]) -> None:
    """Add similar past cases."""
    _change(tx, case_id, {"precedents": [dict(each) for each in precedents]})


def attach_evidence(tx: Connection, case_id: str, evidence: Mapping[str, Any], evidence_hash: str) -> None:
    """The evidence with what was added to it; the caller holds the case's lock and knows that nobody has decided."""
    _change(tx, case_id, {"evidence": dict(evidence), "evidence_hash": evidence_hash})


def ask_more(tx: Connection, case_id: str, roles: Sequence[str], approvals: int) -> None:
    """Ask for more expertise, and as many people; the caller holds the case's lock."""
    _change(tx, case_id, {"roles": [*roles], "approvals": approvals})


def decide(tx: Connection, given: DecisionRow) -> None:
    """Write a decision. The same person's same decision again changes nothing.

    Raises Conflict naming who decided this stage or that the person has spoken, or when the decision rests on other
    evidence than the case's; TransitionRefused when the case is closed or its deadline has passed.
    """
    _require_decidable(lock(tx, given.case_id), given)
    row = asdict(given) | {"verdict": str(given.verdict)}
    new = insert(tables.decision).values(row).on_conflict_do_nothing().returning(tables.decision.c.stage)
    if tx.execute(new).one_or_none() is not None:
        return
    for each in decisions(tx, given.case_id):
        if replace(each, at=given.at, signature=given.signature) == given:
            return
        if each.stage == given.stage or each.person == given.person:
            raise Conflict(f"{each.person} decided stage {each.stage} of case {given.case_id} already: {each.verdict}")


def decisions(tx: Connection, case_id: str) -> "builtins.list[DecisionRow]":
    """The decisions of a case, by stage."""
    decision = tables.decision.c
    wanted = select(tables.decision).where(decision.case_id == case_id).order_by(decision.stage)
    return [DecisionRow(**{**row._mapping, "verdict": Verdict(row.verdict)}) for row in tx.execute(wanted)]


def close(tx: Connection, case_id: str, state: CaseState) -> None:
    """End a case. Ending it the same way again changes nothing; raises TransitionRefused on another end."""
    case = lock(tx, case_id)
    assert state is not CaseState.OPEN, "closing means an end"
    if case.state not in {CaseState.OPEN, state}:
        raise TransitionRefused(f"case {case_id} is {case.state}, it cannot become {state}")
    _change(tx, case_id, {"state": str(state)})


def _require_decidable(case: CaseRow, given: DecisionRow) -> None:
    if case.state is not CaseState.OPEN:
        raise TransitionRefused(f"case {case.id} is {case.state}, nothing is left to decide")
    if given.at >= case.deadline:
        raise TransitionRefused(f"case {case.id} passed its deadline {case.deadline.isoformat()}; silence rejects")
    if given.evidence_hash != case.evidence_hash:
        raise Conflict(f"case {case.id} rests on evidence {case.evidence_hash[:12]}, not {given.evidence_hash[:12]}")


def _change(tx: Connection, case_id: str, values: dict[str, Any]) -> None:
    changed = tx.execute(update(tables.case_file).where(tables.case_file.c.id == case_id).values(values))
    if not changed.rowcount:
        raise RuleBroken(f"no case has the id {case_id}")


def _found(tx: Connection, condition: ColumnElement[bool]) -> "builtins.list[CaseRow]":
    case = tables.case_file.c
    wanted = select(tables.case_file).where(condition).order_by(case.deadline, case.id)
    return [CaseRow(**{**row._mapping, "state": CaseState(row.state)}) for row in tx.execute(wanted)]
