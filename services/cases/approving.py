"""Approvers' own keys: this house keeps one for each account, sealed, and lets it sign one thing at a time.

A key is made when its account first decides. It is opened only for the one digest of the decision at hand, inside the
transaction that writes the decision down, for somebody who signed in a moment ago; what it was opened for stands in
the journal. Nobody is ever shown one.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from domain.errors import PermissionDenied
from domain.slot import EPOCH
from identity.approval import Approval, address_of, is_signed_by, sign
from identity.authorisation import Kind, Principal
from identity.keys import KeyRing
from identity.sealing import seal, unseal
from memory.cases import DecisionRow
from memory.casework import approver_keys
from memory.casework.approver_keys import SealedKey
from services.context import MARKET
from services.opening import RULES
from services.steps import Steps


def signed_by_its_account(tx: Connection, steps: Steps, asker: Principal, said: DecisionRow) -> DecisionRow:
    """The decision under its account's signature. Raises PermissionDenied unless a person signed in a moment ago."""
    if not asker.fresh or asker.kind is not Kind.PERSON:
        raise PermissionDenied(f"{asker.account} may not sign: that takes a person who signed in a moment ago")
    key = approver_keys.newest(tx, asker.account) or _made(tx, steps, asker.account)
    shown = approval_of(said).digest()
    signature = sign(unseal(steps.keys, key.sealed, _whose(key.account_id)), shown)
    body = {"case": said.case_id, "digest": shown.hex(), "address": key.address}
    steps.note(tx, RULES, "approver_key.released", asker.account, body)
    return replace(said, address=key.address, signature=signature)


def is_its_accounts(tx: Connection, said: DecisionRow) -> bool:
    """Whether a decision is signed under an address of the account that it names."""
    assert said.account_id, "decisions of earlier versions name none"
    assert said.address, "nor do they an address"
    signed = is_signed_by(said.address, approval_of(said).digest(), said.signature)
    return signed and approver_keys.is_of(tx, said.account_id, said.address)


def approval_of(said: DecisionRow) -> Approval:
    """The decision in the form that is signed."""
    assert said.expires_at is not None, "what is signed expires"
    return Approval(
        MARKET,
        said.case_id,
        said.stage,
        said.account_id or "",
        said.person,
        ",".join(said.expertise or ()),
        str(said.verdict),
        str(said.reason_code),
        said.reason,
        bytes.fromhex(said.evidence_hash),
        _us(said.at),
        _us(said.expires_at),
    )


def _made(tx: Connection, steps: Steps, account: str) -> SealedKey:
    ring = steps.keys
    if not isinstance(ring, KeyRing):  # what agents get of it makes no keys
        raise PermissionDenied(f"the key of {account} is made for a person at the desk, by nobody else")
    secret = ring.drawn(_whose(account))
    sealed = seal(ring, lambda count: _nonce(ring, account)[:count], secret, _whose(account))
    key = SealedKey(account, address_of(secret), sealed, steps.clock())
    approver_keys.add(tx, key)
    steps.note(tx, RULES, "approver_key.made", account, {"address": key.address})
    return key


def _nonce(keys: KeyRing, account: str) -> bytes:
    return keys.drawn(f"nonce of {_whose(account)}")


def _whose(account: str) -> str:
    return f"approver:{account}"


def _us(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1)
