"""Disputes checked again: the frozen evidence under its hash, and every yen that a dispute moved against what it says.

Settlements are checked without corrections; so every correction must be answered for here.
"""

from sqlalchemy import Connection

from domain.canonical import digest
from domain.dispute import DisputeStep
from domain.errors import AuditBroken
from memory.books import ledger
from memory.casework import disputes
from memory.casework.disputes import DisputeRow
from services.disputes.docket import held_of
from settlement.dispute import CORRECTION, release
from settlement.ledger import Transfer

LAST_SLOT = 2**40


def verify_disputes(tx: Connection) -> int:
    """How many disputes were checked. Raises AuditBroken at the first one whose evidence differs from what was frozen,
    or whose transfers are not what it held and paid; and at a correction that belongs to none."""
    kept = {each.id: each for each in ledger.of_slots(tx, 0, LAST_SLOT) if each.kind == CORRECTION}
    found = disputes.every(tx)
    for row in found:
        if row.evidence_hash and digest(row.evidence) != row.evidence_hash:
            raise AuditBroken(f"dispute {row.id}: the evidence is not what was frozen")
        for due in _due(row):
            if kept.pop(due.id, None) != due:
                raise AuditBroken(f"dispute {row.id}: transfer {due.id} is not what it held or paid")
    if kept:
        raise AuditBroken(f"transfer {min(kept)} corrects something that nobody disputed")
    return len(found)


def _due(row: DisputeRow) -> list[Transfer]:
    """The transfers that a dispute must have made by now."""
    held = held_of(row)
    return [*held, *release(held, row.paid_ujpy)] if row.step is DisputeStep.ENDED else held
