"""Signing in with password and one-time code, and out; one's own password and recovery codes.

A sign-in makes a session with a token of its own, never one that came with the request. Whatever fails is answered
alike, whether the account exists or not, and counts against the login and the caller's address.
"""

import math
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from domain.account import AccountState
from domain.errors import InputRefused, SignInRefused
from identity import lockout, one_time_code, password
from identity.sealing import unseal
from identity.token import new_id, new_token, token_hash
from memory.access import accounts, attempts, sessions, sign_in_means, single_use
from memory.access.accounts import AccountRow
from memory.access.sessions import SessionRow
from services.access.reception import Reception

REFUSED = "login, password and code do not fit together"
RECOVERY_CODES, RECOVERY_BYTES = 10, 10


@dataclass(frozen=True, slots=True)
class Opened:
    """A session that was just opened. token: what its cookie holds; it is nowhere else."""

    token: str
    account_id: str


def sign_in(reception: Reception, login: str, said: str, code: str, address: str) -> Opened:
    """Open a session for a password and a one-time or recovery code. Raises SignInRefused, after a wait if need be."""
    now, login = reception.now(), login.strip().lower()
    with reception.steps.database.begin("sign_in") as tx:
        whose = f"login:{token_hash(login)}"
        subjects = {whose: lockout.FREE_OF_ACCOUNT, f"address:{address}": lockout.FREE_OF_ADDRESS}
        wait_s = _wait_s(tx, subjects, now)
        account = None if wait_s else _proved(tx, reception, login, said, code)
        if account is not None:
            attempts.clear(tx, whose)
            return open_session(tx, reception, account.id, "password", address)
        for subject in () if wait_s else subjects:
            attempts.failed(tx, subject, now)
    raise SignInRefused(REFUSED, wait_s)


def change_password(reception: Reception, account_id: str, new_password: str) -> None:
    """Replace the password and end every session. Raises InputRefused with every fault of the new one."""
    with reception.steps.database.begin("change_password") as tx:
        set_password(tx, reception, account_id, new_password)
        sessions.end(tx, account_id, reception.now())
        reception.note(tx, "password_changed", account_id, account_id)


def renew_recovery_codes(reception: Reception, account_id: str) -> list[str]:
    """New recovery codes, shown this once; the earlier ones are good no more."""
    with reception.steps.database.begin("recovery_codes") as tx:
        reception.note(tx, "recovery_codes_renewed", account_id, account_id)
        return new_recovery_codes(tx, reception, account_id)


def sign_out(reception: Reception, account_id: str, session_id: str | None = None) -> int:
    """End one session of an account, or all; how many ended."""
    with reception.steps.database.begin("sign_out") as tx:
        return sessions.end(tx, account_id, reception.now(), session_id)


def open_session(tx: Connection, reception: Reception, account_id: str, how: str, address: str) -> Opened:
    """A session with a fresh token, for a person who has just proved who it is. how: by what."""
    token, now = new_token(reception.chance), reception.now()
    id_ = new_id(reception.chance)
    sessions.open(tx, SessionRow(id_, token_hash(token), account_id, now, now, how, address))
    single_use.forget(tx, now)
    reception.note(tx, "signed_in", account_id, account_id, how=how, session=id_)
    return Opened(token, account_id)


def spend_code(tx: Connection, reception: Reception, account_id: str, sealed: bytes, code: str) -> bool:
    """Whether the code is the sealed secret's now, and was not used before; it is from here on."""
    now = reception.now()
    secret = unseal(reception.steps.keys, sealed, account_id)
    step = one_time_code.matching_step(secret, code, now)
    return step is not None and single_use.spend(
        tx, "one-time-code", f"{account_id}:{step}", now + 10 * one_time_code.STEP
    )


def set_password(tx: Connection, reception: Reception, account_id: str, new_password: str) -> None:
    """Replace the password. Raises InputRefused with every fault of the new one."""
    if faults := password.password_faults(new_password, accounts.get(tx, account_id).login):
        raise InputRefused(faults)
    hash_ = password.hash_password(new_password, reception.chance(password.SALT_BYTES))
    sign_in_means.set_password(tx, account_id, hash_)


def new_recovery_codes(tx: Connection, reception: Reception, account_id: str) -> list[str]:
    """Recovery codes, 80 bits each, shown this once; the earlier ones are good no more."""
    codes = [reception.chance(RECOVERY_BYTES).hex() for _ in range(RECOVERY_CODES)]
    sign_in_means.set_recovery_codes(tx, account_id, [token_hash(code) for code in codes])
    return codes


def _proved(tx: Connection, reception: Reception, login: str, said: str, code: str) -> AccountRow | None:
    """The active account whose password and code these are. The password is hashed in any case."""
    account = accounts.of_login(tx, login)
    known = account is not None and account.state is AccountState.ACTIVE
    hash_ = sign_in_means.password_hash(tx, account.id) if account is not None and known else None
    if not password.is_password(hash_, said) or account is None:
        return None
    sealed = sign_in_means.one_time_secret(tx, account.id)
    if sealed is not None and spend_code(tx, reception, account.id, sealed, code):
        return account
    return account if sign_in_means.use_recovery_code(tx, account.id, token_hash(code.strip().lower())) else None


def _wait_s(tx: Connection, subjects: dict[str, int], now: datetime) -> int:
    """How long nobody is listened to, in whole seconds, rounded up; 0 when at once."""
    waits = [0.0]
    for subject, free in sorted(subjects.items()):
        failures = attempts.of(tx, subject, now)
        waits.append((lockout.next_try_at(*failures, free) - now).total_seconds())
    return math.ceil(max(waits))
