"""From a credential to the principal behind it: what a cookie, a key or a token is good for at this moment.

Account and roles are read anew with each request: what was locked or taken a moment ago counts already.
"""

from dataclasses import dataclass

from sqlalchemy import Connection

from domain.account import AccountRole, AccountState
from identity import session_age
from identity.authorisation import Kind, Principal
from identity.dpop import Proof
from identity.token import token_hash
from identity.token_life import TokenKind
from memory.access import accounts, api_keys, oauth_clients, oauth_grants, sessions, single_use
from memory.access.oauth_grants import GrantRow
from services.access.reception import Reception


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A person in a session."""

    principal: Principal
    session_id: str


@dataclass(frozen=True, slots=True)
class Delegate:
    """A program that acts for an account under a grant. name: what the program calls itself, which proves nothing."""

    principal: Principal
    client_id: str
    grant_id: str
    name: str


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


def of_access(reception: Reception, token: str, resource: str, proof: Proof | None) -> Delegate | None:
    """The account behind an access token for a resource; None when the token opens nothing there, or now.

    A bound token counts with a proof of its key that was not used before, any other without one. It is never fresh: no
    program signs for a person.
    """
    now = reception.now()
    with reception.steps.database.begin("access") as tx:
        held = oauth_grants.find(tx, token_hash(token))
        if held is None or held.token.kind != TokenKind.ACCESS or not held.is_good(now):
            return None
        client = oauth_clients.find(tx, held.grant.client_id)
        if client is None or held.grant.resource != resource or not _holds_key(tx, held.grant, proof):
            return None
        principal = principal_of(tx, held.grant.account_id, frozenset(held.token.scopes), fresh=False)
    return Delegate(principal, client.id, held.grant.id, client.name) if principal is not None else None


def of_grant(reception: Reception, token: str) -> Principal | None:
    """The account behind an access token whose proof was looked at when a long answer began; None when the token opens
    nothing any more. No proof is asked for: each is good for one request, and this is still the same."""
    with reception.steps.database.read() as tx:
        held = oauth_grants.find(tx, token_hash(token))
        if held is None or not held.is_good(reception.now()) or oauth_clients.find(tx, held.grant.client_id) is None:
            return None
        return principal_of(tx, held.grant.account_id, frozenset(held.token.scopes), fresh=False)


def _holds_key(tx: Connection, grant: GrantRow, proof: Proof | None) -> bool:
    if proof is None or grant.key is None:
        return proof is None and grant.key is None
    unused = single_use.spend(tx, "dpop", f"{proof.key}:{proof.id}", proof.too_old_at)
    return unused and proof.key == grant.key


def principal_of(tx: Connection, account_id: str, scopes: frozenset[str] | None, *, fresh: bool) -> Principal | None:
    """An active account with the roles it holds now; None for any other. Everybody is a visitor too."""
    account = accounts.find(tx, account_id)
    if account is None or account.state is not AccountState.ACTIVE:
        return None
    roles = accounts.roles(tx, account_id)
    kind = Kind.CLIENT if AccountRole.CLIENT in roles else Kind.PERSON
    return Principal(kind, account.id, account.party_id, roles, fresh, scopes)
