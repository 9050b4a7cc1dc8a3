"""Who asked that a person's data be erased, and the erasing itself of what no audit rests on."""

from dataclasses import asdict, dataclass
from datetime import date, datetime

from sqlalchemy import Connection, delete, or_, select, update

from memory import tables
from memory.access.oauth_tables import oauth_grant, outside_identity
from memory.rows import write_once

OF_SIGN_IN = (tables.password, tables.one_time_secret, tables.recovery_code, tables.passkey, tables.api_key)
OUTSIDE = (tables.webhook, outside_identity)


@dataclass(frozen=True, slots=True)
class ErasureRow:
    """One account's word that a party's data shall be erased. role: in which of its roles it spoke."""

    party_id: str
    role: str
    account: str
    reason: str
    at: datetime


def ask(tx: Connection, row: ErasureRow) -> None:
    """Write a word down. Raises Conflict when the role has spoken already in other words."""
    write_once(tx, tables.erasure, [asdict(row)], grows=["at"])


def asked(tx: Connection, party_id: str) -> list[ErasureRow]:
    """The words about a party, the first one first."""
    erasure = tables.erasure
    wanted = select(erasure).where(erasure.c.party_id == party_id).order_by(erasure.c.at, erasure.c.role)
    return [ErasureRow(*row) for row in tx.execute(wanted)]


def forget_records(tx: Connection, party_id: str, today: date) -> int:
    """Delete the party's records that no law asks for any more; how many."""
    record = tables.person_record.c
    free = or_(record.keep_until.is_(None), record.keep_until < today)
    return tx.execute(delete(tables.person_record).where(record.party_id == party_id, free)).rowcount


def forget_sign_in(tx: Connection, account_id: str, pseudonym: str, at: datetime) -> None:
    """Delete every means of signing in of an account, here and elsewhere, where it did so from, and what was typed for
    it; delete its webhooks, and end what it granted to programs."""
    for table in OF_SIGN_IN + OUTSIDE:
        tx.execute(delete(table).where(table.c.account_id == account_id))
    grant = oauth_grant.c
    tx.execute(update(oauth_grant).where(grant.account_id == account_id, grant.ended_at.is_(None)).values(ended_at=at))
    session, account = tables.session, tables.user_account
    tx.execute(update(session).where(session.c.account_id == account_id).values(address=""))
    tx.execute(update(account).where(account.c.id == account_id).values(login=pseudonym))
