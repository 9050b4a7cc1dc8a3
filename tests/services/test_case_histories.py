"""No waiting case is lost to a new version: recorded threads of earlier ones come to their end in today's graph."""

import json
from pathlib import Path

import pytest
from case_histories import CASE, FOLDER, HISTORIES, put

from benchmarks.case_house import NOW, REASON, attend, opened, populate
from domain.account import AccountRole
from domain.case import CaseState, Verdict
from domain.contract import ContractState
from identity.authorisation import Kind, Principal
from memory import cases
from memory.books import outbox
from memory.database import Database
from memory.trading import contracts
from services.cases.cases import Ballot, decide

RECORDED = sorted(each.stem for each in FOLDER.glob("*.json"))


def test_every_kind_of_history_is_recorded() -> None:
    """One that waits, one that was killed, one whose node has another name by now."""
    assert set(HISTORIES) <= set(RECORDED)


@pytest.mark.parametrize("name", RECORDED)
def test_a_recorded_thread_waits_until_people_decide_and_then_ends_once(
    name: str, database: Database, database_url: str, tmp_path: Path
) -> None:
    """Attended again and again it waits; decided, it is concluded, and the chain is owed its approval once."""
    populate(database, 1)
    with opened(database_url, tmp_path / "keys.json") as (ctx, graph):
        put(database, json.loads((FOLDER / f"{name}.json").read_text()))
        with database.read() as tx:
            case = cases.get(tx, CASE)
        for _ in range(2):
            attend(ctx, graph, case, set())
            assert graph.get_state({"configurable": {"thread_id": case.thread}}).next == ("await_people",)
        with database.read() as tx:
            case = cases.get(tx, CASE)
        asker = Principal(Kind.PERSON, "reviewer-0", "reviewer-0", frozenset({AccountRole.LEGAL}), fresh=True)
        decide(ctx.steps, asker, Ballot(CASE, Verdict.APPROVE, REASON, case.evidence_hash))
        attend(ctx, graph, case, set())
        assert graph.get_state({"configurable": {"thread_id": case.thread}}).next == ()
    with database.read() as tx:
        assert cases.get(tx, CASE).state is CaseState.APPROVED
        assert contracts.get(tx, case.contract_digest).state is ContractState.APPROVED
        assert len(outbox.due(tx)) == 2, "the chain's approval and memory's episode"
    assert case.opened_at == NOW
