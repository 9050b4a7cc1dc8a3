"""Disputes and what was done in them. The row says where a dispute stands; acts are only added, numbered by dispute."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, insert, or_, select, text, update

from domain.dispute import DisputeOutcome, DisputeStep
from domain.errors import RuleBroken
from memory.casework.case_tables import dispute, dispute_act
from memory.rows import write_once
from memory.window import Window, cut

DISPUTE_LOCK = 0x64697370  # "disp": whoever opens one holds it until the commit


@dataclass(frozen=True, slots=True)
class DisputeRow:
    """One dispute. site_id, party_id: whose money it is about. against_party: who would pay, with its site when it is
    a member. first_slot, last_slot: settled slots. says: the claimant's words, data and nothing else. disputed_ujpy:
    what is held of in_question_ujpy. offered_ujpy: what the data come to, 0 when they come to nothing. case_id: the
    case in which people rule, None before."""

    id: str
    kind: str
    site_id: str
    party_id: str
    against_party: str
    against_site: str | None
    contract_digest: str | None
    first_slot: int
    last_slot: int
    says: str
    raised_by: str
    opened_at: datetime
    in_question_ujpy: int
    disputed_ujpy: int
    offered_ujpy: int
    paid_ujpy: int
    evidence: Mapping[str, Any]
    evidence_hash: str
    step: DisputeStep
    step_at: datetime
    deadline: datetime | None
    outcome: DisputeOutcome | None = None
    case_id: str | None = None

    @property
    def parties(self) -> frozenset[str]:
        """Both sides."""
        return frozenset({self.party_id, self.against_party})


@dataclass(frozen=True, slots=True)
class ActRow:
    """One thing done in a dispute. kind: an event of ``domain.dispute``, or what a side said. party_id, account_id: who
    did it, None for rules and clock."""

    dispute_id: str
    number: int
    kind: str
    party_id: str | None
    account_id: str | None
    at: datetime
    body: Mapping[str, Any]


def lock_all(tx: Connection) -> None:
    """Wait until nobody else opens a dispute, and hold that until this transaction ends."""
    tx.execute(text("SELECT pg_advisory_xact_lock(:disputes)"), {"disputes": DISPUTE_LOCK})


def add(tx: Connection, row: DisputeRow) -> bool:
    """Write a new dispute; False when it stands there. Raises Conflict when its id has other content."""
    grows = [name for name in asdict(row) if name in GROWS]
    return write_once(tx, dispute, [_plain(row)], grows=grows) > 0


GROWS = frozenset({"opened_at", "offered_ujpy", "paid_ujpy", "evidence", "evidence_hash", "step", "step_at"}) | {
    *("deadline", "outcome", "case_id", "in_question_ujpy", "disputed_ujpy", "raised_by"),
}


def find(tx: Connection, dispute_id: str) -> DisputeRow | None:
    """One dispute, None when there is none."""
    found = _rows(tx, select(dispute).where(dispute.c.id == dispute_id))
    return found[0] if found else None


def get(tx: Connection, dispute_id: str) -> DisputeRow:
    """One dispute. Raises RuleBroken when there is none."""
    found = find(tx, dispute_id)
    if found is None:
        raise RuleBroken(f"no dispute has the id {dispute_id}")
    return found


def lock(tx: Connection, dispute_id: str) -> DisputeRow:
    """One dispute, which nobody else moves until this transaction ends. Raises RuleBroken when there is none."""
    tx.execute(select(dispute.c.id).where(dispute.c.id == dispute_id).with_for_update())
    return get(tx, dispute_id)


def every(tx: Connection, party_id: str | None = None) -> list[DisputeRow]:
    """The disputes in the order in which they were opened, of one party where it is named."""
    wanted = select(dispute).order_by(dispute.c.opened_at, dispute.c.id)
    if party_id is not None:
        wanted = wanted.where(or_(dispute.c.party_id == party_id, dispute.c.against_party == party_id))
    return _rows(tx, wanted)


def part(tx: Connection, party_id: str | None, window: Window) -> list[DisputeRow]:
    """A window of disputes by id, of one party where it is named; one more than its limit when there are more."""
    sides = or_(dispute.c.party_id == party_id, dispute.c.against_party == party_id)
    wanted = select(dispute) if party_id is None else select(dispute).where(sides)
    return _rows(tx, cut(wanted, [dispute.c.id], window))


def open_ones(tx: Connection) -> list[DisputeRow]:
    """Those that have not ended, in the order in which they were opened."""
    wanted = select(dispute).where(dispute.c.step != str(DisputeStep.ENDED))
    return _rows(tx, wanted.order_by(dispute.c.opened_at, dispute.c.id))


def touching(tx: Connection, site_id: str, first_slot: int, last_slot: int) -> list[DisputeRow]:
    """The disputes about a site that share a slot with a span, by id."""
    kept = dispute.c
    shared = kept.first_slot <= last_slot, kept.last_slot >= first_slot
    return _rows(tx, select(dispute).where(kept.site_id == site_id, *shared).order_by(kept.id))


def change(tx: Connection, dispute_id: str, **values: Any) -> None:
    """Write new values of what grows; the caller holds the dispute's lock."""
    assert values.keys() <= GROWS, "what was disputed stays as it was"
    tx.execute(update(dispute).where(dispute.c.id == dispute_id).values(values))


def act(
    tx: Connection,
    dispute_id: str,
    kind: str,
    at: datetime,
    body: Mapping[str, Any],
    who: tuple[str, str] | None = None,
) -> ActRow:
    """Write the next act down; the caller holds the dispute's lock. who: party and account."""
    party, account = who or (None, None)
    row = ActRow(dispute_id, len(acts(tx, dispute_id)) + 1, kind, party, account, at, dict(body))
    tx.execute(insert(dispute_act).values(asdict(row)))
    return row


def acts(tx: Connection, dispute_id: str) -> list[ActRow]:
    """What was done in a dispute, in order."""
    wanted = select(dispute_act).where(dispute_act.c.dispute_id == dispute_id).order_by(dispute_act.c.number)
    return [ActRow(*row) for row in tx.execute(wanted)]


def _rows(tx: Connection, wanted: "Select[Any]") -> list[DisputeRow]:
    found = []
    for row in tx.execute(wanted).mappings():
        ended = DisputeOutcome(row["outcome"]) if row["outcome"] else None
        found.append(DisputeRow(**{**row, "step": DisputeStep(row["step"]), "outcome": ended}))
    return found


def _plain(row: DisputeRow) -> dict[str, Any]:
    return asdict(row) | {"step": str(row.step), "outcome": row.outcome and str(row.outcome)}
