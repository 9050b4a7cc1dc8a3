"""Accounts and the roles they hold. A role is given and taken; who did it and when stays on record."""

import builtins
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, select, true, update
from sqlalchemy.dialects.postgresql import insert

from domain.account import ACCOUNT_MOVES, AccountRole, AccountState
from domain.errors import Conflict, RuleBroken, TransitionRefused
from memory import tables


@dataclass(frozen=True, slots=True)
class AccountRow:
    """One account. party_id: for whom it stands. login: what is typed at sign-in, in lower case, unique."""

    id: str
    party_id: str
    login: str
    state: AccountState
    made_at: datetime


@dataclass(frozen=True, slots=True)
class RoleRow:
    """One holding of a role, from when it was given to when it was taken; still held while taken_at is None.

    waiting: held, and not counting before somebody else confirms it; confirmed_by says who did.
    """

    account_id: str
    role: AccountRole
    given_at: datetime
    given_by: str
    taken_at: datetime | None = None
    taken_by: str | None = None
    waiting: bool = False
    confirmed_by: str | None = None


def add(tx: Connection, account: AccountRow) -> None:
    """Make an account. Raises Conflict when its id or login is taken."""
    row = asdict(account) | {"state": str(account.state)}
    made = insert(tables.user_account).values(row).on_conflict_do_nothing().returning(tables.user_account.c.id)
    if tx.execute(made).one_or_none() is None:
        raise Conflict(f"there is an account with the id {account.id} or the login {account.login} already")


def get(tx: Connection, account_id: str) -> AccountRow:
    """One account. Raises RuleBroken when nobody knows it."""
    found = _found(tx, tables.user_account.c.id == account_id)
    if not found:
        raise RuleBroken(f"no account has the id {account_id}")
    return found[0]


def find(tx: Connection, account_id: str) -> AccountRow | None:
    """One account, None when nobody knows it."""
    return next(iter(_found(tx, tables.user_account.c.id == account_id)), None)


def of_login(tx: Connection, login: str) -> AccountRow | None:
    """The account of a login, None when nobody has it."""
    return next(iter(_found(tx, tables.user_account.c.login == login)), None)


def all(tx: Connection) -> "builtins.list[AccountRow]":  # noqa: A001
    """Every account, by id."""
    return _found(tx, true())


def move(tx: Connection, account_id: str, state: AccountState) -> None:
    """Bring an account into a state. Raises TransitionRefused when the table of states has no such move."""
    tx.execute(select(tables.user_account.c.id).where(tables.user_account.c.id == account_id).with_for_update())
    now = get(tx, account_id).state
    if state not in ACCOUNT_MOVES[now]:
        raise TransitionRefused(f"account {account_id} is {now}, it cannot become {state}")
    tx.execute(update(tables.user_account).where(tables.user_account.c.id == account_id).values(state=str(state)))


def give_role(tx: Connection, given: RoleRow) -> bool:
    """Give a role; False when it is held already, then nothing changes."""
    row = asdict(given) | {"role": str(given.role)}
    new = insert(tables.account_role).values(row).on_conflict_do_nothing()
    return tx.execute(new.returning(tables.account_role.c.role)).one_or_none() is not None


def take_role(tx: Connection, account_id: str, role: AccountRole, at: datetime, by: str) -> bool:
    """Take a role; False when it was not held."""
    held = tables.account_role.c
    taken = update(tables.account_role).where(held.account_id == account_id, held.role == role, held.taken_at.is_(None))
    return bool(tx.execute(taken.values(taken_at=at, taken_by=by)).rowcount)


def hold_roles(tx: Connection, account_id: str, roles: Iterable[AccountRole], by: str) -> None:
    """Let held roles wait for a confirmation anew, as if who holds them had been given them by somebody now."""
    held = tables.account_role.c
    named = held.role.in_([str(role) for role in roles])
    waits = update(tables.account_role).where(held.account_id == account_id, held.taken_at.is_(None), named)
    tx.execute(waits.values(waiting=True, given_by=by, confirmed_by=None))


def confirm_role(tx: Connection, account_id: str, role: AccountRole, by: str) -> bool:
    """Let a role that waits count; False when it does not wait."""
    held = tables.account_role.c
    waits = update(tables.account_role).where(held.account_id == account_id, held.role == role, held.waiting)
    return bool(tx.execute(waits.where(held.taken_at.is_(None)).values(waiting=False, confirmed_by=by)).rowcount)


def roles(tx: Connection, account_id: str) -> frozenset[AccountRole]:
    """The roles that count for an account now."""
    return frozenset(each.role for each in role_history(tx, account_id) if each.taken_at is None and not each.waiting)


def waiting_role(tx: Connection, account_id: str, role: AccountRole) -> RoleRow | None:
    """A role that waits for its confirmation, None when it does not."""
    held = (each for each in role_history(tx, account_id) if each.taken_at is None and each.waiting)
    return next((each for each in held if each.role is role), None)


def role_history(tx: Connection, account_id: str) -> "builtins.list[RoleRow]":
    """Every role an account held or holds, by when it was given, then role."""
    held = tables.account_role.c
    wanted = select(tables.account_role).where(held.account_id == account_id).order_by(held.given_at, held.role)
    return [RoleRow(**{**row._mapping, "role": AccountRole(row.role)}) for row in tx.execute(wanted)]


def _found(tx: Connection, condition: ColumnElement[bool]) -> "builtins.list[AccountRow]":
    wanted = select(tables.user_account).where(condition).order_by(tables.user_account.c.id)
    rows: builtins.list[Any] = list(tx.execute(wanted))
    return [AccountRow(**{**row._mapping, "state": AccountState(row.state)}) for row in rows]
