"""``gridpact keys``: keys with which programs use the API. Whoever may read the data directory may use it."""

import argparse
import json

from gridpact.existing import Existing, open_existing
from gridpact.signing import write_key
from gridpact.wiring import open_reception
from memory.access import api_keys
from services.access.api_keys import make_key, revoke_key

BY = "command line"


def run(options: argparse.Namespace) -> int:
    """List, create or revoke keys; 1 when it is refused."""
    with open_existing(options) as world:
        reception = open_reception(world.house)
        match options.verb:
            case "create":
                key = make_key(reception, BY, options.account, options.name, options.scope, options.days)
                _hand_over(options, key)
            case "revoke":
                revoke_key(reception, BY, options.key)
                print(json.dumps({"revoked": options.key}) if options.json else f"{options.key} opens nothing any more")
            case _:
                _list(world, options)
    return 0


def _hand_over(options: argparse.Namespace, key: str) -> None:
    if options.to:
        write_key(options.to, key)
        told = {"account": options.account, "file": str(options.to)}
        print(json.dumps(told) if options.json else f"the key of {options.account} is in {options.to}")
        return
    told = {"account": options.account, "key": key}
    print(json.dumps(told) if options.json else f"keep this, it is shown once: {key}")


def _list(world: Existing, options: argparse.Namespace) -> None:
    with world.house.database.read() as tx:
        found = api_keys.all_of(tx, options.account)
    records = [
        {
            "id": key.id,
            "account": key.account_id,
            "name": key.name,
            "scopes": list(key.scopes),
            "expires_at": key.expires_at.isoformat(),
            "used_at": key.used_at.isoformat() if key.used_at else None,
            "revoked": key.revoked_at is not None,
        }
        for key in found
    ]
    if options.json:
        print(json.dumps(records))
        return
    for each, key in zip(records, found, strict=True):
        ends = "revoked" if each["revoked"] else f"until {key.expires_at:%Y-%m-%d}"
        print(f"{key.id}  {key.account_id}  {key.name}  {' '.join(key.scopes)}  {ends}")
    if not records:
        print("no key yet: gridpact keys create")
