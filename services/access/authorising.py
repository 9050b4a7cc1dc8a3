"""A program asks a person for access; the person says what it may, and a code goes back to the program.

The code is good for a minute, once, for the client that asked, and with the secret that the client kept (PKCE).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from domain.errors import GrantRefused, RuleBroken
from identity import pkce
from identity.grantable import TO_ASSISTANTS, WITHOUT_ASKING, scopes_in
from identity.redirect import is_registered
from identity.resource import Resource, resource_of
from identity.token import new_id, new_token, token_hash
from identity.token_life import GRANT_LASTS, LASTS, PREFIX, TokenKind
from memory.access import oauth_clients, oauth_grants
from memory.access.oauth_clients import ClientRow
from memory.access.oauth_grants import GrantRow, TokenRow
from services.access.reception import Reception

STATE_CHARACTERS_MAX = 2_000


@dataclass(frozen=True, slots=True)
class Return:
    """Where the answer goes: an address that the client registered, with the state that came from it."""

    client: ClientRow
    redirect: str
    state: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What a program asks for. scopes: in the order in which they are shown. key: what tokens shall be bound to."""

    back: Return
    scopes: tuple[str, ...]
    resource: Resource
    challenge: str
    key: str | None


def return_of(tx: Connection, said: Mapping[str, str]) -> Return:
    """Where the answer to a request goes. Raises GrantRefused when that cannot be trusted: then nothing goes back."""
    client = oauth_clients.find(tx, said.get("client_id", ""))
    if client is None or client.secret_hash is not None:
        raise GrantRefused("invalid_client", "no program that may ask people has this client_id; register it first")
    redirect, state = said.get("redirect_uri", ""), said.get("state", "")
    if not is_registered(redirect, client.redirects):
        raise GrantRefused("invalid_request", f"redirect_uri is not one that {client.id} registered")
    if len(state) > STATE_CHARACTERS_MAX:
        raise GrantRefused("invalid_request", f"state has at most {STATE_CHARACTERS_MAX} characters")
    return Return(client, redirect, state)


def asked_in(back: Return, said: Mapping[str, str], origin: str) -> Asked:
    """What a request asks for. Raises GrantRefused with OAuth's word for what is wrong, which may go back."""
    if said.get("response_type") != "code":
        raise GrantRefused("unsupported_response_type", "response_type is code")
    challenge = said.get("code_challenge", "")
    if said.get("code_challenge_method") != pkce.METHOD or not pkce.is_challenge(challenge):
        raise GrantRefused("invalid_request", "send code_challenge with code_challenge_method S256 (PKCE)")
    resource = resource_of(said.get("resource", Resource.API.url(origin)), origin)
    if resource is None:
        known = ", ".join(each.url(origin) for each in Resource)
        raise GrantRefused("invalid_target", f"resource is one of {known}")
    wanted = scopes_in(said.get("scope", "")) or WITHOUT_ASKING
    if not wanted <= set(TO_ASSISTANTS):
        raise GrantRefused("invalid_scope", f"scopes that can be granted: {' '.join(TO_ASSISTANTS)}")
    shown = tuple(each for each in TO_ASSISTANTS if each in wanted)
    return Asked(back, shown, resource, challenge, said.get("dpop_jkt") or None)


def grant(reception: Reception, account_id: str, asked: Asked, scopes: Collection[str]) -> str:
    """Write down what a person grants, some of what was asked, and return the code. Raises GrantRefused on nothing."""
    given = [each for each in asked.scopes if each in scopes]
    if not given:
        raise GrantRefused("access_denied", "nothing was granted")
    code, id_, now = new_token(reception.chance, PREFIX[TokenKind.CODE]), new_id(reception.chance), reception.now()
    client, target = asked.back.client, asked.resource.url(reception.website.origin)
    until = now + GRANT_LASTS
    row = GrantRow(
        id_, client.id, account_id, given, target, asked.back.redirect, asked.challenge, asked.key, now, until
    )
    with reception.steps.database.begin("grant") as tx:
        oauth_grants.forget(tx, now)
        oauth_grants.add(tx, row)
        expires_at = now + LASTS[TokenKind.CODE]
        oauth_grants.add_token(tx, TokenRow(token_hash(code), id_, TokenKind.CODE, given, expires_at))
        said = {"client": client.id, "name": client.name, "scopes": given, "resource": target, "grant": id_}
        reception.note(tx, "access_granted", account_id, account_id, **said)
    return code


def end_grant(reception: Reception, account_id: str, grant_id: str) -> None:
    """Take back what a person granted; its tokens open nothing from now on. Raises RuleBroken on another's."""
    with reception.steps.database.begin("grant") as tx:
        if grant_id not in {each.id for each in oauth_grants.of_account(tx, account_id)}:
            raise RuleBroken(f"{account_id} has no grant {grant_id}")
        oauth_grants.end(tx, grant_id, reception.now())
        reception.note(tx, "access_ended", account_id, account_id, grant=grant_id)
