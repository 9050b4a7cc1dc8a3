"""The cases that wait, in the order in which people should look at them, a part at a time."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import BigInteger, ColumnElement, Connection, Text, cast, func, select

from domain.case import CaseState, QueueOrder
from domain.slot import EPOCH
from memory import tables
from memory.cases import CaseRow
from memory.casework.case_tables import case_claim
from memory.window import Window, cut

MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which open cases. role: that ask for it. trigger: with such a finding. text: these words in id, summary or
    findings, capital or not. account: held by it."""

    role: str | None = None
    trigger: str | None = None
    text: str | None = None
    account: str | None = None


def part(tx: Connection, wanted: Wanted, order: QueueOrder, window: Window) -> list[CaseRow]:
    """Open cases in parts, one more than the window's limit where there are more: by ``place_of``, then id."""
    case = tables.case_file.c
    chosen = select(tables.case_file).where(case.state == str(CaseState.OPEN), *_conditions(wanted))
    rows = tx.execute(cut(chosen, [_place(order), case.id], window))
    return [CaseRow(**{**row._mapping, "state": CaseState(row.state)}) for row in rows]


def place_of(case: CaseRow, order: QueueOrder) -> tuple[int, str]:
    """Where a case stands in the queue: the least comes first."""
    by_time = (case.deadline - EPOCH) // MICROSECOND
    return (-case.harm_ujpy if order is QueueOrder.HARM else by_time), case.id


def waiting(tx: Connection) -> int:
    """How many cases are open."""
    case = tables.case_file.c
    return tx.execute(select(func.count()).where(case.state == str(CaseState.OPEN))).scalar_one()


def _place(order: QueueOrder) -> ColumnElement[int]:
    case = tables.case_file.c
    if order is QueueOrder.HARM:
        return -case.harm_ujpy
    return cast(func.extract("epoch", case.deadline) * 1_000_000, BigInteger)


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    case, held = tables.case_file.c, case_claim.c
    found: list[ColumnElement[bool]] = []
    if wanted.role is not None:
        found.append(case.roles.contains([wanted.role]))
    if wanted.trigger is not None:
        found.append(case.findings.contains([{"trigger": wanted.trigger}]))
    if wanted.text is not None:
        sought = wanted.text.lower()
        words = func.lower(case.id + " " + case.summary + " " + cast(case.findings, Text))
        found.append(words.contains(sought, autoescape=True))
    if wanted.account is not None:
        found.append(case.id.in_(select(held.case_id).where(held.account_id == wanted.account)))
    return found
