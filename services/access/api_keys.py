"""Keys for programs: made once, shown once, limited to scopes, good until a day, revocable at any moment."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import Connection

from domain.errors import Fault, InputRefused
from identity.action import SCOPES
from identity.token import new_id, new_token, token_hash
from memory.access import accounts, api_keys
from memory.access.api_keys import KeyRow
from services.access.reception import Reception

PREFIX = "gpk_"
DAYS_MAX = 730


def make_key(reception: Reception, by: str, account_id: str, name: str, scopes: Collection[str], days: int = 90) -> str:
    """Make a key of an account and return it: it is shown this once. Raises InputRefused with every fault."""
    if faults := _faults(scopes, days):
        raise InputRefused(faults)
    key, now = new_token(reception.chance, PREFIX), reception.now()
    with reception.steps.database.begin("make_key") as tx:
        accounts.get(tx, account_id)
        id_, until = new_id(reception.chance), now + timedelta(days=days)
        row = KeyRow(id_, token_hash(key), account_id, name, sorted(scopes), by, now, until)
        assert api_keys.add(tx, row), "two keys of chance are never alike"
        reception.note(tx, "key_made", account_id, by, key=id_, scopes=sorted(scopes))
    return key


def adopt_key(
    tx: Connection, reception: Reception, by: str, account_id: str, hash_: str, scopes: Collection[str], until: datetime
) -> None:
    """Keep a key whose SHA-256 somebody configured. Does nothing when it is known."""
    id_ = hash_[:12]
    if api_keys.add(tx, KeyRow(id_, hash_, account_id, "configured", sorted(scopes), by, reception.now(), until)):
        reception.note(tx, "key_made", account_id, by, key=id_, scopes=sorted(scopes))


def revoke_key(reception: Reception, by: str, key_id: str) -> None:
    """Make a key useless, now. Raises RuleBroken when nobody knows it."""
    with reception.steps.database.begin("revoke_key") as tx:
        key = api_keys.get(tx, key_id)
        if api_keys.revoke(tx, key_id, reception.now()):
            reception.note(tx, "key_revoked", key.account_id, by, key=key_id)


def _faults(scopes: Collection[str], days: int) -> list[Fault]:
    faults = [
        Fault("scopes", "unknown_scope", f"{scope!r} is no scope; known: {', '.join(sorted(SCOPES))}")
        for scope in sorted(set(scopes) - SCOPES)
    ]
    if not scopes:
        faults.append(Fault("scopes", "missing", "a key without scopes opens nothing: name at least one"))
    if not 1 <= days <= DAYS_MAX:
        faults.append(Fault("days", "wrong_value", f"a key is good for 1 to {DAYS_MAX} days"))
    return faults
