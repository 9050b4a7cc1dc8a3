"""Runs of payments: drafted from the ledger, released by a second person, written as a file for a bank or the retailer.

A run nets all that a party's sites are owed or owe, less what earlier runs still have under way. Nothing moves in the
ledger before a bank or the retailer has booked it (services.money.booked_entries).
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection

from domain.bank_account import AccountKind, BankAccount
from domain.canonical import canonical_bytes
from domain.errors import RuleBroken
from domain.party import Role
from domain.payment import Payment, Rail
from identity.action import Action
from identity.authorisation import Principal, Record, require
from identity.sealing import seal, unseal
from identity.token import Chance
from memory import registry
from memory.books import ledger, payments
from memory.books.payments import RunRow
from services.opening import RULES
from services.steps import Steps
from settlement.ledger import Balance, member
from settlement.netting import NetPayment, net

REFERENCE_CHARACTERS = 18


class Sheet(NamedTuple):
    """A run with its payments."""

    run: RunRow
    payments: list[Payment]


def name_account(steps: Steps, chance: Chance, party_id: str, account: BankAccount, by: str) -> None:
    """Say where a party is paid. It lies sealed; the journal has that it changed. Raises RuleBroken on an unknown
    party."""
    with steps.database.begin("payee-account") as tx:
        if party_id not in {party.id for party in registry.parties(tx)}:
            raise RuleBroken(f"no party has the id {party_id[:40]!r}")
        sealed = seal(steps.keys, chance, canonical_bytes(asdict(account)), party_id)
        payments.name_account(tx, party_id, sealed, steps.clock(), by)
        steps.note(tx, RULES, "payee.account", party_id, {"by": by})


def payee_accounts(tx: Connection, steps: Steps) -> dict[str, BankAccount]:
    """Where parties are paid, by party."""
    return {
        party: _account(json.loads(unseal(steps.keys, sealed, party)))
        for party, sealed in payments.accounts(tx).items()
    }


def draft(steps: Steps, asker: Principal, rail: Rail, day: date) -> Sheet:
    """Draft a run over all that members are owed or owe now. day: on which banks shall book it.

    Raises PermissionDenied, RuleBroken when nobody is owed or owes a whole yen.
    """
    require(asker, Action.DRAFT_PAYMENT, Record())
    with steps.database.begin("draft-payments") as tx:
        payments.lock(tx)
        found = [each for each in net(available_ujpy(tx)) if rail.collects or each.amount_jpy > 0]
        if not found:
            raise RuleBroken(f"nobody is owed a whole yen by {rail} that is not under way already")
        now = steps.clock()
        run_id = "R" + _short(rail, str(len(payments.runs(tx))), now.isoformat())
        drafted = [_payment(run_id, each) for each in found]
        run = RunRow(run_id, str(rail), day, asker.account, now)
        payments.add_run(tx, run, drafted)
        total = sum(each.amount_jpy for each in drafted)
        told = {"rail": str(rail), "payments": len(drafted), "total_jpy": total, "by": asker.account}
        steps.note(tx, RULES, "payments.drafted", run_id, told)
        return Sheet(run, drafted)


def release(steps: Steps, asker: Principal, run_id: str) -> Sheet:
    """Release a run that somebody else drafted: from now on its file can be had. Raises PermissionDenied, RuleBroken
    when there is no such run, Conflict when it is released already."""
    with steps.database.begin("release-payments") as tx:
        payments.lock(tx)
        run = payments.get_run(tx, run_id)
        require(asker, Action.RELEASE_PAYMENT, Record(author=run.drafted_by))
        payments.release(tx, run_id, asker.account, steps.clock())
        steps.note(tx, RULES, "payments.released", run_id, {"by": asker.account})
        return Sheet(payments.get_run(tx, run_id), payments.of_run(tx, run_id))


def sheet(tx: Connection, run_id: str) -> Sheet:
    """A run that was released. Raises RuleBroken when there is none, or nobody released it."""
    run = payments.get_run(tx, run_id)
    if run.released_by is None:
        raise RuleBroken(f"run {run_id} waits for somebody else than {run.drafted_by} to release it")
    return Sheet(run, payments.of_run(tx, run_id))


def available_ujpy(tx: Connection) -> dict[str, dict[str, int]]:
    """What members are owed (positive) or owe, less what is held and what is under way, uJPY by party and account.

    What is in dispute, or reserved for deliveries to come, is neither paid out nor collected.
    """
    of_members = {party.id for party in registry.parties(tx) if party.role is Role.MEMBER}
    balances = ledger.balances(tx)
    found: dict[str, dict[str, int]] = {}
    for site in registry.sites(tx):
        account = member(site.id)
        if site.party_id in of_members and account in balances:
            found.setdefault(site.party_id, {})[account] = _free_ujpy(balances[account])
    for each in payments.holding_back(tx):
        for account, amount_ujpy in _still_under_way(tx, each).items():
            found[each.party_id][account] -= amount_ujpy
    return found


def _free_ujpy(balance: Balance) -> int:
    if balance.ujpy > 0:
        return max(balance.ujpy - balance.debits_pending, 0)
    return min(balance.ujpy + balance.credits_pending, 0)


def booked_ujpy(tx: Connection, payment: Payment) -> int:
    """What of a payment was booked so far, uJPY: positive came in."""
    return sum(became[payment.reference] for _, became in payments.entries(tx, payment.reference))


def main_account(payment: Payment) -> str:
    """The ledger account of a payment that bears what is booked in part."""
    sign = 1 if payment.amount_jpy > 0 else -1
    return max(sorted(payment.legs), key=lambda account: sign * payment.legs[account])


def _still_under_way(tx: Connection, payment: Payment) -> Mapping[str, int]:
    main, moved = main_account(payment), booked_ujpy(tx, payment)
    return {account: ujpy + (moved if account == main else 0) for account, ujpy in payment.legs.items()}


def _payment(run_id: str, found: NetPayment) -> Payment:
    reference = "GP" + _short(run_id, found.party)
    return Payment(reference, run_id, found.party, found.amount_jpy, dict(found.legs))


def _short(*words: str) -> str:
    """Latin capitals and digits that stand for the words."""
    name = hashlib.sha256("\0".join(words).encode()).digest()
    return base64.b32encode(name).decode()[:REFERENCE_CHARACTERS]


def _account(told: Any) -> BankAccount:
    return BankAccount(told["bank"], told["branch"], AccountKind(told["kind"]), told["number"], told["holder"])
