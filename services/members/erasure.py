"""Erasing a person's data: asked for by two people in two roles, and never what law or books rest on.

The name, the evidence, consents and every means of signing in go. What stays are pseudonyms: ids of party, sites,
accounts and devices in the books, on the chain and in the journal, and records that the law still asks for, each with
its last day. So the audit verifies the same afterwards.
"""

import hashlib
from dataclasses import replace
from typing import NamedTuple

from sqlalchemy import Connection

from domain.account import ACCOUNT_MOVES, AccountRole, AccountState
from domain.contract import ContractState
from domain.errors import Fault, InputRefused, RuleBroken
from domain.party import Party, Role
from identity.action import Action
from identity.authorisation import Principal, Record, require
from memory import registry
from memory.access import accounts, sessions
from memory.books import payments
from memory.casework import disputes
from memory.members import erasures, person_records
from memory.members.erasures import ErasureRow
from memory.trading import contracts
from services.opening import RULES
from services.steps import Steps

ERASING = (AccountRole.LEGAL, AccountRole.ADMIN)
REASON_LENGTH_MIN = 20
UNDER_WAY = frozenset({ContractState.DRAFTED, ContractState.ESCALATED, ContractState.APPROVED, ContractState.RECORDED})


class Erasure(NamedTuple):
    """What became of a word. role: in which it counts. done: whether the data are erased now. records: how many were
    deleted. kept: those that the law still asks for."""

    role: str
    done: bool
    records: int = 0
    kept: int = 0


def erase(steps: Steps, asker: Principal, party_id: str, reason: str) -> Erasure:
    """Write one person's word down; with the second the party's data are erased.

    Raises PermissionDenied when the page of policies does not permit it, InputRefused on a reason that says too little,
    RuleBroken on an unknown party, one that is no person, or one that still has contracts under way.
    """
    if len(reason.strip()) < REASON_LENGTH_MIN:
        raise InputRefused([Fault("reason", "too_short", f"say who asked and when, in {REASON_LENGTH_MIN} characters")])
    with steps.database.begin("erase-person") as tx:
        party = _erasable(tx, party_id)
        before = erasures.asked(tx, party_id)
        first = before[0] if before else None
        confirmed = Record(frozenset({party_id}))
        if first is not None:
            confirmed = replace(confirmed, confirmed_by=first.account, confirmed_as=first.role)
        require(asker, Action.ERASE_PERSON, confirmed)
        role = next(each for each in ERASING if each in asker.roles and (first is None or each != first.role))
        erasures.ask(tx, ErasureRow(party_id, str(role), asker.account, reason, steps.clock()))
        steps.note(tx, RULES, "person.erasure", party_id, {"role": str(role), "account": asker.account})
        return Erasure(str(role), done=False) if first is None else _erase(tx, steps, party, str(role))


def _erase(tx: Connection, steps: Steps, party: Party, role: str) -> Erasure:
    now, pseudonym = steps.clock(), pseudonym_of(party.id)
    registry.save_party(tx, replace(party, name=pseudonym))
    for account in (each for each in accounts.all(tx) if each.party_id == party.id):
        if AccountState.LEFT in ACCOUNT_MOVES[account.state]:
            accounts.move(tx, account.id, AccountState.LEFT)
        sessions.end(tx, account.id, now)
        erasures.forget_sign_in(tx, account.id, pseudonym_of(account.id), now)
    payments.forget_account(tx, party.id)
    deleted = erasures.forget_records(tx, party.id, now.date())
    kept = len(person_records.of_party(tx, party.id))
    steps.note(tx, RULES, "person.erased", party.id, {"records": deleted, "kept": kept})
    return Erasure(role, done=True, records=deleted, kept=kept)


def pseudonym_of(name: str) -> str:
    """What stands where a name stood."""
    return f"erased-{hashlib.sha256(name.encode()).hexdigest()[:12]}"


def _erasable(tx: Connection, party_id: str) -> Party:
    party = next((each for each in registry.parties(tx) if each.id == party_id), None)
    if party is None or party.role not in {Role.MEMBER, Role.EXPERT}:
        raise RuleBroken(f"{party_id} is no person whose data could be erased")
    if party.name == pseudonym_of(party_id):
        raise RuleBroken(f"the data of {party_id} were erased already")
    sites = {site.id for site in registry.sites(tx) if site.party_id == party_id}
    open_ones = [
        each for each in contracts.all(tx) if each.state in UNDER_WAY and sites & {each.seller_site, each.buyer_site}
    ]
    if open_ones:
        raise RuleBroken(f"{len(open_ones)} contracts of {party_id} are still under way: pause trading, and wait")
    if any(party_id in each.parties for each in disputes.open_ones(tx)):
        raise RuleBroken(f"a dispute of {party_id} is still open: it ends first, what is held belongs to somebody")
    return party
