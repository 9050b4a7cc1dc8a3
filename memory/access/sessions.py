"""Sessions of people who signed in, by the SHA-256 of their cookie: the cookie itself is nowhere."""

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from memory import tables


@dataclass(frozen=True, slots=True)
class SessionRow:
    """One session. id: its public name. made_at: when its person proved who it is; how: by what.

    seen_at: about when it was used last. ended_at: None while it was not ended on purpose.
    """

    id: str
    token_hash: str
    account_id: str
    made_at: datetime
    seen_at: datetime
    how: str
    address: str
    ended_at: datetime | None = None


def open(tx: Connection, session: SessionRow) -> None:  # noqa: A001
    """Keep a new session."""
    tx.execute(insert(tables.session).values(asdict(session)))


def find(tx: Connection, token_hash: str) -> SessionRow | None:
    """The session of a hash, None when there is none or it was ended."""
    session = tables.session.c
    wanted = select(tables.session).where(session.token_hash == token_hash, session.ended_at.is_(None))
    row = tx.execute(wanted).one_or_none()
    return SessionRow(**row._mapping) if row is not None else None


def of_account(tx: Connection, account_id: str) -> list[SessionRow]:
    """The sessions of an account that were not ended, the newest first."""
    session = tables.session.c
    wanted = select(tables.session).where(session.account_id == account_id, session.ended_at.is_(None))
    return [SessionRow(**row._mapping) for row in tx.execute(wanted.order_by(session.made_at.desc(), session.id))]


def mark_seen(tx: Connection, session_id: str, at: datetime) -> None:
    """Write down when it was used last."""
    tx.execute(update(tables.session).where(tables.session.c.id == session_id).values(seen_at=at))


def end(tx: Connection, account_id: str, at: datetime, session_id: str | None = None) -> int:
    """End one session of an account, or all; how many ended."""
    session = tables.session.c
    ended = update(tables.session).where(session.account_id == account_id, session.ended_at.is_(None))
    chosen = ended if session_id is None else ended.where(session.id == session_id)
    return tx.execute(chosen.values(ended_at=at)).rowcount
