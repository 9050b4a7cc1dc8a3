"""The queue by parts: what the database finds is what rules and policies say of each case alone."""

from dataclasses import replace
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from case_world import Casework, build, member, open_case
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from domain.account import AccountRole
from domain.case import Harm, QueueOrder, harm_of
from identity.action import Action
from identity.authorisation import Kind, Principal, may_each
from memory import cases
from memory.cases import CaseRow
from memory.casework import queue
from memory.casework.queue import Wanted
from memory.database import Database
from memory.window import Window
from services.cases.case_records import records_of

NUMBERS = count()


@pytest.fixture
def world(database: Database, tmp_path: Path) -> Casework:
    return build(database, tmp_path)


grades = st.tuples(st.sampled_from([0, 10**10 - 1, 10**10, 10**11 - 1, 10**11]), st.integers(1, 2), st.integers(1, 2))


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(grades, min_size=1, max_size=6))
def test_the_queue_grades_and_hides_as_rules_and_policies_do(
    world: Casework, given_: list[tuple[int, int, int]]
) -> None:
    """The database finds of a grade what :func:`harm_of` says is of it, and for whoever sees only some what the page
    of policies lets see; it counts what it finds."""
    with world.database.begin("clear") as tx:
        tx.execute(text("TRUNCATE case_file"))
    number = next(NUMBERS)
    for at, (at_stake, approvals, findings) in enumerate(given_):
        roles = [["legal"], ["operator"], ["grid", "operator"]][at % 3]
        changed = {"harm_ujpy": at_stake, "approvals": approvals, "roles": roles}
        open_case(world, f"C-{number}-{at}", partial(_graded, findings, changed))
    operator = Principal(Kind.PERSON, "op", "platform", frozenset({AccountRole.OPERATOR}), fresh=True)
    with world.database.read() as tx:
        every = cases.list(tx)
        for grade in Harm:
            found = queue.part(tx, Wanted(harm=grade), QueueOrder.DEADLINE, Window())
            expected = [
                each.id for each in every if harm_of(each.harm_ujpy, each.approvals, len(each.findings)) is grade
            ]
            assert sorted(each.id for each in found) == sorted(expected)
            assert queue.waiting(tx, Wanted(harm=grade)) == len(expected)
        for asker, seen in (
            (operator, queue.Seen(["operator"], "platform", [])),
            (member(1), queue.Seen(["member"], "P1", ["S1"])),
            (member(3), queue.Seen(["member"], "P3", ["S3"])),
        ):
            found = queue.part(tx, Wanted(seen=seen), QueueOrder.DEADLINE, Window())
            allowed = may_each(asker, Action.SEE_CASE, records_of(tx, every))
            assert {each.id for each in found} == {
                case.id for case, decision in zip(every, allowed, strict=True) if decision.allowed
            }
        assert queue.ended(tx, None, 50) == []


def _graded(findings: int, changed: dict[str, Any], case: CaseRow) -> CaseRow:
    return replace(case, findings=[*case.findings][:1] * findings, **changed)


def _grade_of(case: CaseRow) -> Harm:
    return harm_of(case.harm_ujpy, case.approvals, len(case.findings))
