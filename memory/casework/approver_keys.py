"""Approvers' signing keys, sealed, by account. A key is never replaced in place: what it signed is checked for good."""

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert

from memory.casework.case_tables import approver_key


@dataclass(frozen=True, slots=True)
class SealedKey:
    """One account's key. address: what its signatures are checked against."""

    account_id: str
    address: str
    sealed: bytes
    made_at: datetime


def add(tx: Connection, key: SealedKey) -> None:
    """Keep a new key; the same again changes nothing."""
    tx.execute(insert(approver_key).values(asdict(key)).on_conflict_do_nothing())


def newest(tx: Connection, account_id: str) -> SealedKey | None:
    """The key an account signs with, None when it has signed nothing yet."""
    kept = approver_key.c
    wanted = select(approver_key).where(kept.account_id == account_id).order_by(kept.made_at.desc(), kept.address)
    row = tx.execute(wanted.limit(1)).one_or_none()
    return None if row is None else SealedKey(row.account_id, row.address, bytes(row.sealed), row.made_at)


def is_of(tx: Connection, account_id: str, address: str) -> bool:
    """Whether an address is, or was, an account's."""
    kept = approver_key.c
    wanted = select(kept.address).where(kept.account_id == account_id, kept.address == address)
    return tx.execute(wanted).one_or_none() is not None
