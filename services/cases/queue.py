"""What waits for people: a queue with filters, and what stands beside a case on its page.

Usually the nearest deadline comes first. When more cases wait than people can look at, what is most at stake does: a
surge must not bury the case that matters. Nothing here decides, and there is no way to decide many at once above the
limit (``services.cases.bulk``).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from domain.case import QueueOrder
from identity.action import Action
from identity.authorisation import Principal, require
from memory import cases
from memory.books import journal
from memory.books.journal import Entry
from memory.cases import CaseRow, DecisionRow
from memory.casework import amendments, claims, questions, queue
from memory.casework.amendments import Amendment
from memory.casework.claims import Claim
from memory.casework.questions import Question
from memory.casework.queue import Wanted
from memory.window import Window

SURGE_CASES = 200
TRAIL = (
    *("case.decision", "case.claimed", "case.released", "case.delegated", "case.asked", "case.answered"),
    *("case.escalated", "case.amendment", "case.consent", "case.reminded", "case.passed_on", "case.safe_mode"),
)


@dataclass(frozen=True, slots=True)
class Waiting:
    """One case in the queue, and who has it in hand; None when nobody has, or the lease ran out."""

    case: CaseRow
    claim: Claim | None


@dataclass(frozen=True, slots=True)
class Load:
    """waiting: how many cases are open. order: in which they should be looked at now. held: how many by account."""

    waiting: int
    order: QueueOrder
    held: dict[str, int]


@dataclass(frozen=True, slots=True)
class File:
    """A case with all that stands around it. trail: what happened, oldest first, from the journal."""

    case: CaseRow
    claim: Claim | None
    decisions: list[DecisionRow]
    questions: list[Question]
    amendments: list[Amendment]
    trail: list[dict[str, Any]]


def usual_order(tx: Connection) -> QueueOrder:
    """By deadline; in a surge by what is at stake."""
    return QueueOrder.HARM if queue.waiting(tx) > SURGE_CASES else QueueOrder.DEADLINE


def waiting(tx: Connection, asker: Principal, wanted: Wanted, order: QueueOrder, window: Window) -> list[Waiting]:
    """A part of the queue, one more than asked when there are more. Raises PermissionDenied unless the asker may see
    every case."""
    require(asker, Action.SEE_CASE)
    found = queue.part(tx, wanted, order, window)
    held = claims.of_cases(tx, [each.id for each in found])
    return [Waiting(case, held.get(case.id)) for case in found]


def load(tx: Connection, asker: Principal, now: datetime) -> Load:
    """How the team is loaded. Raises PermissionDenied unless the asker may see every case."""
    require(asker, Action.SEE_CASE)
    return Load(queue.waiting(tx), usual_order(tx), claims.load(tx, now))


def entries_of(tx: Connection, case_id: str) -> list[Entry]:
    """What the journal holds of a case, in its order."""
    return sorted((each for kind in TRAIL for each in journal.entries(tx, kind, case_id)), key=lambda each: each.seq)


def file_of(tx: Connection, case_id: str) -> File:
    """One case's file. Raises RuleBroken when nobody knows the case."""
    case = cases.get(tx, case_id)
    trail = [
        {"at": each.at.isoformat(), "kind": each.kind, "hash": each.hash, "body": journal.body_of(each)}
        for each in entries_of(tx, case_id)
    ]
    return File(
        case,
        claims.find(tx, case_id),
        cases.decisions(tx, case_id),
        questions.of_case(tx, case_id),
        amendments.of_case(tx, case_id),
        trail,
    )
