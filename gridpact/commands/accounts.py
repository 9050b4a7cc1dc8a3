"""``gridpact accounts``: who may sign in, and as what. Whoever may read the data directory may use it."""

import argparse
import json
from typing import Any

from domain.account import AccountRole, AccountState
from domain.errors import Fault, InputRefused
from gridpact.demonstration_desk import code_of
from gridpact.existing import Existing, open_existing
from gridpact.wiring import open_reception
from memory.access import accounts
from memory.access.accounts import AccountRow, RoleRow
from services.access.accounts import give_role, invite, move_account, register, take_role

BY = "command line"
MOVES = {"lock": AccountState.LOCKED, "unlock": AccountState.ACTIVE, "leave": AccountState.LEFT}


def run(options: argparse.Namespace) -> int:
    """List, invite, register, lock, unlock or let go, give and take roles; 1 when it is refused."""
    with open_existing(options) as world:
        reception = open_reception(world.house)
        match options.verb:
            case "invite":
                token = invite(reception, BY, options.login, options.party, roles_of(options.role))
                told = {"login": options.login, "invitation": token}
                print(json.dumps(told) if options.json else f"hand this over, it is shown once: {token}")
            case "register":
                with world.house.database.begin("register") as tx:
                    register(tx, reception, BY, options.account, options.party)
                for role in roles_of(options.role):
                    give_role(reception, BY, options.account, role)
                _show(world, options)
            case "code":
                print(code_of(world.house, options.account))
            case "lock" | "unlock" | "leave":
                move_account(reception, BY, options.account, MOVES[options.verb])
                _show(world, options)
            case "roles":
                for change, roles in ((give_role, options.give), (take_role, options.take)):
                    for role in roles_of(roles):
                        change(reception, BY, options.account, role)
                _history(world, options)
            case _:
                _list(world, options)
    return 0


def roles_of(names: list[str]) -> list[AccountRole]:
    """The roles of these names. Raises InputRefused with every one that nobody knows."""
    known = ", ".join(AccountRole)
    faults = [
        Fault("role", "unknown_role", f"{name!r} is no role; known: {known}") for name in names if name not in known
    ]
    if faults:
        raise InputRefused(faults)
    return [AccountRole(name) for name in names]


def _list(world: Existing, options: argparse.Namespace) -> None:
    with world.house.database.read() as tx:
        records = [_record(account, accounts.roles(tx, account.id)) for account in accounts.all(tx)]
    _print(records, options, "no account yet: gridpact accounts invite")


def _show(world: Existing, options: argparse.Namespace) -> None:
    with world.house.database.read() as tx:
        _print([_record(accounts.get(tx, options.account), accounts.roles(tx, options.account))], options, "")


def _history(world: Existing, options: argparse.Namespace) -> None:
    with world.house.database.read() as tx:
        held = accounts.role_history(tx, options.account)
    records = [
        {
            "role": str(each.role),
            "given": f"{each.given_at:%Y-%m-%d %H:%M} by {each.given_by}",
            "counts": _counts(each),
            "taken": f"{each.taken_at:%Y-%m-%d %H:%M} by {each.taken_by}" if each.taken_at else "held",
        }
        for each in held
    ]
    _print(records, options, "it never held a role")


def _record(account: AccountRow, roles: frozenset[AccountRole]) -> dict[str, Any]:
    held = sorted(map(str, roles))
    return {"account": account.id, "party": account.party_id, "state": str(account.state), "roles": held}


def _counts(held: RoleRow) -> str:
    if held.confirmed_by:
        return f"confirmed by {held.confirmed_by}"
    return "waits for a second admin" if held.waiting else "at once"


def _print(records: list[dict[str, Any]], options: argparse.Namespace, empty: str) -> None:
    if options.json:
        print(json.dumps(records, ensure_ascii=False))
        return
    for record in records:
        print("  ".join(", ".join(each) if isinstance(each, list) else str(each) for each in record.values()))
    if not records:
        print(empty)
