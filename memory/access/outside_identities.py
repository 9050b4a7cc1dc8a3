"""Who signs in through an outside provider: issuer and subject, linked to one account on purpose."""

from datetime import datetime

from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert

from memory.access.oauth_tables import outside_identity


def link(tx: Connection, issuer: str, subject: str, account_id: str, at: datetime) -> bool:
    """Link an identity to an account; False when it is linked already, then nothing changes."""
    row = {"issuer": issuer, "subject": subject, "account_id": account_id, "made_at": at}
    new = insert(outside_identity).values(row).on_conflict_do_nothing().returning(outside_identity.c.subject)
    return tx.execute(new).one_or_none() is not None


def account_of(tx: Connection, issuer: str, subject: str) -> str | None:
    """The account of an identity, None when it was never linked."""
    known = outside_identity.c
    wanted = select(known.account_id).where(known.issuer == issuer, known.subject == subject)
    return tx.execute(wanted).scalar_one_or_none()
