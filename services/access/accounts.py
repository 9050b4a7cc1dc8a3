"""What is done to accounts: invited, given roles, locked, let go. Each change is in the journal with who made it.

Whether somebody may do it is asked before, at the door (identity.authorisation).
"""

from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import Connection

from domain.account import AccountRole, AccountState
from domain.errors import Fault, InputRefused, RuleBroken
from identity.token import new_token, token_hash
from memory import registry
from memory.access import accounts, challenges, sessions
from memory.access.accounts import AccountRow, RoleRow
from memory.access.challenges import ChallengeRow
from services.access.reception import Reception

INVITATION = "invitation"
INVITATION_LASTS = timedelta(days=7)
LOGIN_CHARACTERS_MAX = 200


def invite(reception: Reception, by: str, login: str, party_id: str, roles: Iterable[AccountRole]) -> str:
    """Make an account of a party, or begin its sign-in anew, and return the invitation that its person takes up.

    An earlier invitation of the account is good no more. Whoever lost every means of signing in is invited again.
    Raises InputRefused on a login out of form or a party that nobody knows, RuleBroken when the account has left.
    """
    login = known_login(login)
    invitation = new_token(reception.chance)
    with reception.steps.database.begin("invite") as tx:
        account = accounts.of_login(tx, login) or _new(tx, reception, by, login, party_id)
        if account.state is AccountState.LEFT:
            raise RuleBroken(f"account {account.id} has left; make another login for its person")
        for role in roles:
            _give(tx, reception, by, account.id, role)
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
    """Give a role. Raises RuleBroken on an unknown account, or when a program would be a person too."""
    with reception.steps.database.begin("give_role") as tx:
        accounts.get(tx, account_id)
        _give(tx, reception, by, account_id, role)


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


def _give(tx: Connection, reception: Reception, by: str, account_id: str, role: AccountRole) -> None:
    held = accounts.roles(tx, account_id)
    if AccountRole.CLIENT in held | {role} and held - {role}:
        raise RuleBroken(f"account {account_id} is a program or a person, not both: make another for the other")
    if accounts.give_role(tx, RoleRow(account_id, role, reception.now(), by)):
        reception.note(tx, "role_given", account_id, by, role=str(role))
