"""Who has a case in hand: taken for half an hour, kept by taking it again, let go, or handed to somebody who may.

A claim keeps two people from reading the same papers; it decides nothing. While it holds, nobody else decides the
case. It ends by itself, with a decision, and with its holder's account.
"""

from datetime import timedelta

from sqlalchemy import Connection

from domain.account import AccountState
from domain.errors import Conflict, PermissionDenied
from identity.action import Action
from identity.authorisation import Kind, Principal, require
from memory import cases
from memory.access import accounts
from memory.cases import CaseRow
from memory.casework import claims
from memory.casework.claims import Claim
from services.cases.case_records import records_of, require_open
from services.opening import RULES
from services.steps import Steps

LEASE = timedelta(minutes=30)


def claim(steps: Steps, asker: Principal, case_id: str) -> Claim:
    """Take a case in hand. Raises Conflict naming who has it, PermissionDenied, TransitionRefused when it is closed."""
    with steps.database.begin("claim") as tx:
        case = workable(tx, steps, asker, case_id)
        now = steps.clock()
        wanted = Claim(case.id, asker.account, now, now + LEASE)
        held = claims.take(tx, wanted, now, from_account=_gone(tx, case.id))
        if held != wanted:
            raise Conflict(_taken(held))
        steps.note(tx, RULES, "case.claimed", case.id, {"account": asker.account})
    return held


def release(steps: Steps, asker: Principal, case_id: str) -> None:
    """Let a case go. Raises Conflict when somebody else holds it, or nobody."""
    with steps.database.begin("release") as tx:
        cases.lock(tx, case_id)
        if not claims.release(tx, case_id, asker.account):
            raise Conflict(f"{asker.account} does not hold case {case_id}")
        steps.note(tx, RULES, "case.released", case_id, {"account": asker.account})


def delegate(steps: Steps, asker: Principal, case_id: str, to: str) -> Claim:
    """Hand a case that one holds to another account that may work on it. Raises Conflict, PermissionDenied."""
    with steps.database.begin("delegate") as tx:
        case = workable(tx, steps, asker, case_id)
        now = steps.clock()
        held = claims.find(tx, case.id)
        if held is None or held.account_id != asker.account or held.until <= now:
            raise Conflict(f"{asker.account} does not hold case {case.id}")
        require(_person(tx, to), Action.WORK_CASE, records_of(tx, [case])[0])
        given = claims.take(tx, Claim(case.id, to, now, now + LEASE, asker.account), now, from_account=asker.account)
        steps.note(tx, RULES, "case.delegated", case.id, {"account": asker.account, "to": to})
    return given


def require_not_in_other_hands(tx: Connection, steps: Steps, asker: Principal, case: CaseRow) -> None:
    """Raises Conflict while somebody else holds the case; one's own claim ends with this transaction."""
    held = claims.find(tx, case.id)
    if held is None:
        return
    if held.account_id != asker.account and held.until > steps.clock() and _gone(tx, case.id) is None:
        raise Conflict(_taken(held))
    claims.release(tx, case.id, held.account_id)


def workable(tx: Connection, steps: Steps, asker: Principal, case_id: str) -> CaseRow:
    """A case, locked, that the asker may work on. Raises RuleBroken, PermissionDenied, TransitionRefused."""
    case = cases.lock(tx, case_id)
    require(asker, Action.WORK_CASE, records_of(tx, [case])[0])
    require_open(case, steps.clock())
    return case


def _person(tx: Connection, account_id: str) -> Principal:
    account = accounts.find(tx, account_id)
    if account is None or account.state is not AccountState.ACTIVE:
        raise PermissionDenied(f"{account_id} is no account that signs in")
    return Principal(Kind.PERSON, account_id, account.party_id, accounts.roles(tx, account_id))


def _gone(tx: Connection, case_id: str) -> str | None:
    """The holder of a case when its account signs in no more."""
    held = claims.find(tx, case_id)
    account = accounts.find(tx, held.account_id) if held else None
    return account.id if account is not None and account.state is not AccountState.ACTIVE else None


def _taken(held: Claim) -> str:
    return f"{held.account_id} has case {held.case_id} in hand until {held.until:%Y-%m-%d %H:%M} UTC"
