"""Passkeys of accounts: made by a signed-in person, used to sign in. Every challenge is answered once, in time."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection

from domain.account import AccountState
from domain.errors import Conflict, SignInRefused
from identity import passkey
from identity.token import token_hash
from memory.access import accounts, challenges, sign_in_means
from memory.access.challenges import ChallengeRow
from memory.access.sign_in_means import PasskeyRow
from services.access.reception import Reception
from services.access.signing_in import Opened, open_session

NEW, SIGN_IN = "passkey-new", "passkey-sign-in"
CHALLENGE_LASTS = timedelta(minutes=5)


def ask_for_passkey(reception: Reception, account_id: str) -> dict[str, Any]:
    """What a browser needs to make a passkey for an account."""
    challenge = reception.chance(passkey.CHALLENGE_BYTES)
    with reception.steps.database.begin("ask_for_passkey") as tx:
        account, known = accounts.get(tx, account_id), sign_in_means.passkeys(tx, account_id)
        _ask(tx, reception, challenge, NEW, account_id)
    return passkey.creation_options(reception.website, account_id, account.login, challenge, known)


def keep_passkey(reception: Reception, account_id: str, name: str, answer: Mapping[str, Any]) -> str:
    """Keep the passkey that a browser made and return its id. Raises SignInRefused, or Conflict when it is known."""
    with reception.steps.database.begin("keep_passkey") as tx:
        challenge = _answered(tx, reception, answer, NEW, account_id)
        made = passkey.created(reception.website, answer, challenge)
        row = PasskeyRow(made.id, account_id, made.public_key, made.sign_count, name, reception.now())
        if not sign_in_means.add_passkey(tx, row):
            raise Conflict("this passkey is registered already")
        reception.note(tx, "passkey_added", account_id, account_id, passkey=made.id[:16])
    return made.id


def ask_who_signs_in(reception: Reception) -> dict[str, Any]:
    """What a browser needs to sign in with any passkey it has for this site."""
    challenge = reception.chance(passkey.CHALLENGE_BYTES)
    with reception.steps.database.begin("ask_who_signs_in") as tx:
        _ask(tx, reception, challenge, SIGN_IN, None)
    return passkey.request_options(reception.website, challenge)


def sign_in_by_passkey(reception: Reception, answer: Mapping[str, Any], address: str) -> Opened:
    """Open a session for a passkey's answer. Raises SignInRefused; the challenge is then used up all the same."""
    with reception.steps.database.begin("passkey_challenge") as tx:
        challenge = _answered(tx, reception, answer, SIGN_IN, None)
    with reception.steps.database.begin("sign_in_by_passkey") as tx:
        known = sign_in_means.passkey(tx, passkey.credential_id_in(answer))
        account = accounts.find(tx, known.account_id) if known else None
        if known is None or account is None or account.state is not AccountState.ACTIVE:
            raise SignInRefused(passkey.REFUSED)
        count = passkey.sign_count_of(reception.website, answer, challenge, known.public_key, known.sign_count)
        sign_in_means.count_passkey(tx, known.id, count)
        return open_session(tx, reception, account.id, "passkey", address)


def _ask(tx: Connection, reception: Reception, challenge: bytes, purpose: str, account_id: str | None) -> None:
    until = reception.now() + CHALLENGE_LASTS
    challenges.ask(tx, ChallengeRow(token_hash(challenge.hex()), purpose, account_id, until))


def _answered(
    tx: Connection, reception: Reception, answer: Mapping[str, Any], purpose: str, account_id: str | None
) -> bytes:
    """The challenge that an answer says it answers, taken up. The signature over it is checked afterwards."""
    challenge = passkey.challenge_in(answer)
    asked = challenges.take(tx, token_hash(challenge.hex()), purpose, reception.now())
    if asked is None or asked.account_id != account_id:
        raise SignInRefused(passkey.REFUSED)
    return challenge
