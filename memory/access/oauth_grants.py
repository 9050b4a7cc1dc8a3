"""What people and services granted to clients, and the tokens that hang on each grant: ending it ends them all."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select, update

from memory.access.oauth_tables import oauth_grant, oauth_token


@dataclass(frozen=True, slots=True)
class GrantRow:
    """One grant. resource: the address that its tokens open. key: thumbprint of the key that they are bound to.

    redirect, challenge: what the exchange of its code must bring, None for a service, which has no code.
    """

    id: str
    client_id: str
    account_id: str
    scopes: Sequence[str]
    resource: str
    redirect: str | None
    challenge: str | None
    key: str | None
    made_at: datetime
    expires_at: datetime
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TokenRow:
    """One code, access or refresh token. hash: SHA-256 in hex. spent_at: when it was used up or revoked."""

    hash: str
    grant_id: str
    kind: str
    scopes: Sequence[str]
    expires_at: datetime
    spent_at: datetime | None = None


class Held(NamedTuple):
    """A token with the grant it hangs on."""

    token: TokenRow
    grant: GrantRow

    def is_good(self, now: datetime) -> bool:
        """Whether it still opens anything: neither spent nor too old, under a grant that nobody ended."""
        return self.token.spent_at is None and now < self.token.expires_at and self.grant.ended_at is None


def add(tx: Connection, grant: GrantRow) -> None:
    """Keep a new grant."""
    tx.execute(insert(oauth_grant).values(asdict(grant) | {"scopes": list(grant.scopes)}))


def add_token(tx: Connection, token: TokenRow) -> None:
    """Keep a new token."""
    tx.execute(insert(oauth_token).values(asdict(token) | {"scopes": list(token.scopes)}))


def find(tx: Connection, token_hash: str, *, to_use: bool = False) -> Held | None:
    """The token of a hash, None when there is none. to_use: others who ask for its grant wait until we are done."""
    row = tx.execute(select(oauth_token).where(oauth_token.c.hash == token_hash)).one_or_none()
    if row is None:
        return None
    wanted = select(oauth_grant).where(oauth_grant.c.id == row.grant_id)
    grant = tx.execute(wanted.with_for_update() if to_use else wanted).one()
    if to_use:  # what another one did to it while we waited
        row = tx.execute(select(oauth_token).where(oauth_token.c.hash == token_hash)).one()
    return Held(TokenRow(**row._mapping), GrantRow(**grant._mapping))


def of_account(tx: Connection, account_id: str) -> list[GrantRow]:
    """The grants of an account that nobody ended, the newest first."""
    known = oauth_grant.c
    wanted = select(oauth_grant).where(known.account_id == account_id, known.ended_at.is_(None))
    return [GrantRow(**row._mapping) for row in tx.execute(wanted.order_by(known.made_at.desc(), known.id))]


def spend(tx: Connection, token_hash: str, at: datetime) -> None:
    """Use a token up."""
    tx.execute(update(oauth_token).where(oauth_token.c.hash == token_hash).values(spent_at=at))


def bind(tx: Connection, grant_id: str, key: str) -> None:
    """Bind all tokens of a grant to a key."""
    tx.execute(update(oauth_grant).where(oauth_grant.c.id == grant_id).values(key=key))


def end(tx: Connection, grant_id: str, at: datetime) -> bool:
    """End a grant, and so its tokens; False when it had ended."""
    known = oauth_grant.c
    done = update(oauth_grant).where(known.id == grant_id, known.ended_at.is_(None)).values(ended_at=at)
    return bool(tx.execute(done).rowcount)


def end_of_client(tx: Connection, client_id: str, at: datetime) -> None:
    """End every grant of a client."""
    known = oauth_grant.c
    tx.execute(update(oauth_grant).where(known.client_id == client_id, known.ended_at.is_(None)).values(ended_at=at))


def forget(tx: Connection, now: datetime) -> None:
    """Drop the tokens that are refused for their age by now, and grants that are too old to have any."""
    tx.execute(delete(oauth_token).where(oauth_token.c.expires_at < now))
    tx.execute(delete(oauth_grant).where(oauth_grant.c.expires_at < now))
