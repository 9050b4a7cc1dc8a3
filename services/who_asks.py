"""From a credential to the principal behind it: what a cookie, a key or a token is good for at this moment.

Account and roles are read anew with each request: what was locked or taken a moment ago counts already.
"""

from dataclasses import dataclass

from sqlalchemy import Connection

from domain.account import AccountRole, AccountState
from identity import session_age
from identity.authorisation import Kind, Principal
from identity.token import token_hash
from memory import accounts, api_keys, sessions
from services.reception import Reception


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A person in a session."""

    principal: Principal
    session_id: str


def of_session(reception: Reception, token: str) -> SignedIn | None:
    """The person behind a session's token; None when it is unknown, ended, too old, or the account is not active."""
    now = reception.now()
    with reception.steps.database.begin("session") as tx:
        found = sessions.find(tx, token_hash(token))
        if found is None or not session_age.is_good(found.made_at, found.seen_at, now):
            return None
        if now >= found.seen_at + session_age.SEEN_EVERY:
            sessions.mark_seen(tx, found.id, now)
        principal = principal_of(tx, found.account_id, None, fresh=session_age.is_fresh(found.made_at, now))
    return SignedIn(principal, found.id) if principal is not None else None


def of_key(reception: Reception, key: str) -> Principal | None:
    """The account behind a key; None when it is unknown, revoked, too old, or the account is not active.

    A key counts as fresh: it was made by somebody who had just signed in, for exactly its scopes.
    """
    now = reception.now()
    with reception.steps.database.begin("key") as tx:
        found = api_keys.find(tx, token_hash(key))
        if found is None or found.revoked_at is not None or now >= found.expires_at:
            return None
        if found.used_at is None or now >= found.used_at + session_age.SEEN_EVERY:
            api_keys.mark_used(tx, found.id, now)
        return principal_of(tx, found.account_id, frozenset(found.scopes), fresh=True)


def principal_of(tx: Connection, account_id: str, scopes: frozenset[str] | None, *, fresh: bool) -> Principal | None:
    """An active account with the roles it holds now; None for any other. Everybody is a visitor too."""
    account = accounts.find(tx, account_id)
    if account is None or account.state is not AccountState.ACTIVE:
        return None
    roles = accounts.roles(tx, account_id)
    kind = Kind.CLIENT if AccountRole.CLIENT in roles else Kind.PERSON
    return Principal(kind, account.id, account.party_id, roles, fresh, scopes)
