"""Taking an invitation up: whoever holds it sets a password and an authenticator, once."""

from sqlalchemy import Connection

from domain.account import AccountState
from domain.errors import SignInRefused
from identity import one_time_code
from identity.sealing import seal
from identity.token import token_hash
from memory.access import accounts, challenges, sessions, sign_in_means
from memory.access.accounts import AccountRow
from memory.access.challenges import ChallengeRow
from services.access.accounts import INVITATION
from services.access.reception import Reception
from services.access.signing_in import Opened, new_recovery_codes, open_session, set_password, spend_code

REFUSED = "this invitation is not good, or not any more: ask for another"


def see_invitation(reception: Reception, invitation: str) -> dict[str, str]:
    """A fresh one-time secret for whoever takes the invitation up, as text and as address of a QR code.

    The invitation stays good. Raises SignInRefused when it is not.
    """
    with reception.steps.database.begin("see_invitation") as tx:
        asked, account = _invited(tx, reception, invitation)
        secret = reception.chance(one_time_code.SECRET_BYTES)
        sealed = seal(reception.steps.keys, reception.chance, secret, account.id)
        body = {"one_time_secret": sealed.hex()}
        challenges.ask(tx, ChallengeRow(asked.hash, INVITATION, account.id, asked.expires_at, body))
    return {
        "login": account.login,
        "secret": one_time_code.secret_text(secret),
        "uri": one_time_code.secret_uri(secret, account.login),
    }


def accept_invitation(
    reception: Reception, invitation: str, new_password: str, code: str, address: str
) -> tuple[Opened, list[str]]:
    """Take an invitation up: password and one-time secret are set, the account is active, a session is open.

    Gives the recovery codes, shown this once. Earlier sessions end. Raises SignInRefused when the invitation is not
    good or the code is not the secret's, InputRefused on a password that will not do; then the invitation stays good.
    """
    now = reception.now()
    with reception.steps.database.begin("accept_invitation") as tx:
        asked, account = _invited(tx, reception, invitation)
        sealed = bytes.fromhex(asked.body.get("one_time_secret", ""))
        if not sealed or not spend_code(tx, reception, account.id, sealed, code):
            raise SignInRefused("the code is not of the secret that was shown last")
        sign_in_means.set_one_time_secret(tx, account.id, sealed)
        set_password(tx, reception, account.id, new_password)
        if account.state is AccountState.INVITED:
            accounts.move(tx, account.id, AccountState.ACTIVE)
        sessions.end(tx, account.id, now)
        reception.note(tx, "invitation_accepted", account.id, account.id)
        opened = open_session(tx, reception, account.id, "invitation", address)
        return opened, new_recovery_codes(tx, reception, account.id)


def _invited(tx: Connection, reception: Reception, invitation: str) -> tuple[ChallengeRow, AccountRow]:
    """The invitation, taken up, and whom it is for."""
    asked = challenges.take(tx, token_hash(invitation), INVITATION, reception.now())
    if asked is None or asked.account_id is None:
        raise SignInRefused(REFUSED)
    account = accounts.get(tx, asked.account_id)
    if account.state not in {AccountState.INVITED, AccountState.ACTIVE}:
        raise SignInRefused(REFUSED)
    return asked, account
