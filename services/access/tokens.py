"""Tokens for clients: for a code, for a refresh token, for a service's own secret; and taking them back.

A code or refresh token that comes a second time was stolen, from the client or from whoever came first: the whole grant
ends. All tokens of a grant are bound to one key (DPoP), or none is; a service's always are.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from domain.errors import GrantRefused
from identity import pkce
from identity.client_assertion import read_assertion
from identity.dpop import Proof
from identity.grantable import WITHOUT_ASKING
from identity.resource import Resource, resource_of
from identity.token import new_id, new_token, token_hash
from identity.token_life import GRANT_LASTS, LASTS, PREFIX, TokenKind
from memory.access import oauth_clients, oauth_grants, single_use
from memory.access.oauth_clients import ClientRow
from memory.access.oauth_grants import GrantRow, Held, TokenRow
from services.access.reception import Reception

WORN = "the code or token is unknown, used, too old, or came without what belongs to it"


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks for tokens. proof: of the key that they are to be bound to."""

    client: ClientRow
    proof: Proof | None


@dataclass(frozen=True, slots=True)
class Issued:
    """What the client gets, this once."""

    access: str
    refresh: str | None
    scopes: tuple[str, ...]
    bound: bool


@dataclass(frozen=True, slots=True)
class Credentials:
    """With what a client says who it is. assertion: signed with its own key, instead of a secret."""

    client_id: str
    secret: str | None = None
    assertion: str | None = None


def client_that_asks(reception: Reception, said: Credentials) -> ClientRow:
    """The client of these credentials. An assertion is spent. Raises GrantRefused."""
    with reception.steps.database.begin("client-asks") as tx:
        client = oauth_clients.find(tx, said.client_id)
        if client is None or not _proven(tx, reception, client, said):
            raise GrantRefused("invalid_client", "client_id and its secret or assertion do not fit together")
    return client


def _proven(tx: Connection, reception: Reception, client: ClientRow, said: Credentials) -> bool:
    """A client with a key proves it by an assertion, any other by what it was given, and by nothing beside."""
    if client.jwk is None or said.assertion is None:
        kept = token_hash(said.secret) if said.secret is not None else None
        return client.jwk is None and said.assertion is None and client.secret_hash == kept
    origin = reception.website.origin
    found = read_assertion(said.assertion, client.id, client.jwk, {origin, f"{origin}/oauth/token"}, reception.now())
    return (
        found is not None
        and said.secret is None
        and single_use.spend(tx, "client-assertion", f"{client.id}:{found.id}", found.too_old_at)
    )


def exchange_code(
    reception: Reception, asking: Asking, code: str, redirect: str, verifier: str, resource: str | None
) -> Issued:
    """Tokens for a code. Raises GrantRefused."""

    def fits(grant: GrantRow) -> bool:
        proven = grant.challenge is not None and pkce.answers(verifier, grant.challenge)
        return proven and grant.redirect == redirect and _same_target(grant, resource) and _same_key(grant, asking)

    return _exchanged(reception, asking, TokenKind.CODE, code, fits, None)


def refresh(reception: Reception, asking: Asking, token: str, scopes: Collection[str], resource: str | None) -> Issued:
    """Tokens for a refresh token, which is spent. scopes: fewer than granted, none for all. Raises GrantRefused."""

    def fits(grant: GrantRow) -> bool:
        fewer = set(scopes) <= set(grant.scopes)
        return fewer and _same_target(grant, resource) and _same_key(grant, asking)

    return _exchanged(reception, asking, TokenKind.REFRESH, token, fits, scopes or None)


def for_service(reception: Reception, asking: Asking, scopes: Collection[str], resource: str | None) -> Issued:
    """A token for a service's own account, always bound to a key. Raises GrantRefused."""
    client, proof, now = asking.client, asking.proof, reception.now()
    if client.account_id is None:
        raise GrantRefused("unauthorized_client", "this client asks people; only a service gets a token by its secret")
    if proof is None:
        raise GrantRefused("invalid_dpop_proof", "a service's token is bound to a key: send a DPoP proof")
    given = sorted(set(scopes) or set(client.scopes) & WITHOUT_ASKING or client.scopes)
    if not set(given) <= set(client.scopes):
        raise GrantRefused("invalid_scope", f"this client was registered for {' '.join(client.scopes)}")
    target = _target(resource, reception.website.origin)
    until = now + LASTS[TokenKind.ACCESS]
    id_ = new_id(reception.chance)
    row = GrantRow(id_, client.id, client.account_id, given, target, None, None, proof.key, now, until)
    with reception.steps.database.begin("token") as tx:
        _spend_proof(tx, proof)
        _forget(tx, now)
        oauth_grants.add(tx, row)
        return Issued(_handed_out(tx, reception, row, TokenKind.ACCESS, given), None, tuple(given), True)


def revoke_token(reception: Reception, client: ClientRow, token: str) -> None:
    """Make a token useless (RFC 7009), with a refresh token its whole grant. Unknown and others' are left alone."""
    now = reception.now()
    with reception.steps.database.begin("token") as tx:
        held = oauth_grants.find(tx, token_hash(token), to_use=True)
        if held is None or held.grant.client_id != client.id:
            return
        if held.token.kind == TokenKind.ACCESS:
            oauth_grants.spend(tx, held.token.hash, now)
        elif oauth_grants.end(tx, held.grant.id, now):
            reception.note(tx, "access_ended", held.grant.account_id, client.id, grant=held.grant.id)


def _exchanged(
    reception: Reception,
    asking: Asking,
    kind: TokenKind,
    token: str,
    fits: Callable[[GrantRow], bool],
    scopes: Collection[str] | None,
) -> Issued:
    """What is good once, exchanged. Its reuse must be written down, so the refusal comes after the commit."""
    with reception.steps.database.begin("token") as tx:
        _spend_proof(tx, asking.proof)
        held = _taken(tx, reception, asking, kind, token, fits)
        issued = _issued(tx, reception, asking, held.grant, scopes or held.grant.scopes) if held else None
    if issued is None:
        raise GrantRefused("invalid_grant", WORN)
    return issued


def _taken(
    tx: Connection,
    reception: Reception,
    asking: Asking,
    kind: TokenKind,
    token: str,
    fits: Callable[[GrantRow], bool],
) -> Held | None:
    now = reception.now()
    held = oauth_grants.find(tx, token_hash(token), to_use=True)
    if held is None or held.token.kind != kind or held.grant.client_id != asking.client.id:
        return None
    if held.token.spent_at is not None and oauth_grants.end(tx, held.grant.id, now):
        reception.note(
            tx, "access_reused", held.grant.account_id, asking.client.id, grant=held.grant.id, what=str(kind)
        )
    if not held.is_good(now) or not fits(held.grant):
        return None
    oauth_grants.spend(tx, held.token.hash, now)
    return held


def _issued(tx: Connection, reception: Reception, asking: Asking, grant: GrantRow, scopes: Collection[str]) -> Issued:
    given = [each for each in grant.scopes if each in scopes]
    _forget(tx, reception.now())
    if asking.proof is not None and grant.key is None:
        oauth_grants.bind(tx, grant.id, asking.proof.key)
    access = _handed_out(tx, reception, grant, TokenKind.ACCESS, given)
    again = _handed_out(tx, reception, grant, TokenKind.REFRESH, grant.scopes)
    return Issued(access, again, tuple(given), asking.proof is not None)


def _handed_out(tx: Connection, reception: Reception, grant: GrantRow, kind: TokenKind, scopes: Collection[str]) -> str:
    """A new token of a grant, which never outlives it."""
    token = new_token(reception.chance, PREFIX[kind])
    until = min(reception.now() + LASTS[kind], grant.made_at + GRANT_LASTS)
    oauth_grants.add_token(tx, TokenRow(token_hash(token), grant.id, kind, list(scopes), until))
    return token


def _same_target(grant: GrantRow, resource: str | None) -> bool:
    return resource is None or resource.rstrip("/") == grant.resource


def _same_key(grant: GrantRow, asking: Asking) -> bool:
    """A bound grant takes a proof of its key; one that is not is bound by the first proof that comes."""
    if grant.key is None:
        return True
    return asking.proof is not None and asking.proof.key == grant.key


def _target(resource: str | None, origin: str) -> str:
    found = Resource.API if resource is None else resource_of(resource, origin)
    if found is None:
        raise GrantRefused("invalid_target", f"resource is one of {', '.join(each.url(origin) for each in Resource)}")
    return found.url(origin)


def _spend_proof(tx: Connection, proof: Proof | None) -> None:
    if proof is not None and not single_use.spend(tx, "dpop", f"{proof.key}:{proof.id}", proof.too_old_at):
        raise GrantRefused("invalid_dpop_proof", "this proof came before: make a new one for each request")


def _forget(tx: Connection, now: datetime) -> None:
    single_use.forget(tx, now)
    oauth_grants.forget(tx, now)
