"""What is done to accounts: invited, given roles, locked, let go. Each change is in the journal with who made it.

Whether somebody may do it is asked before, at the door (identity.authorisation); only the confirmation of a role asks
here, because who gave it has to be read in the same transaction.
"""

from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import Connection

from domain.account import WEIGHTY, AccountRole, AccountState
from domain.errors import Fault, InputRefused, RuleBroken
from identity.action import Action
from identity.authorisation import Principal, Record, require
from identity.token import new_token, token_hash
from memory import registry
from memory.access import accounts, challenges, sessions
from memory.access.accounts import AccountRow, RoleRow
from memory.access.challenges import ChallengeRow
from services.access.reception import Reception

INVITATION = "invitation"
INVITATION_LASTS = timedelta(days=7)
LOGIN_CHARACTERS_MAX = 200


def invite(
    reception: Reception, by: str, login: str, party_id: str, roles: Iterable[AccountRole], *, alone: bool = False
) -> str:
    """Make an account of a party, or begin its sign-in anew, and return the invitation that its person takes up.

    An earlier invitation of the account is good no more. Whoever lost every means of signing in is invited again.
    alone: it is one account that invites, so roles of weight wait for another's confirmation; also those that the
    account holds already, because whoever has the invitation can sign in as its person. Otherwise it is whoever may
    read the data directory, and nothing waits. Raises InputRefused on a login out of form or a party that nobody
    knows, RuleBroken when the account has left.
    """
    login = known_login(login)
    invitation = new_token(reception.chance)
    with reception.steps.database.begin("invite") as tx:
        account = accounts.of_login(tx, login) or _new(tx, reception, by, login, party_id)
        if account.state is AccountState.LEFT:
            raise RuleBroken(f"account {account.id} has left; make another login for its person")
        if alone:
            accounts.hold_roles(tx, account.id, WEIGHTY, by)
        for role in roles:
            _give(tx, reception, by, account.id, role, waiting=alone and role in WEIGHTY)
        challenges.withdraw(tx, account.id, INVITATION)
        until = reception.now() + INVITATION_LASTS
        challenges.ask(tx, ChallengeRow(token_hash(invitation), INVITATION, account.id, until))
        reception.note(tx, "invited", account.id, by)
    return invitation


def register(tx: Connection, reception: Reception, by: str, account_id: str, party_id: str) -> None:
    """Make an active account that no person signs in to: of a program, or of a person who only uses keys.

    Does nothing when there is such an account. Raises Conflict when its id is another's login.
    """
    if accounts.find(tx, account_id) is None:
        row = AccountRow(account_id, party_id, account_id.lower(), AccountState.ACTIVE, reception.now())
        accounts.add(tx, row)
        reception.note(tx, "registered", account_id, by, party=party_id)


def give_role(reception: Reception, by: str, account_id: str, role: AccountRole) -> None:
    """Give a role that counts at once, also one that waited. Raises RuleBroken on an unknown account, or when a
    program would be a person too."""
    with reception.steps.database.begin("give_role") as tx:
        accounts.get(tx, account_id)
        _give(tx, reception, by, account_id, role, waiting=False)
        _confirm(tx, reception, by, account_id, role)


def confirm_role(reception: Reception, asker: Principal, account_id: str, role: AccountRole) -> None:
    """Let a role count that somebody else gave. Raises PermissionDenied when the asker may not, or gave it itself;
    RuleBroken on an unknown account or when the role does not wait."""
    with reception.steps.database.begin("confirm_role") as tx:
        owners = frozenset({accounts.get(tx, account_id).party_id})
        given = accounts.waiting_role(tx, account_id, role)
        confirmed = Record(owners, confirmed_by=given.given_by if given else None)
        require(asker, Action.CONFIRM_ROLE, confirmed)
        if given is None:
            raise RuleBroken(f"no role {role} of account {account_id} waits for a confirmation")
        _confirm(tx, reception, asker.account, account_id, role)


def take_role(reception: Reception, by: str, account_id: str, role: AccountRole) -> None:
    """Take a role; from the next request on it counts no more. Raises RuleBroken on an unknown account."""
    with reception.steps.database.begin("take_role") as tx:
        accounts.get(tx, account_id)
        if accounts.take_role(tx, account_id, role, reception.now(), by):
            reception.note(tx, "role_taken", account_id, by, role=str(role))


def move_account(reception: Reception, by: str, account_id: str, state: AccountState) -> None:
    """Lock, unlock or let go. Whoever is not active any more is signed out everywhere, and its keys open nothing.

    Raises TransitionRefused when its state allows no such move.
    """
    with reception.steps.database.begin("move_account") as tx:
        accounts.move(tx, account_id, state)
        if state is not AccountState.ACTIVE:
            sessions.end(tx, account_id, reception.now())
        reception.note(tx, str(state), account_id, by)


def known_login(login: str) -> str:
    """The login as it is compared: trimmed, in lower case. Raises InputRefused when it is none."""
    known = login.strip().lower()
    if not 0 < len(known) <= LOGIN_CHARACTERS_MAX or not known.isprintable():
        raise InputRefused([Fault("login", "wrong_form", f"a login has 1 to {LOGIN_CHARACTERS_MAX} characters")])
    return known


def _new(tx: Connection, reception: Reception, by: str, login: str, party_id: str) -> AccountRow:
    if party_id not in {party.id for party in registry.parties(tx)}:
        raise InputRefused([Fault("party", "unknown_party", f"no party has the id {party_id!r}")])
    account = AccountRow(login, party_id, login, AccountState.INVITED, reception.now())
    accounts.add(tx, account)
    reception.note(tx, "made", account.id, by, party=party_id)
    return account


def _confirm(tx: Connection, reception: Reception, by: str, account_id: str, role: AccountRole) -> None:
    if accounts.confirm_role(tx, account_id, role, by):
        reception.note(tx, "role_confirmed", account_id, by, role=str(role))


def _give(tx: Connection, reception: Reception, by: str, account_id: str, role: AccountRole, *, waiting: bool) -> None:
    held = accounts.roles(tx, account_id)
    if AccountRole.CLIENT in held | {role} and held - {role}:
        raise RuleBroken(f"account {account_id} is a program or a person, not both: make another for the other")
    if accounts.give_role(tx, RoleRow(account_id, role, reception.now(), by, waiting=waiting)):
        reception.note(tx, "role_given", account_id, by, role=str(role), waiting=waiting)
