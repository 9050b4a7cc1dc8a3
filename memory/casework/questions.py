"""What reviewers asked the parties of a case, and what they answered. An answer is given once."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from memory.casework.case_tables import case_question


@dataclass(frozen=True, slots=True)
class Question:
    """One question to a party. number: from 1 in its case."""

    case_id: str
    number: int
    party_id: str
    asked_by: str
    asked_at: datetime
    question: str
    answered_by: str | None = None
    answered_at: datetime | None = None
    answer: str | None = None


def add(tx: Connection, question: Question) -> None:
    """Keep a question; the caller holds the case's lock."""
    tx.execute(insert(case_question).values(asdict(question)))


def of_case(tx: Connection, case_id: str) -> list[Question]:
    """The questions of a case, in order."""
    asked = case_question.c
    return [
        Question(*row)
        for row in tx.execute(select(case_question).where(asked.case_id == case_id).order_by(asked.number))
    ]


def answer(tx: Connection, case_id: str, number: int, given: Mapping[str, Any]) -> bool:
    """Write an answer (answered_by, answered_at, answer); False when the question is unknown or answered."""
    asked = case_question.c
    open_one = (asked.case_id == case_id) & (asked.number == number) & asked.answer.is_(None)
    return bool(tx.execute(update(case_question).where(open_one).values(dict(given))).rowcount)
