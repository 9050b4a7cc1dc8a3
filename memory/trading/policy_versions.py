"""Versions of the rules as people drafted them, their approvals and activations. Nothing of it is ever changed."""

from dataclasses import asdict, dataclass
from datetime import date, datetime

from sqlalchemy import Connection, func, insert, select, text

from memory import tables
from memory.rows import write_once

LOCK = "LOCK TABLE policy_version, policy_activation IN SHARE ROW EXCLUSIVE MODE"


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    """One version. pack: digest of what its text says, with what it extends. account_id, party_id: who drafted it."""

    number: int
    pack: str
    text: str
    account_id: str
    party_id: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class PolicyApproval:
    """One person's word for a version, bound to the digest of what it said. One a party."""

    number: int
    party_id: str
    account_id: str
    pack: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class PolicyActivation:
    """From which delivery day on a version holds. place: in the order in which they were made, from 1."""

    place: int
    number: int
    from_day: date
    account_id: str
    reason: str
    at: datetime


def lock(tx: Connection) -> None:
    """Let nobody else draft or activate until the transaction ends: numbers and places have no gap and no twin."""
    tx.execute(text(LOCK))


def add(tx: Connection, version: PolicyVersion) -> None:
    """Keep a draft."""
    tx.execute(insert(tables.policy_version).values(asdict(version)))


def every(tx: Connection) -> list[PolicyVersion]:
    """All drafts, by number."""
    wanted = select(tables.policy_version).order_by(tables.policy_version.c.number)
    return [PolicyVersion(*row) for row in tx.execute(wanted)]


def approve(tx: Connection, approval: PolicyApproval) -> None:
    """Keep a word. Raises Conflict when the party has spoken otherwise."""
    write_once(tx, tables.policy_approval, [asdict(approval)])


def approvals(tx: Connection, number: int) -> list[PolicyApproval]:
    """The words for a version, the first one first."""
    approval = tables.policy_approval
    wanted = select(approval).where(approval.c.number == number).order_by(approval.c.at, approval.c.party_id)
    return [PolicyApproval(*row) for row in tx.execute(wanted)]


def activate(tx: Connection, activation: PolicyActivation) -> None:
    """Keep an activation."""
    tx.execute(insert(tables.policy_activation).values(asdict(activation)))


def activations(tx: Connection) -> list[PolicyActivation]:
    """All activations, in the order in which they were made."""
    wanted = select(tables.policy_activation).order_by(tables.policy_activation.c.place)
    return [PolicyActivation(*row) for row in tx.execute(wanted)]


def last_traded_slot(tx: Connection) -> int | None:
    """The last slot that was cleared or traded, None when none was."""
    last = [tx.execute(select(func.max(each.c.slot))).scalar() for each in (tables.clearing, tables.trade)]
    return max((slot for slot in last if slot is not None), default=None)
