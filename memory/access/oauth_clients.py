"""Programs that may ask people for access, or get it for an account of their own."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select, update

from memory.access.oauth_tables import oauth_client, oauth_grant


@dataclass(frozen=True, slots=True)
class ClientRow:
    """One client. redirects: where browsers may be sent back to, none for a service.

    secret_hash: SHA-256 of a service's secret, None for a program that can keep none. jwk: the public key that stands
    for a secret. account_id: for which account a
    service acts, with scopes; None and none for a program that asks people.
    """

    id: str
    name: str
    redirects: Sequence[str]
    secret_hash: str | None
    account_id: str | None
    scopes: Sequence[str]
    made_by: str
    made_at: datetime
    revoked_at: datetime | None = None
    jwk: Mapping[str, str] | None = None


def add(tx: Connection, client: ClientRow) -> None:
    """Keep a new client."""
    row = asdict(client) | {"redirects": list(client.redirects), "scopes": list(client.scopes)}
    tx.execute(insert(oauth_client).values(row))


def find(tx: Connection, client_id: str) -> ClientRow | None:
    """The client of an id, None when there is none or it was revoked."""
    known = oauth_client.c
    wanted = select(oauth_client).where(known.id == client_id, known.revoked_at.is_(None))
    row = tx.execute(wanted).one_or_none()
    return ClientRow(**row._mapping) if row is not None else None


def every(tx: Connection) -> list[ClientRow]:
    """Every client, by when it was made, then id."""
    known = oauth_client.c
    return [ClientRow(**row._mapping) for row in tx.execute(select(oauth_client).order_by(known.made_at, known.id))]


def revoke(tx: Connection, client_id: str, at: datetime) -> bool:
    """Make a client useless; False when there is none that is of use."""
    known = oauth_client.c
    done = update(oauth_client).where(known.id == client_id, known.revoked_at.is_(None)).values(revoked_at=at)
    return bool(tx.execute(done).rowcount)


def made_by(tx: Connection, who: str) -> int:
    """How many clients somebody made."""
    return tx.execute(select(func.count()).select_from(oauth_client).where(oauth_client.c.made_by == who)).scalar_one()


def forget_unused(tx: Connection, maker: str, before: datetime, most: int) -> None:
    """Drop clients of makers whose name begins so that nobody ever granted anything: those made before then, and of
    the others the oldest beyond so many."""
    known = oauth_client.c
    used = select(oauth_grant.c.client_id)
    unused = select(known.id).where(known.made_by.startswith(maker, autoescape=True), known.id.not_in(used))
    late = unused.where(known.made_at < before)
    beyond = unused.order_by(known.made_at.desc(), known.id).offset(most)
    for chosen in (late, beyond):
        tx.execute(delete(oauth_client).where(known.id.in_(chosen.scalar_subquery())))
