"""``gridpact clients``: programs that use OAuth. Whoever may read the data directory may use it."""

import argparse
import json
from pathlib import Path

from domain.errors import Fault, InputRefused
from gridpact.existing import Existing, open_existing
from gridpact.wiring import open_reception
from memory.access import oauth_clients
from services.access.oauth_clients import register_asker, register_keyed_service, register_service, revoke_client
from services.access.reception import Reception

BY = "command line"
JWK_CHARACTERS_MAX = 4_096


def run(options: argparse.Namespace) -> int:
    """List, register or revoke clients; 1 when it is refused."""
    with open_existing(options) as world:
        reception = open_reception(world.house)
        match options.verb:
            case "register":
                told = _registered(reception, options)
                kept = "" if "secret" not in told else "; keep the secret, it is shown once"
                plain = "  ".join(f"{name}: {value}" for name, value in told.items())
                print(json.dumps(told) if options.json else f"{plain}{kept}")
            case "revoke":
                revoke_client(reception, BY, options.client)
                print(json.dumps({"revoked": options.client}) if options.json else f"{options.client} is nobody now")
            case _:
                _list(world, options)
    return 0


def _registered(reception: Reception, options: argparse.Namespace) -> dict[str, str]:
    """A service when an account is named, else a program that asks people."""
    if options.account and options.redirect:
        said = "a client acts for an account of its own, or asks people and names redirect addresses: choose one"
        raise InputRefused([Fault("clients", "two_kinds", said)])
    if options.account and options.jwk:
        jwk = _jwk(options.jwk)
        client = register_keyed_service(reception, BY, options.name, options.account, options.scope, jwk)
        return {"client_id": client.id}
    if options.account:
        client, secret = register_service(reception, BY, options.name, options.account, options.scope)
        return {"client_id": client.id, "secret": secret}
    return {"client_id": register_asker(reception, BY, options.name, options.redirect).id}


def _jwk(path: Path) -> dict[str, str]:
    try:
        found = json.loads(path.read_text()[:JWK_CHARACTERS_MAX])
    except (OSError, ValueError) as unread:
        raise InputRefused([Fault(str(path), "not_read", f"this is no file with a public key: {unread}")]) from None
    return found if isinstance(found, dict) else {}


def _list(world: Existing, options: argparse.Namespace) -> None:
    with world.house.database.read() as tx:
        found = oauth_clients.every(tx)
    records = [
        {
            "client_id": each.id,
            "name": each.name,
            "account": each.account_id,
            "scopes": list(each.scopes),
            "redirects": list(each.redirects),
            "made_by": each.made_by,
            "revoked": each.revoked_at is not None,
        }
        for each in found
    ]
    if options.json:
        print(json.dumps(records, ensure_ascii=False))
        return
    for each in found:
        what = f"acts for {each.account_id}: {' '.join(each.scopes)}" if each.account_id else " ".join(each.redirects)
        print(f"{each.id}  {each.name}  {what}{'  revoked' if each.revoked_at else ''}")
    if not found:
        print("no client yet: gridpact clients register, or programs register themselves")
