"""Who has a case in hand, and until when. One claim a case; one that has run out may be taken by anybody."""

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, or_, select
from sqlalchemy.dialects.postgresql import insert

from memory.casework.case_tables import case_claim


@dataclass(frozen=True, slots=True)
class Claim:
    """One lease. delegated_by: the account that handed the case on, None when it was taken."""

    case_id: str
    account_id: str
    taken_at: datetime
    until: datetime
    delegated_by: str | None = None


def take(tx: Connection, claim: Claim, now: datetime, *, from_account: str | None = None) -> Claim:
    """Take a case, or keep it longer; the claim that stands then, which may be another's.

    It is taken in one statement, whatever two people do at once: when nobody holds it, the holder's lease has run out,
    or it is held by the claimer or by ``from_account``.
    """
    new = insert(case_claim).values(asdict(claim))
    held = case_claim.c
    free = or_(held.until <= now, held.account_id == claim.account_id, held.account_id == (from_account or ""))
    changed = {name: new.excluded[name] for name in asdict(claim) if name != "case_id"}
    tx.execute(new.on_conflict_do_update(index_elements=["case_id"], set_=changed, where=free))
    found = find(tx, claim.case_id)
    assert found is not None, "a claim was just written or stood before"
    return found


def find(tx: Connection, case_id: str) -> Claim | None:
    """The claim of a case, run out or not; None when nobody has taken it."""
    row = tx.execute(select(case_claim).where(case_claim.c.case_id == case_id)).one_or_none()
    return None if row is None else Claim(*row)


def of_cases(tx: Connection, case_ids: list[str]) -> dict[str, Claim]:
    """The claims of several cases, by case."""
    found = tx.execute(select(case_claim).where(case_claim.c.case_id.in_(case_ids)))
    return {row.case_id: Claim(*row) for row in found}


def release(tx: Connection, case_id: str, account_id: str) -> bool:
    """Let a case go; False when the account does not hold it."""
    gone = delete(case_claim).where(case_claim.c.case_id == case_id, case_claim.c.account_id == account_id)
    return bool(tx.execute(gone).rowcount)


def load(tx: Connection, now: datetime) -> dict[str, int]:
    """How many cases each account holds now."""
    held = case_claim.c
    counted = select(held.account_id, func.count()).where(held.until > now).group_by(held.account_id)
    return {row[0]: row[1] for row in tx.execute(counted.order_by(held.account_id))}
