"""``gridpact ledger``: what every account holds, accounts with limits, the books as text for programs of others."""

import argparse
import json
from dataclasses import asdict
from typing import Any

from gateways.files.ledger_text import FORMS
from gridpact.existing import open_existing
from gridpact.wiring import House
from memory.books import ledger
from services.opening import RULES
from settlement.ledger import Account, Limit, Unit

BY = "command line"


def run(options: argparse.Namespace) -> int:
    """List accounts, open one, or write all books as one file."""
    with open_existing(options) as world:
        if options.verb == "open":
            found = [_open(world.house, Account(options.name, Unit(options.unit), Limit(options.limit)))]
        elif options.verb == "export":
            found = [_export(world.house, options)]
        else:
            found = _accounts(world.house)
    if options.json:
        print(json.dumps(found))
        return 0
    for record in found:
        print("  ".join(f"{name.replace('_', ' ')} {value}" for name, value in record.items()))
    return 0


def _open(house: House, account: Account) -> dict[str, Any]:
    record = asdict(account) | {"unit": str(account.unit), "limit": str(account.limit)}
    with house.database.begin("open-account") as tx:
        new = ledger.open_accounts(tx, [account])
        if new:
            house.steps.note(tx, RULES, "account.opened", account.id, record | {"by": BY})
    return {"account": account.id, "unit": record["unit"], "limit": record["limit"], "new": new}


def _accounts(house: House) -> list[dict[str, Any]]:
    with house.database.read() as tx:
        found = ledger.balances(tx)
    return [{"account": name, **asdict(each), "unit": str(each.unit), "net": each.net} for name, each in found.items()]


def _export(house: House, options: argparse.Namespace) -> dict[str, Any]:
    with house.database.read() as tx, options.file.open("w", encoding="utf-8") as file:
        balances = ledger.balances(tx)
        file.writelines(FORMS[options.to](ledger.in_order(tx), balances, house.time.day_of))
        booked = ledger.head(tx)
    return {
        "file": str(options.file),
        "accounts": len(balances),
        "transfers": booked.last_place,
        "bookings": booked.seq,
        "head": booked.hash,
    }
