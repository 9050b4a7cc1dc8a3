"""Signing in through an outside OpenID Connect provider, for identities that were linked to an account on purpose.

A person links one while signed in, or with an invitation in hand. Nothing that the provider says of a person (a name,
an e-mail address) ever finds an account. The browser that began is the one that ends: a cookie of its own says so.
"""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection

from domain.account import AccountState
from domain.errors import Conflict, SignInRefused
from identity.token import new_token, token_hash
from memory.access import accounts, challenges, outside_identities, sessions
from memory.access.challenges import ChallengeRow
from services.access.accounts import INVITATION
from services.access.reception import Reception
from services.access.signing_in import Opened, open_session
from services.ports import IdentityProvider

PURPOSE = "outside-sign-in"
LASTS = timedelta(minutes=10)
REFUSED = "the outside sign-in does not hold, took too long, or belongs to no account here: link it first"


@dataclass(frozen=True, slots=True)
class Begun:
    """A sign-in that went out. address: whereto the browser goes. cookie: what it keeps until it is back."""

    address: str
    cookie: str


@dataclass(frozen=True, slots=True)
class Ended:
    """What came of it: a session, and where the browser goes on."""

    session: Opened
    after: str


def begin(
    reception: Reception,
    provider: IdentityProvider,
    redirect: str,
    after: str,
    account_id: str = "",
    invitation: str = "",
) -> Begun:
    """Send somebody out: to sign in, to link to an account, or to take an invitation up. Raises OutsideFailed."""
    state, nonce, verifier, cookie = (new_token(reception.chance) for _ in range(4))
    address = provider.address(redirect, state, nonce, verifier)
    body = {"nonce": nonce, "verifier": verifier, "cookie": token_hash(cookie), "after": after}
    body |= {"invitation": token_hash(invitation)} if invitation else {}
    until = reception.now() + LASTS
    with reception.steps.database.begin(PURPOSE) as tx:
        challenges.ask(tx, ChallengeRow(token_hash(state), PURPOSE, account_id or None, until, body))
    return Begun(address, cookie)


def end(
    reception: Reception, provider: IdentityProvider, redirect: str, state: str, cookie: str, code: str, where: str
) -> Ended:
    """Take somebody back in. Raises SignInRefused, Conflict when the identity is another account's, OutsideFailed."""
    with reception.steps.database.begin(PURPOSE) as tx:
        asked = challenges.take(tx, token_hash(state), PURPOSE, reception.now())
    if asked is None or asked.body["cookie"] != token_hash(cookie):
        raise SignInRefused(REFUSED)
    subject = provider.subject(code, redirect, asked.body["nonce"], asked.body["verifier"])
    if subject is None:
        raise SignInRefused(REFUSED)
    with reception.steps.database.begin(PURPOSE) as tx:
        account_id = _linked(tx, reception, provider.issuer, subject, asked)
        account = accounts.find(tx, account_id) if account_id else None
        if account is None or account.state is not AccountState.ACTIVE:
            raise SignInRefused(REFUSED)
        return Ended(open_session(tx, reception, account.id, "outside", where), asked.body["after"])


def _linked(tx: Connection, reception: Reception, issuer: str, subject: str, asked: ChallengeRow) -> str | None:
    """Whose the identity is, from now on where it was asked for."""
    now, wanted = reception.now(), asked.account_id
    if (invitation := asked.body.get("invitation")) is not None:
        taken = challenges.take(tx, invitation, INVITATION, now)
        wanted = taken.account_id if taken else None
        if wanted is None:
            raise SignInRefused(REFUSED)
        if accounts.get(tx, wanted).state is AccountState.INVITED:
            accounts.move(tx, wanted, AccountState.ACTIVE)
        sessions.end(tx, wanted, now)
    known = outside_identities.account_of(tx, issuer, subject)
    if wanted is None or known == wanted:
        return known
    if not outside_identities.link(tx, issuer, subject, wanted, now):
        raise Conflict("this outside identity belongs to another account")
    reception.note(tx, "outside_identity_linked", wanted, wanted, issuer=issuer)
    return wanted
