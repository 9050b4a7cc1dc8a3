"""``gridpact payments``: what the community and its parties pay each other, drafted, released, written, booked.

Looking and naming an account need the data directory. Drafting, releasing and booking need a fresh sign-in; whoever
drafted a run does not release it.
"""

import argparse
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from domain.bank_account import bank_account
from domain.errors import Fault, InputRefused, RuleBroken
from domain.party import Role
from domain.payment import BookedEntry, Rail
from gateways.payments.pain001 import CreditTransfers
from gateways.payments.rail import Instruction, Payee, Payer, RailFile, Run
from gateways.payments.retailer_bill import RetailerBill
from gateways.payments.zengin import Zengin
from gridpact.existing import Existing, open_existing
from gridpact.signing import whoever_asks
from memory import registry
from memory.books import payments
from memory.trading import papers
from services.money import booked_entries, paying
from services.money.paying import Sheet

BY = "command line"
FILES: dict[Rail, RailFile] = {
    Rail.RETAILER_BILL: RetailerBill(),
    Rail.ZENGIN: Zengin(),
    Rail.PAIN001: CreditTransfers(),
}
POINTS = ("buyer_supply_point", "seller_receiving_point")
Told = list[dict[str, Any]]


def run(options: argparse.Namespace) -> int:
    """Do what the verb says and print it; raises RuleBroken when it is refused."""
    verbs: dict[str, Callable[[Existing, argparse.Namespace], Told]] = {
        "list": _list,
        "entries": _entries,
        "account": _account,
        "draft": _draft,
        "release": _release,
        "file": _file,
        "book": _book,
        "assign": _assign,
        "fail": _fail,
    }
    with open_existing(options) as world:
        told = verbs[options.verb or "list"](world, options)
    if options.json:
        print(json.dumps(told, ensure_ascii=False))
        return 0
    for each in told:
        print("  ".join(f"{name.replace('_', ' ')} {value}" for name, value in each.items() if value not in ("", None)))
    return 0


def _list(world: Existing, options: argparse.Namespace) -> Told:
    with world.house.database.read() as tx:
        return [record for each in payments.runs(tx) for record in _sheet(Sheet(each, payments.of_run(tx, each.id)))]


def _entries(world: Existing, options: argparse.Namespace) -> Told:
    with world.house.database.read() as tx:
        return [
            {
                "entry": entry.id,
                "rail": entry.rail,
                "booked_on": str(entry.booked_on),
                "amount_jpy": entry.amount_jpy,
                "became": sorted(became),
                "says": entry.says,
            }
            for entry, became in payments.entries(tx)
        ]


def _account(world: Existing, options: argparse.Namespace) -> Told:
    told = bank_account(options.bank, options.branch, options.kind, options.number, options.holder)
    if isinstance(told, list):
        raise InputRefused(told)
    paying.name_account(world.house.steps, os.urandom, options.party, told, BY)
    return [{"party": options.party, "holder": told.holder}]


def _draft(world: Existing, options: argparse.Namespace) -> Told:
    asker = whoever_asks(world.house, options)
    return _sheet(paying.draft(world.house.steps, asker, Rail(options.rail), options.day))


def _release(world: Existing, options: argparse.Namespace) -> Told:
    return _sheet(paying.release(world.house.steps, whoever_asks(world.house, options), options.run))


def _file(world: Existing, options: argparse.Namespace) -> Told:
    with world.house.database.read() as tx:
        found = paying.sheet(tx, options.run)
        whole = _run(tx, world, found, options.code)
    content = FILES[Rail(found.run.rail)].write(whole)
    _write(options.to, content)
    return [{"run": found.run.id, "payments": len(found.payments), "file": str(options.to), "bytes": len(content)}]


def _book(world: Existing, options: argparse.Namespace) -> Told:
    asker = whoever_asks(world.house, options)
    try:
        content = options.file.read_bytes()
    except OSError as unread:
        raise InputRefused([Fault(str(options.file), "not_read", f"it cannot be read: {unread.strerror}")]) from None
    told = [
        BookedEntry(options.rail, each.id, each.amount_jpy, each.reference, each.booked_on, each.says)
        for each in FILES[Rail(options.rail)].read(content)
    ]
    return [booked_entries.take_entries(world.house.steps, asker, told)._asdict()]


def _assign(world: Existing, options: argparse.Namespace) -> Told:
    asker = whoever_asks(world.house, options)
    state = booked_entries.assign(world.house.steps, asker, options.rail, options.entry, options.reference)
    return [{"payment": options.reference, "state": str(state)}]


def _fail(world: Existing, options: argparse.Namespace) -> Told:
    asker = whoever_asks(world.house, options)
    booked_entries.fail(world.house.steps, asker, options.reference, options.reason)
    return [{"payment": options.reference, "state": "failed"}]


def _sheet(found: Sheet) -> Told:
    released = found.run.released_by or "nobody yet"
    head = {"run": found.run.id, "rail": found.run.rail, "day": str(found.run.day), "released_by": released}
    return [head | {"payments": len(found.payments), "total_jpy": sum(each.amount_jpy for each in found.payments)}] + [
        {"payment": each.reference, "party": each.party_id, "amount_jpy": each.amount_jpy, "state": str(each.state)}
        for each in found.payments
    ]


def _run(tx: Connection, world: Existing, found: Sheet, code: str) -> Run:
    accounts = paying.payee_accounts(tx, world.house.steps)
    points = _points(tx)
    platform = next((party.id for party in registry.parties(tx) if party.role is Role.PLATFORM), None)
    payer = accounts.get(platform or "")
    if payer is None:
        raise RuleBroken(f"say from where payments are made: gridpact payments account {platform or 'PLATFORM'} ...")
    instructions = [
        Instruction(
            each.reference,
            Payee(each.party_id, accounts.get(each.party_id), points.get(each.party_id, "")),
            each.amount_jpy,
        )
        for each in found.payments
    ]
    return Run(found.run.id, found.run.day, Payer(payer.holder, code, payer), instructions)


def _points(tx: Connection) -> dict[str, str]:
    """By party a supply point of one of its sites, the first by site that states one."""
    points: dict[str, str] = {}
    for site in sorted(registry.sites(tx), key=lambda site: site.id):
        stated = papers.stated(tx, site.id)
        point = next((stated[name] for name in POINTS if stated.get(name)), "")
        if point:
            points.setdefault(site.party_id, point)
    return points


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as unwritten:
        raise InputRefused([Fault(str(path), "not_written", f"it cannot go there: {unwritten.strerror}")]) from None
