"""Other terms for what a case is about: proposed by a reviewer, in force when both parties consent."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from domain.errors import RuleBroken
from memory.casework.case_tables import amendment

PROPOSED, AGREED = "proposed", "agreed"


@dataclass(frozen=True, slots=True)
class Amendment:
    """One amendment. changes: the new terms by name. consents: who consented so far, one entry a party."""

    id: str
    case_id: str
    made_by: str
    made_at: datetime
    changes: Mapping[str, Any]
    reason: str
    consents: Sequence[Mapping[str, Any]] = ()
    state: str = PROPOSED


def add(tx: Connection, proposed: Amendment) -> None:
    """Keep a new amendment; the caller holds the case's lock."""
    tx.execute(insert(amendment).values(asdict(proposed)))


def get(tx: Connection, id_: str) -> Amendment:
    """One amendment. Raises RuleBroken when nobody knows it."""
    row = tx.execute(select(amendment).where(amendment.c.id == id_)).one_or_none()
    if row is None:
        raise RuleBroken(f"no amendment has the id {id_}")
    return Amendment(*row)


def of_case(tx: Connection, case_id: str) -> list[Amendment]:
    """The amendments of a case, in order."""
    kept = amendment.c
    wanted = select(amendment).where(kept.case_id == case_id).order_by(kept.made_at, kept.id)
    return [Amendment(*row) for row in tx.execute(wanted)]


def consent(tx: Connection, id_: str, consents: Sequence[Mapping[str, Any]], state: str) -> None:
    """Write down who consents; the caller holds the case's lock."""
    changed = {"consents": [dict(each) for each in consents], "state": state}
    tx.execute(update(amendment).where(amendment.c.id == id_).values(changed))
