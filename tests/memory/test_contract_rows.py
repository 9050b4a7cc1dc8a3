"""Contracts and cases as rows: states move by the table, decisions count once."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection

from domain.case import CaseState, Verdict
from domain.contract import ContractEvent, ContractState
from domain.errors import Conflict, GridpactError, RuleBroken, TransitionRefused
from memory import cases
from memory.cases import CaseRow, DecisionRow
from memory.database import Database
from memory.trading import contracts
from memory.trading.contracts import ContractRow

AT = datetime(2026, 5, 20, tzinfo=UTC)
DEADLINE = AT + timedelta(hours=1)
CONTRACT = ContractRow(
    "d1", 10, "10:0000", None, "S1", "S2", 500, 12_000, True, ContractState.DRAFTED, {"value_ujpy": 6_000_000}
)
CASE = CaseRow(
    id="C-1",
    contract_digest="d1",
    thread="case:C-1",
    opened_at=AT,
    deadline=DEADLINE,
    roles=("legal", "finance"),
    approvals=2,
    findings=[{"trigger": "E01"}],
    evidence={"contract": "d1"},
    evidence_hash="e" * 64,
)


def decide(tx: Connection, stage: int, person: str, verdict: Verdict = Verdict.APPROVE, at: datetime = AT) -> None:
    cases.decide(tx, DecisionRow("C-1", stage, person, verdict, "a reason", CASE.evidence_hash, at, b"signed"))


def test_a_contract_moves_as_the_table_says_and_no_other_way(tx: Connection) -> None:
    """The state in the database is only ever reached by domain.contract's transitions."""
    contracts.save(tx, [CONTRACT])
    contracts.move(tx, ["d1"], ContractEvent.PASS)
    with pytest.raises(TransitionRefused):
        contracts.move(tx, ["d1"], ContractEvent.SETTLE)
    assert contracts.get(tx, "d1").state is ContractState.APPROVED


def test_contracts_move_together_or_not_at_all(tx: Connection) -> None:
    """One that may not move, or that nobody knows, keeps all where they are."""
    contracts.save(tx, [CONTRACT, replace(CONTRACT, digest="d2"), replace(CONTRACT, digest="d3")])
    contracts.move(tx, ["d1"], ContractEvent.PASS)
    for digests, error in ((["d2", "d3", "d1"], TransitionRefused), (["d2", "d4"], RuleBroken)):
        with pytest.raises(error):
            contracts.move(tx, digests, ContractEvent.ESCALATE)
    assert [str(each.state) for each in contracts.of_slot(tx, 10)] == ["approved", "drafted", "drafted"]
    contracts.move(tx, ["d1", "d2"], ContractEvent.CANCEL)
    contracts.move(tx, [], ContractEvent.CANCEL)
    assert [str(each.state) for each in contracts.of_slot(tx, 10)] == ["cancelled", "cancelled", "drafted"]


def test_drafting_again_does_not_set_a_contract_back(tx: Connection) -> None:
    """A repeated draft finds the contract where it stands; other terms under its digest are refused."""
    contracts.save(tx, [CONTRACT])
    contracts.move(tx, ["d1"], ContractEvent.PASS)
    contracts.save(tx, [CONTRACT])
    assert contracts.of_slot(tx, 10) == [replace(CONTRACT, state=ContractState.APPROVED)]
    with pytest.raises(Conflict):
        contracts.save(tx, [replace(CONTRACT, energy_wh=501)])


def test_the_metered_part_is_written_once(tx: Connection) -> None:
    """The same figure again is harmless, another one is refused."""
    contracts.save(tx, [CONTRACT])
    contracts.deliver(tx, {"d1": 480})
    contracts.deliver(tx, {"d1": 480})
    with pytest.raises(Conflict, match="480 Wh, not 481"):
        contracts.deliver(tx, {"d1": 481})
    with pytest.raises(RuleBroken, match="digest d2"):
        contracts.deliver(tx, {"d2": 480})


def test_an_unknown_contract_is_named(tx: Connection) -> None:
    """Nothing is guessed."""
    with pytest.raises(RuleBroken, match="digest no"):
        contracts.get(tx, "no")
    with pytest.raises(RuleBroken, match="digest no"):
        contracts.move(tx, ["no"], ContractEvent.PASS)


def test_a_case_comes_back_as_it_was_opened_and_grows_words(tx: Connection) -> None:
    """Evidence stays; summary and precedents are added beside it."""
    cases.open(tx, CASE)
    cases.attach_summary(tx, "C-1", "words", "template", [])
    cases.attach_precedents(tx, "C-1", [{"case": "C-0"}])
    cases.open(tx, CASE)
    case = cases.get(tx, "C-1")
    assert (case.summary, case.summary_by, case.precedents) == ("words", "template", [{"case": "C-0"}])
    assert (tuple(case.roles), case.evidence, case.deadline, case.state) == (
        CASE.roles,
        CASE.evidence,
        DEADLINE,
        CaseState.OPEN,
    )


def test_each_stage_and_each_person_decides_once(tx: Connection) -> None:
    """Whoever comes second learns who came first; the same decision again is harmless."""
    cases.open(tx, CASE)
    decide(tx, 1, "aoki")
    decide(tx, 1, "aoki")
    with pytest.raises(Conflict, match="aoki decided stage 1"):
        decide(tx, 1, "baba")
    with pytest.raises(Conflict, match="aoki decided stage 1"):
        decide(tx, 2, "aoki")
    with pytest.raises(Conflict):
        decide(tx, 1, "aoki", Verdict.REJECT)
    decide(tx, 2, "baba")
    assert [(each.stage, each.person) for each in cases.decisions(tx, "C-1")] == [(1, "aoki"), (2, "baba")]


def test_a_decision_needs_an_open_case_in_time_and_its_own_evidence(tx: Connection) -> None:
    """Silence is a rejection, and an approval of other evidence is none."""
    cases.open(tx, CASE)
    with pytest.raises(TransitionRefused, match="deadline"):
        decide(tx, 1, "aoki", at=DEADLINE)
    with pytest.raises(Conflict, match="rests on evidence"):
        cases.decide(tx, DecisionRow("C-1", 1, "aoki", Verdict.APPROVE, "a reason", "f" * 64, AT, b"signed"))
    cases.close(tx, "C-1", CaseState.EXPIRED)
    with pytest.raises(TransitionRefused, match="expired"):
        decide(tx, 1, "aoki")
    assert cases.decisions(tx, "C-1") == []


def test_a_case_ends_once(tx: Connection) -> None:
    """The same end again is harmless, another one refused."""
    cases.open(tx, CASE)
    cases.close(tx, "C-1", CaseState.APPROVED)
    cases.close(tx, "C-1", CaseState.APPROVED)
    with pytest.raises(TransitionRefused):
        cases.close(tx, "C-1", CaseState.REJECTED)
    assert [case.id for case in cases.list(tx, CaseState.APPROVED)] == ["C-1"]
    assert cases.list(tx, CaseState.OPEN) == []


def test_experts_who_decide_at_the_same_moment_leave_one_decision(database: Database) -> None:
    """The database, not the order of clicks, makes it one."""
    with database.begin() as tx:
        cases.open(tx, CASE)

    def click(person: str) -> bool:
        try:
            with database.begin() as tx:
                decide(tx, 1, person)
        except GridpactError:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        taken = list(pool.map(click, [f"person-{number}" for number in range(8)]))
    assert taken.count(True) == 1
    with database.read() as tx:
        assert len(cases.decisions(tx, "C-1")) == 1
