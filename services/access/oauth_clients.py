"""Programs become known: by themselves within bounds (RFC 7591), or by whoever keeps the market, for good.

A client that registers itself may only ask people for access; it gets none by registering. One that nobody ever
granted anything is forgotten after a day.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta

from sqlalchemy import Connection

from domain.account import AccountRole
from domain.errors import Fault, GrantRefused, InputRefused, RuleBroken
from identity.equipment import public_key_faults
from identity.grantable import TO_SERVICES
from identity.redirect import redirect_faults
from identity.token import new_id, new_token, token_hash
from memory.access import accounts, oauth_clients, oauth_grants
from memory.access.oauth_clients import ClientRow
from services.access.reception import Reception

SECRET_PREFIX = "gps_"
BY_ITSELF = "itself:"
UNUSED_LASTS = timedelta(days=1)
UNUSED_MAX = 1_000
OF_ADDRESS_MAX = 50
REDIRECTS_MAX = 5
NAME_CHARACTERS_MAX = 80


def register_itself(reception: Reception, name: str, redirects: Sequence[str], address: str) -> ClientRow:
    """A client that asked to be known. address: whence. Raises InputRefused with every fault, GrantRefused when too
    many came from there."""
    _refuse([*_name_faults(name), *_redirect_faults(redirects)])
    maker, now = f"{BY_ITSELF}{address}", reception.now()
    with reception.steps.database.begin("client") as tx:
        oauth_clients.forget_unused(tx, BY_ITSELF, now - UNUSED_LASTS, UNUSED_MAX - 1)
        if oauth_clients.made_by(tx, maker) >= OF_ADDRESS_MAX:
            raise GrantRefused("temporarily_unavailable", f"{OF_ADDRESS_MAX} clients came from {address}: use one")
        client = ClientRow(new_id(reception.chance), name, redirects, None, None, (), maker, now)
        oauth_clients.add(tx, client)
    return client


def register_asker(reception: Reception, by: str, name: str, redirects: Sequence[str]) -> ClientRow:
    """A client that asks people, made by whoever keeps the market. Raises InputRefused with every fault."""
    _refuse([*_name_faults(name), *_redirect_faults(redirects)])
    client = ClientRow(new_id(reception.chance), name, redirects, None, None, (), by, reception.now())
    with reception.steps.database.begin("client") as tx:
        oauth_clients.add(tx, client)
        reception.note(tx, "client_made", client.id, by, name=name, redirects=list(redirects))
    return client


def register_service(
    reception: Reception, by: str, name: str, account_id: str, scopes: Collection[str]
) -> tuple[ClientRow, str]:
    """A client that acts for an account that is a program's, and its secret, shown this once. Raises InputRefused with
    every fault, RuleBroken on an account that is no program's."""
    _refuse([*_name_faults(name), *_scope_faults(scopes)])
    secret, id_ = new_token(reception.chance, SECRET_PREFIX), new_id(reception.chance)
    named, hash_ = tuple(sorted(scopes)), token_hash(secret)
    client = ClientRow(id_, name, (), hash_, account_id, named, by, reception.now())
    with reception.steps.database.begin("client") as tx:
        _require_program(tx, account_id)
        oauth_clients.add(tx, client)
        reception.note(tx, "client_made", account_id, by, client=id_, name=name, scopes=list(named))
    return client, secret


def register_keyed_service(
    reception: Reception, by: str, name: str, account_id: str, scopes: Collection[str], jwk: Mapping[str, str]
) -> ClientRow:
    """The same for a client that proves itself with its own key (``private_key_jwt``). Raises InputRefused with every
    fault, RuleBroken on an account that is no program's."""
    _refuse([*_name_faults(name), *_scope_faults(scopes), *public_key_faults(jwk)])
    named, now = tuple(sorted(scopes)), reception.now()
    client = ClientRow(new_id(reception.chance), name, (), None, account_id, named, by, now, jwk=dict(jwk))
    with reception.steps.database.begin("client") as tx:
        _require_program(tx, account_id)
        oauth_clients.add(tx, client)
        reception.note(tx, "client_made", account_id, by, client=client.id, name=name, scopes=list(named))
    return client


def revoke_client(reception: Reception, by: str, client_id: str) -> None:
    """Make a client and all its tokens useless, now. Raises RuleBroken when nobody knows it."""
    with reception.steps.database.begin("client") as tx:
        if not oauth_clients.revoke(tx, client_id, reception.now()):
            raise RuleBroken(f"no client that is of use has the id {client_id}")
        oauth_grants.end_of_client(tx, client_id, reception.now())
        reception.note(tx, "client_revoked", client_id, by)


def _require_program(tx: Connection, account_id: str) -> None:
    accounts.get(tx, account_id)
    if AccountRole.CLIENT not in accounts.roles(tx, account_id):
        raise RuleBroken(f"account {account_id} is a person's: a service acts for an account with the role client")


def _name_faults(name: str) -> list[Fault]:
    if 0 < len(name) <= NAME_CHARACTERS_MAX and name.isprintable() and name.strip():
        return []
    return [Fault("client_name", "wrong_form", f"a client's name has 1 to {NAME_CHARACTERS_MAX} printable characters")]


def _redirect_faults(redirects: Sequence[str]) -> list[Fault]:
    if not 0 < len(redirects) <= REDIRECTS_MAX:
        return [Fault("redirect_uris", "wrong_number", f"name 1 to {REDIRECTS_MAX} redirect addresses")]
    return [fault for place, each in enumerate(redirects) for fault in redirect_faults(each, f"redirect_uris[{place}]")]


def _scope_faults(scopes: Collection[str]) -> list[Fault]:
    known = ", ".join(sorted(TO_SERVICES))
    if not scopes:
        return [Fault("scopes", "missing", f"a service without scopes does nothing: name some of {known}")]
    return [
        Fault("scopes", "unknown_scope", f"{scope!r} is for no service; there are {known}")
        for scope in sorted(set(scopes) - TO_SERVICES)
    ]


def _refuse(faults: list[Fault]) -> None:
    if faults:
        raise InputRefused(faults)
